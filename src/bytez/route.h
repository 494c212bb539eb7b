// Which call of the model API a request is. Exact, because a spelling that a lenient upstream reads
// as a metered call and we do not would slip past the meter (api-semantics.md).
#pragma once

#include <string_view>

namespace bytez {

enum class Call { list, job, load, status, run, instances, delete_instance };

enum class RouteKind {
    known,         // `call` says which, method and path exact (a query string may follow)
    wrong_method,  // a known path with another method than its own (OPTIONS and HEAD are `other`)
    near_miss,  // would be `known` after case folding, percent-decoding, dot segments, doubled or
                // trailing slashes, or where it climbs above its root, under an upstream's prefix
    other,
};

struct Route {
    RouteKind kind = RouteKind::other;
    Call call = Call::list;  // valid unless `other`
};

/// `target` is the request target in origin form, with its query if any.
Route classify(std::string_view method, std::string_view target);

std::string_view to_text(Call call);
std::string_view path_of(Call call);
/// load, run, delete: they make facts that bill.
bool is_metered(Call call);

}  // namespace bytez

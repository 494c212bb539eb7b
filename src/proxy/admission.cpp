#include "proxy/admission.h"

namespace proxy {
namespace {

using bytez::Call;
using bytez::RouteKind;

Treatment treatment_of(Call call) {
    switch (call) {
        case Call::run:
            return Treatment::stream;
        case Call::load:
        case Call::delete_instance:
        case Call::status:
        case Call::job:
            return Treatment::control;
        case Call::list:
        case Call::instances:
            return Treatment::relay;
    }
    return Treatment::relay;
}

bool contains(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// Forms and multiparts hold other fields than their bytes read as JSON; another charset, other
/// letters.
bool is_json_type(std::string_view type) {
    if (contains(type, "x-www-form-urlencoded") || contains(type, "multipart/")) return false;
    if (!contains(type, "charset")) return true;
    return contains(type, "utf-8") || contains(type, "us-ascii");
}

/// Fields by which lenient servers take another method than the request line's.
bool overrides_method(const RequestHead& head) {
    return head.find("x-http-method-override") || head.find("x-http-method") ||
           head.find("x-method-override");
}

std::optional<OwnError> check_fields(const RequestHead& head) {
    if (head.count("content-type") > 1 || head.count("content-encoding") > 1) {
        return errors::ambiguous;
    }
    const auto encoding = head.find("content-encoding");
    if (encoding && !encoding->empty() && !equal_names(*encoding, "identity")) {
        return errors::content_encoding;
    }
    if (!is_json_type(head.find("content-type").value_or(""))) return errors::content_type;
    if (overrides_method(head)) return errors::near_miss;
    return {};
}

std::optional<OwnError> check_route(const RequestHead& head, const bytez::Route& route) {
    switch (route.kind) {
        case RouteKind::near_miss:
            return errors::near_miss;
        case RouteKind::wrong_method:
            // PUT /model/load would open a session at an upstream that does not mind.
            if (bytez::is_metered(route.call)) return errors::wrong_method;
            return {};
        case RouteKind::other:
            if (overrides_method(head) &&
                bytez::classify("POST", head.target).kind == RouteKind::known) {
                return errors::near_miss;
            }
            return {};
        case RouteKind::known:
            return {};
    }
    return {};
}

}  // namespace

bool Admission::may_forward(const RequestHead& head) const {
    // The upstream would show the operator's credential to the client.
    if (head.method == "TRACE") return false;
    const std::string_view path = head.target.substr(0, head.target.find('?'));
    // A dot segment or an escape could lead out of a prefix.
    if (path.find('%') != path.npos || path.find("/.") != path.npos ||
        path.find("//") != path.npos || path.find('\\') != path.npos) {
        return false;
    }
    for (const std::string_view allowed : options_.forward_paths) {
        const bool is_prefix = allowed.ends_with('*');
        if (is_prefix && path.starts_with(allowed.substr(0, allowed.size() - 1))) return true;
        if (path == allowed) return true;
    }
    return false;
}

std::optional<OwnError> Admission::check_key(const Verdict& verdict) const {
    if (!verdict.key || verdict.key->empty()) return errors::key_missing;
    switch (keys_.find(fingerprints_.of(*verdict.key))) {
        case KeyDirectory::Verdict::known:
            return {};
        case KeyDirectory::Verdict::unknown:
            return errors::key_unknown;
        case KeyDirectory::Verdict::not_loaded:
            return errors::keys_not_loaded;
    }
    return errors::keys_not_loaded;
}

Verdict Admission::judge(const RequestHead& head) const {
    Verdict verdict;
    const bytez::Route route = bytez::classify(head.method, head.target);
    if ((verdict.refusal = check_route(head, route))) return verdict;
    std::size_t authorizations = 0;
    for (const HeadField& field : head.fields) {
        if (field.name.size() != 13 || !equal_names(field.name, "authorization")) continue;
        verdict.key = key_of(field.value);
        ++authorizations;
    }
    // Upstreams differ in which one they take.
    const bool is_checked = route.kind == RouteKind::known || options_.keys == KeyMode::managed;
    if (authorizations > 1 && is_checked) {
        verdict.refusal = errors::ambiguous;
        return verdict;
    }
    if (route.kind == RouteKind::known) {
        verdict.call = route.call;
        verdict.treatment = treatment_of(route.call);
        if (verdict.treatment != Treatment::relay && (verdict.refusal = check_fields(head))) {
            return verdict;
        }
    }
    if (options_.keys == KeyMode::managed) {
        if (!verdict.call && !may_forward(head)) {
            verdict.refusal = errors::not_found;
        } else {
            verdict.refusal = check_key(verdict);
        }
    }
    return verdict;
}

}  // namespace proxy

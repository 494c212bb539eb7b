// How the watcher asks: an interface, so that what asks is apart from when.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bytez/answer.h"
#include "calendar/instant.h"
#include "lifecycle/ids.h"

namespace watcher {

/// What the upstream said of one instance.
struct StatusAnswer {
    enum class Kind {
        report,
        absent,   // 404 in the API's own words: not loaded
        nothing,  // no answer, or one that says nothing of the instance (401, 5xx, not JSON …)
    };
    Kind kind = Kind::nothing;
    int http_status = 0;  // 0: no answer
    std::optional<bytez::InstanceReport> report;
    std::optional<calendar::Instant> date;  // the answer's Date field
};

/// Thread-safe. Every call is bounded in time and never throws. `credential` is the whole value of
/// the Authorization field.
class Upstream {
  public:
    virtual ~Upstream() = default;
    virtual StatusAnswer ask_status(const std::string& credential,
                                    const lifecycle::ModelName& model) = 0;
    virtual std::optional<std::vector<bytez::CatalogueModel>> ask_list(
        const std::string& credential) = 0;
    /// Cuts questions that have been under way for longer than they may.
    virtual void cut_overdue() = 0;
    /// Cuts all that are under way; later ones answer `nothing` at once.
    virtual void close() = 0;
};

}  // namespace watcher

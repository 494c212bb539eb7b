// What the upstream's list said of each model, in memory, shared by the proxy (which pins a model's
// GB on its load) and the watcher (which asks when the answer is old). Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "bytez/answer.h"
#include "calendar/instant.h"
#include "lifecycle/ids.h"

namespace bytez {

class Catalogue {
  public:
    struct Entry {
        std::optional<std::string> required_ram;  // the number's text; absent: not benchmarked
        calendar::Instant learned_at;
    };

    /// A list, whole or in part (`?task=`), learned at `now`: what it does not name stays as it is.
    /// Beyond `model_limit` models new ones are not taken. Returns what is new or changed: what is
    /// worth a fact.
    std::vector<CatalogueModel> learn(const std::vector<CatalogueModel>& models,
                                      calendar::Instant now);

    std::optional<Entry> find(const lifecycle::ModelName& model) const;

    static constexpr std::size_t model_limit = 500'000;

  private:
    mutable std::shared_mutex mutex_;
    std::map<lifecycle::ModelName, Entry> entries_;  // under mutex_
};

}  // namespace bytez

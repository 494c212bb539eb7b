#include "bytez/catalogue.h"

#include <mutex>

namespace bytez {

void Catalogue::learn(const std::vector<CatalogueModel>& models, calendar::Instant now) {
    const std::unique_lock lock(mutex_);
    for (const CatalogueModel& model : models) {
        const auto found = entries_.find(model.name);
        if (found != entries_.end()) {
            found->second = Entry{model.required_ram, now};
        } else if (entries_.size() < model_limit) {
            entries_.emplace(model.name, Entry{model.required_ram, now});
        }
    }
}

std::optional<Catalogue::Entry> Catalogue::find(const lifecycle::ModelName& model) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(model);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace bytez

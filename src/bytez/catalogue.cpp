#include "bytez/catalogue.h"

#include <mutex>

namespace bytez {

std::vector<CatalogueModel> Catalogue::learn(const std::vector<CatalogueModel>& models,
                                             calendar::Instant now) {
    std::vector<CatalogueModel> changed;
    const std::unique_lock lock(mutex_);
    for (const CatalogueModel& model : models) {
        const auto found = entries_.find(model.name);
        if (found != entries_.end()) {
            if (found->second.required_ram != model.required_ram) changed.push_back(model);
            found->second = Entry{model.required_ram, now};
        } else if (entries_.size() < model_limit) {
            changed.push_back(model);
            entries_.emplace(model.name, Entry{model.required_ram, now});
        }
    }
    return changed;
}

std::optional<Catalogue::Entry> Catalogue::find(const lifecycle::ModelName& model) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(model);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace bytez

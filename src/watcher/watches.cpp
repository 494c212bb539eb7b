#include "watcher/watches.h"

#include <charconv>

#include "watcher/framed.h"

namespace watcher {

using calendar::Instant;

Watch* Watches::find(const InstanceKey& instance) {
    const auto found = watches_.find(place_of(instance));
    return found == watches_.end() ? nullptr : &found->second;
}

Watch* Watches::find_alike(const InstanceKey& instance, const std::string& credential,
                           std::optional<Instant> created) {
    if (Watch* same = find(instance)) return same;
    for (auto at = watches_.lower_bound(Place{instance.model, {}});
         at != watches_.end() && at->first.first == instance.model; ++at) {
        Watch& watch = at->second;
        if (watch.credential == credential || (created && watch.known.created == created))
            return &watch;
    }
    return nullptr;
}

Watch* Watches::add(Watch watch) {
    if (Watch* earlier = find(watch.instance)) remove(*earlier);
    if (watches_.size() >= limit) return nullptr;
    watch.id = next_id_++;
    watch.asking = watch.hurried = false;
    const Place place = place_of(watch.instance);
    Watch& added = watches_.emplace(place, std::move(watch)).first->second;
    queue_.emplace(added.due, &added);
    return &added;
}

void Watches::remove(Watch& watch) {
    queue_.erase({watch.due, &watch});
    watches_.erase(place_of(watch.instance));
}

Watch* Watches::first_due() {
    return queue_.empty() ? nullptr : queue_.begin()->second;
}

void Watches::set_due(Watch& watch, Instant due) {
    if (watch.asking) {
        watch.hurried = true;
        return;
    }
    queue_.erase({watch.due, &watch});
    watch.due = due;
    queue_.emplace(due, &watch);
}

void Watches::begin_question(Watch& watch) {
    queue_.erase({watch.due, &watch});
    watch.asking = true;
}

bool Watches::end_question(Watch& watch, Instant due) {
    watch.asking = false;
    watch.due = due;
    queue_.emplace(due, &watch);
    return std::exchange(watch.hurried, false);
}

std::string seal(const Watch& watch, const platform::SealingKey& key) {
    const bool doubtful = watch.known.phase == Known::Phase::doubtful;
    // The instance is in the box too, so that a box cannot be moved to another's name.
    return key.seal(framed(watch.instance.key.text()) + framed(watch.instance.model.text()) +
                    framed(watch.credential) + framed(std::to_string(watch.known.since.micros)) +
                    framed(doubtful ? "doubtful" : "accepted") + framed(watch.gb.value_or("")));
}

std::optional<Watch> unseal(const InstanceKey& instance, const std::string& sealed,
                            const platform::SealingKey& key) {
    const auto opened = key.unseal(sealed);
    if (!opened) return std::nullopt;
    std::string_view rest = *opened;
    std::vector<std::string> parts;
    while (auto part = take_framed(rest)) parts.push_back(std::move(*part));
    if (parts.size() != 6 || !rest.empty() || parts[0] != instance.key.text() ||
        parts[1] != instance.model.text())
        return std::nullopt;
    Watch watch;
    watch.instance = instance;
    watch.credential = parts[2];
    std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), watch.known.since.micros);
    watch.known.phase = parts[4] == "doubtful" ? Known::Phase::doubtful : Known::Phase::booting;
    if (!parts[5].empty()) watch.gb = parts[5];
    return watch;
}

}  // namespace watcher

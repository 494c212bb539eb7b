#include "watcher/watcher.h"

#include <algorithm>

#include "platform/log.h"
#include "watcher/look.h"

namespace watcher {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::InstanceSeen;
using platform::log;
using platform::Severity;

Watch new_watch(InstanceKey instance, const std::string& credential, Instant since, Instant now) {
    Watch watch;
    watch.instance = std::move(instance);
    watch.credential = credential;
    watch.known.since = since;
    watch.known.last_answer = now;
    watch.began = now;
    watch.due = now;
    return watch;
}

}  // namespace

Watcher::Watcher(Options options, const calendar::Clock& clock, journal::Journal& journal,
                 Upstream& upstream, bytez::Catalogue& catalogue, CredentialStore& store,
                 platform::SealingKey key)
    : options_(options),
      clock_(clock),
      journal_(journal),
      upstream_(upstream),
      catalogue_(catalogue),
      store_(store),
      key_(std::move(key)) {}

Watcher::~Watcher() {
    stop();
}

void Watcher::start() {
    const Instant now = clock_.now();
    std::size_t resumed = 0;
    for (const auto& [instance, sealed] : store_.all()) {
        auto watch = unseal(instance, sealed, key_);
        if (!watch) {
            log(Severity::warning, "watcher", "a stored credential is not sealed by this key",
                {{"key", instance.key.text()}, {"model", instance.model.text()}});
            continue;
        }
        watch->known.last_answer = watch->began = watch->due = now;
        const std::lock_guard lock(mutex_);
        if (watches_.add(std::move(*watch))) ++resumed;
    }
    log(Severity::info, "watcher", "started", {{"instances", std::uint64_t{resumed}}});
    housekeeper_ = std::thread([this] { keep_house(); });
    for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
}

void Watcher::stop() {
    if (!housekeeper_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    upstream_.close();
    due_changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    {
        // Only now: what the workers left for the store is still written.
        const std::lock_guard lock(mutex_);
        house_closing_ = true;
    }
    house_calls_.notify_all();
    housekeeper_.join();
}

std::size_t Watcher::watched() const {
    const std::lock_guard lock(mutex_);
    return watches_.size();
}

void Watcher::expect(const lifecycle::LoadRequested& intent, const std::string& credential,
                     std::function<void(bool)> stored) {
    const InstanceKey instance{intent.key, intent.model};
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = intents_.try_emplace(instance);
    if (is_new) {
        const Instant now = clock_.now();
        entry->second.doubtful = new_watch(instance, credential, now, now);
        entry->second.doubtful.known.phase = Known::Phase::doubtful;
    }
    ++entry->second.loads;
    store(instance, std::move(stored));
}

void Watcher::expect_no_more(const InstanceKey& instance) {
    const std::lock_guard lock(mutex_);
    if (settle_intent(instance)) store(instance);
}

void Watcher::watch(const lifecycle::LoadAnswered& load, const std::string& credential) {
    const InstanceKey instance{load.key, load.model};
    const std::lock_guard lock(mutex_);
    const bool is_settled = settle_intent(instance);
    watch_load(load, credential);
    if (is_settled && !watches_.find(instance)) store(instance);
}

void Watcher::watch_load(const lifecycle::LoadAnswered& load, const std::string& credential) {
    const bool is_there = load.status == 409 || load.status == 429;
    if (!load.accepted && load.status != 0 && !is_there) return;
    const Instant now = clock_.now();
    Watch* earlier = watches_.find_alike({load.key, load.model}, credential, std::nullopt);
    if (earlier && !load.accepted) {
        watches_.set_due(*earlier, now);
        due_changed_.notify_one();
        return;
    }
    if (earlier && earlier->instance.key == load.key) {
        end(*earlier, "loaded anew");
    } else if (earlier) {
        // Its end is no fact of the other key's account until the upstream is asked for it.
        watches_.set_due(*earlier, now);
        due_changed_.notify_one();
    }
    Watch watch = new_watch({load.key, load.model}, credential, load.sent_at, now);
    if (!load.accepted) watch.known.phase = Known::Phase::doubtful;
    // It boots first, unless it is to be known at once whether it does, or what it needs.
    watch.gb = load.gb;
    if (load.accepted) watch.due = next_due(watch, now);
    add(std::move(watch));
}

void Watcher::heed(const lifecycle::DeleteAnswered& deletion, const std::string& credential) {
    const bool accepted = deletion.status >= 200 && deletion.status < 300;
    const bool doubtful = deletion.status == 0 || deletion.status >= 500;
    if (!accepted && !doubtful && deletion.status != 404) return;
    const Instant now = clock_.now();
    const InstanceKey instance{deletion.key, deletion.model};
    const std::lock_guard lock(mutex_);
    Watch* watch = watches_.find_alike(instance, credential, std::nullopt);
    if (!watch && doubtful) {
        Watch fresh = new_watch(instance, credential, deletion.sent_at, now);
        fresh.known.phase = Known::Phase::doubtful;
        add(std::move(fresh));
    } else if (watch && accepted && deletion.key == watch->instance.key &&
               deletion.sent_at >= watch->began) {
        watch->known.deleted = true;
        watches_.set_due(*watch, next_due(*watch, now));
        due_changed_.notify_one();
    } else if (watch) {
        // Unknown outcome, denied, it raced with the load, or the fact is another account's: the
        // upstream shall say.
        watches_.set_due(*watch, now);
        due_changed_.notify_one();
    }
}

void Watcher::heed(const InstanceSeen& seen, const std::string& credential) {
    const Instant now = clock_.now();
    const Look look = look_of(seen, now);
    const InstanceKey instance{seen.key, seen.model};
    const std::lock_guard lock(mutex_);
    Watch* watch = watches_.find_alike(instance, credential, seen.created);
    if (!watch) {
        if (look.kind == Look::Kind::terminal) return;
        Watch fresh = new_watch(instance, credential, seen.asked_at, now);
        fresh.recorded = seen;
        fresh.recorded_at = now;
        (void)watcher::heed(fresh.known, look);  // alive: never over
        fresh.due = next_due(fresh, now);
        add(std::move(fresh));
        return;
    }
    if (seen.key == watch->instance.key) {  // another's fact may be another account's
        watch->recorded = seen;
        watch->recorded_at = now;
    }
    if (seen.asked_at < watch->known.since) return;  // asked before the load: says nothing of it
    if (seen.key != watch->instance.key && look.kind == Look::Kind::terminal) {
        // Its end is no fact of this key's account until the upstream is asked for it.
        watches_.set_due(*watch, now);
        due_changed_.notify_one();
        return;
    }
    apply(*watch, look);
}

void Watcher::forget(const InstanceKey& instance) {
    const std::lock_guard lock(mutex_);
    if (Watch* watch = watches_.find(instance)) end(*watch, "forgotten");
}

// Under mutex_ ------------------------------------------------------------------------------------

void Watcher::add(Watch watch) {
    const Watch* added = watches_.add(std::move(watch));
    if (!added) {
        log(Severity::error, "watcher", "too many instances: one is not watched",
            {{"limit", std::uint64_t{Watches::limit}}});
        return;
    }
    store(added->instance);
    due_changed_.notify_one();
}

/// What is known of it now: of an instance, else of a load under way; else nothing is kept.
void Watcher::store(const InstanceKey& instance, std::function<void(bool)> done) {
    std::optional<std::string> sealed;
    if (const Watch* watch = watches_.find(instance)) {
        sealed = seal(*watch, key_);
    } else if (const auto intent = intents_.find(instance); intent != intents_.end()) {
        sealed = seal(intent->second.doubtful, key_);
    }
    to_store_.push_back({instance, std::move(sealed), std::move(done)});
    house_calls_.notify_one();
}

/// Whether there was one.
bool Watcher::settle_intent(const InstanceKey& instance) {
    const auto intent = intents_.find(instance);
    if (intent == intents_.end()) return false;
    if (--intent->second.loads == 0) intents_.erase(intent);
    return true;
}

void Watcher::end(Watch& watch, std::string_view why) {
    log(Severity::info, "watcher", "no longer watched",
        {{"model", watch.instance.model.text()}, {"key", watch.instance.key.text()}, {"why", why}});
    const InstanceKey instance = watch.instance;
    watches_.remove(watch);
    store(instance);
}

/// The facts do not say yet what it needs, and the catalogue may.
bool Watcher::needs_gb(const Watch& watch, Instant now) const {
    if (watch.gb) return false;
    const auto entry = catalogue_.find(watch.instance.model);
    return !entry || entry->required_ram || now - entry->learned_at >= catalogue_age;
}

/// Looks that pass by put off ours, but not the question what it needs: it must be known before the
/// session ends, which may be soon.
Instant Watcher::next_due(const Watch& watch, Instant now) const {
    const Instant due = next_question(watch.known, now, options_.pace);
    return needs_gb(watch, now) ? std::min(due, std::max(now, watch.list_due)) : due;
}

/// Takes a look into account and says when to ask next, unless a question is under way, which will.
void Watcher::apply(Watch& watch, const Look& look) {
    if (watcher::heed(watch.known, look) == Verdict::over) {
        end(watch, look.kind == Look::Kind::unanswered ? "silent for a week" : "ended");
    } else if (!watch.asking) {
        watches_.set_due(watch, next_due(watch, look.at));
        due_changed_.notify_one();
    }
}

}  // namespace watcher

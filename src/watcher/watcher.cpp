#include "watcher/watcher.h"

#include <algorithm>
#include <chrono>

#include "lifecycle/fact_json.h"
#include "lifecycle/upstream_clock.h"
#include "platform/log.h"
#include "watcher/recorder.h"

namespace watcher {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::InstanceSeen;
using platform::log;
using platform::Severity;

constexpr Duration catalogue_age = Duration::seconds(3600);
constexpr Duration longest_wait = Duration::seconds(60);

Look::Kind kind_of(std::string_view state) {
    if (state == "RUNNING") return Look::Kind::running;
    if (state == "FAILED" || state == "STOPPED") return Look::Kind::terminal;
    return Look::Kind::booting;
}

/// Instants of the upstream on our clock, by the answer's Date.
Look look_of(const InstanceSeen& seen, Instant answered) {
    const Duration shift = lifecycle::shift_to_upstream(answered, seen.date);
    const auto ours = [&](std::optional<Instant> upstream) {
        return upstream ? std::optional(*upstream - shift) : std::nullopt;
    };
    return {kind_of(seen.state), answered, seen.created, ours(seen.modified),
            ours(seen.expires_at)};
}

InstanceSeen seen_of(const InstanceKey& instance, Instant asked, const StatusAnswer& answer) {
    const bytez::InstanceReport& report = *answer.report;
    return {instance.key,
            instance.model,
            lifecycle::Source::watcher,
            asked,
            answer.date,
            report.status,
            report.concurrency,
            report.inferences,
            report.expiration_seconds,
            report.created,
            report.modified,
            report.expires_at};
}

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

struct Watcher::Question {
    InstanceKey instance;
    std::string credential;
    std::uint64_t id;
    Instant asked_at;
    bool list_wanted;
};

struct Watcher::Outcome {
    StatusAnswer answer;
    Instant answered_at;
};

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

void Watcher::watch(const lifecycle::LoadAnswered& load, const std::string& credential) {
    if (!load.accepted && load.status != 0) return;
    const Instant now = clock_.now();
    const std::lock_guard lock(mutex_);
    Watch* earlier = watches_.find_alike({load.key, load.model}, credential, std::nullopt);
    if (earlier && !load.accepted) {
        watches_.set_due(*earlier, now);
        due_changed_.notify_one();
        return;
    }
    if (earlier) end(*earlier, "loaded anew");
    Watch watch = new_watch({load.key, load.model}, credential, load.sent_at, now);
    if (!load.accepted) watch.known.phase = Known::Phase::doubtful;
    // It boots first, unless it is to be known at once whether it does, or what it needs.
    if (load.accepted && load.gb) watch.due = next_question(watch.known, now, options_.pace);
    watch.gb = load.gb;
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
    } else if (watch && accepted && deletion.sent_at >= watch->began) {
        end(*watch, "deleted");
    } else if (watch) {
        // Unknown outcome, denied, or it raced with the load: the upstream shall say.
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
        fresh.due = next_question(fresh.known, now, options_.pace);
        add(std::move(fresh));
        return;
    }
    if (seen.key == watch->instance.key) {  // another's fact may be another account's
        watch->recorded = seen;
        watch->recorded_at = now;
    }
    if (seen.asked_at < watch->known.since) return;  // asked before the load: says nothing of it
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
    save(*added);
    due_changed_.notify_one();
}

void Watcher::save(const Watch& watch) {
    to_store_.emplace_back(watch.instance, seal(watch, key_));
    house_calls_.notify_one();
}

void Watcher::end(Watch& watch, std::string_view why) {
    log(Severity::info, "watcher", "no longer watched",
        {{"model", watch.instance.model.text()}, {"key", watch.instance.key.text()}, {"why", why}});
    to_store_.emplace_back(watch.instance, std::nullopt);
    watches_.remove(watch);
    house_calls_.notify_one();
}

/// Takes a look into account and says when to ask next, unless a question is under way, which will.
void Watcher::apply(Watch& watch, const Look& look) {
    if (watcher::heed(watch.known, look) == Verdict::over) {
        end(watch, look.kind == Look::Kind::unanswered ? "silent for a week" : "ended");
    } else if (!watch.asking) {
        watches_.set_due(watch, next_question(watch.known, look.at, options_.pace));
        due_changed_.notify_one();
    }
}

Watcher::Question Watcher::begin_question(Watch& watch) {
    const Instant now = clock_.now();
    watches_.begin_question(watch);
    ++under_way_;
    house_calls_.notify_one();
    const auto entry = catalogue_.find(watch.instance.model);
    const bool stale = !entry || now - entry->learned_at >= catalogue_age;
    return {watch.instance, watch.credential, watch.id, now, stale && now >= watch.list_due};
}

void Watcher::settle(const Question& question, const Outcome& outcome) {
    --under_way_;
    Watch* watch = watches_.find(question.instance);
    if (!watch || watch->id != question.id) return;  // ended, or loaded anew, meanwhile
    Look look{Look::Kind::unanswered, outcome.answered_at, {}, {}, {}};
    if (outcome.answer.kind == StatusAnswer::Kind::report) {
        look = look_of(seen_of(question.instance, question.asked_at, outcome.answer),
                       outcome.answered_at);
    } else if (outcome.answer.kind == StatusAnswer::Kind::absent) {
        look.kind = Look::Kind::absent;
    }
    const bool hurried = watches_.end_question(*watch, outcome.answered_at);
    apply(*watch, look);
    watch = hurried ? watches_.find(question.instance) : nullptr;
    if (watch) watches_.set_due(*watch, outcome.answered_at);
}

// The threads -------------------------------------------------------------------------------------

void Watcher::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        Watch* next = watches_.first_due();
        const Duration wait = next ? next->due - clock_.now() : longest_wait;
        if (wait.micros > 0) {
            due_changed_.wait_for(lock, std::chrono::microseconds(wait.micros));
            continue;
        }
        const Question question = begin_question(*next);
        due_changed_.notify_one();  // somebody must wait for the one that is due after it
        lock.unlock();
        Outcome outcome = ask(question);
        if (!record(question, outcome)) outcome.answer = {};  // what is not on disk was not learned
        if (outcome.answer.kind == StatusAnswer::Kind::report) refresh_catalogue(question);
        lock.lock();
        settle(question, outcome);
    }
}

/// The store's only user, and the one that cuts questions that take too long.
void Watcher::keep_house() {
    std::unique_lock lock(mutex_);
    while (!house_closing_ || !to_store_.empty()) {
        if (to_store_.empty()) {
            house_calls_.wait_for(
                lock, under_way_ > 0 ? std::chrono::milliseconds(200) : std::chrono::seconds(60));
        }
        auto work = std::exchange(to_store_, {});
        lock.unlock();
        upstream_.cut_overdue();
        for (const auto& [instance, sealed] : work) {
            try {
                sealed ? store_.put(instance, *sealed) : store_.erase(instance);
            } catch (const std::exception& error) {
                log(Severity::error, "watcher", "a credential could not be stored or erased",
                    {{"model", instance.model.text()}, {"why", error.what()}});
            }
        }
        lock.lock();
    }
}

Watcher::Outcome Watcher::ask(const Question& question) {
    StatusAnswer answer = upstream_.ask_status(question.credential, question.instance.model);
    return {std::move(answer), clock_.now()};
}

/// Whether it is this worker that asks the catalogue; one at a time.
bool Watcher::take_list_turn(const Question& question) {
    if (!question.list_wanted) return false;
    const std::lock_guard lock(mutex_);
    return !std::exchange(list_under_way_, true);
}

void Watcher::refresh_catalogue(const Question& question) {
    if (take_list_turn(question)) {
        const auto models = upstream_.ask_list(question.credential);
        const Instant now = clock_.now();
        if (models) catalogue_.learn(*models, now);
        const std::lock_guard lock(mutex_);
        list_under_way_ = false;
        Watch* watch = watches_.find(question.instance);
        if (watch) watch->list_due = now + (models ? catalogue_age : options_.pace.heartbeat());
    }
    const auto entry = catalogue_.find(question.instance.model);
    if (!entry || !entry->required_ram) return;
    {
        const std::lock_guard lock(mutex_);
        const Watch* watch = watches_.find(question.instance);
        if (!watch || watch->gb == entry->required_ram) return;
    }
    if (!append({clock_.now(),
                 lifecycle::CatalogueEntry{question.instance.model, entry->required_ram}}))
        return;
    const std::lock_guard lock(mutex_);
    if (Watch* watch = watches_.find(question.instance)) {
        watch->gb = entry->required_ram;
        save(*watch);
    }
}

/// False when it was worth a fact and could not be recorded.
bool Watcher::record(const Question& question, const Outcome& outcome) {
    if (outcome.answer.kind == StatusAnswer::Kind::nothing) return true;
    if (outcome.answer.kind == StatusAnswer::Kind::absent) {
        return append({outcome.answered_at,
                       lifecycle::InstanceAbsent{question.instance.key, question.instance.model,
                                                 lifecycle::Source::watcher, question.asked_at,
                                                 outcome.answer.date}});
    }
    const InstanceSeen seen = seen_of(question.instance, question.asked_at, outcome.answer);
    {
        const std::lock_guard lock(mutex_);
        const Watch* watch = watches_.find(question.instance);
        // A watch that ended meanwhile: what it brings back may still correct the end.
        if (watch &&
            !is_worth_recording(watch->recorded, watch->recorded_at, seen, outcome.answered_at))
            return true;
    }
    if (!append({outcome.answered_at, seen})) return false;
    const std::lock_guard lock(mutex_);
    if (Watch* watch = watches_.find(question.instance)) {
        watch->recorded = seen;
        watch->recorded_at = outcome.answered_at;
    }
    return true;
}

bool Watcher::append(const lifecycle::Fact& fact) {
    try {
        journal_.append_and_wait(lifecycle::to_json(fact));
        const std::lock_guard lock(mutex_);
        journal_trouble_ = false;
        return true;
    } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(journal_trouble_, true))
            log(Severity::error, "watcher", "the journal takes nothing", {{"why", error.what()}});
        return false;
    }
}

}  // namespace watcher

// The threads of watcher.h: workers that ask, record and settle, and the housekeeper.
#include <chrono>
#include <exception>
#include <utility>

#include "lifecycle/fact_json.h"
#include "platform/log.h"
#include "watcher/look.h"
#include "watcher/recorder.h"
#include "watcher/watcher.h"

namespace watcher {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::InstanceSeen;
using platform::log;
using platform::Severity;

constexpr Duration longest_wait = Duration::seconds(60);

}  // namespace

Watcher::Question Watcher::begin_question(Watch& watch) {
    const Instant now = clock_.now();
    watches_.begin_question(watch);
    ++under_way_;
    house_calls_.notify_one();
    const auto entry = catalogue_.find(watch.instance.model);
    const bool stale = !entry || now - entry->learned_at >= catalogue_age;
    const bool due = now >= watch.list_due;
    if (due) watch.list_due = now + options_.pace.interval;  // again, where it brings nothing
    return {watch.instance, watch.credential, watch.id, now, stale && due};
}

void Watcher::settle(const Question& question, const Outcome& outcome) {
    --under_way_;
    Watch* watch = watches_.find(question.instance);
    if (!watch || watch->id != question.id) return;  // ended, or loaded anew, meanwhile
    Look look{Look::Kind::unanswered, outcome.answered_at, {}, {}, {}, {}};
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
        refresh_catalogue(question);
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
        for (const StoreOrder& order : work) carry_out(order);
        lock.lock();
    }
}

void Watcher::carry_out(const StoreOrder& order) {
    bool is_done = false;
    try {
        order.sealed ? store_.put(order.instance, *order.sealed) : store_.erase(order.instance);
        is_done = true;
    } catch (const std::exception& error) {
        log(Severity::error, "watcher", "a credential could not be stored or erased",
            {{"model", order.instance.model.text()}, {"why", error.what()}});
    }
    if (order.done) order.done(is_done);
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
        if (watch) watch->list_due = now + (models ? catalogue_age : options_.pace.interval);
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
        store(watch->instance);
    }
}

/// False when it was worth a fact and could not be recorded.
bool Watcher::record(const Question& question, const Outcome& outcome) {
    switch (outcome.answer.kind) {
        case StatusAnswer::Kind::nothing:
            return true;
        case StatusAnswer::Kind::absent:
            return record_denial(question, outcome);
        case StatusAnswer::Kind::report:
            return record_report(question, outcome);
    }
    return true;
}

bool Watcher::record_denial(const Question& question, const Outcome& outcome) {
    std::optional<lifecycle::Fact> proof;
    {
        const std::lock_guard lock(mutex_);
        if (Watch* watch = watches_.find(question.instance))
            proof = std::exchange(watch->unrecorded, std::nullopt);
    }
    if (proof && !append(*proof)) return false;
    const auto& [key, model] = question.instance;
    return append(
        {outcome.answered_at, lifecycle::InstanceAbsent{key, model, lifecycle::Source::watcher,
                                                        question.asked_at, outcome.answer.date}});
}

bool Watcher::record_report(const Question& question, const Outcome& outcome) {
    const InstanceSeen seen = seen_of(question.instance, question.asked_at, outcome.answer);
    {
        const std::lock_guard lock(mutex_);
        Watch* watch = watches_.find(question.instance);
        // A watch that ended meanwhile: what it brings back may still correct the end.
        if (watch &&
            !is_worth_recording(watch->recorded, watch->recorded_at, seen, outcome.answered_at)) {
            watch->unrecorded = lifecycle::Fact{outcome.answered_at, seen};
            return true;
        }
    }
    if (!append({outcome.answered_at, seen})) return false;
    const std::lock_guard lock(mutex_);
    if (Watch* watch = watches_.find(question.instance)) {
        watch->recorded = seen;
        watch->recorded_at = outcome.answered_at;
        watch->unrecorded.reset();
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

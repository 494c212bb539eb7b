// The watcher's turn of a simulated gateway: watcher::Watcher's threads on virtual time. When to
// ask, what is over and what is worth a fact is decided by the product's schedule.h and recorder.h.
#include "simulation/gateway.h"
#include "watcher/look.h"
#include "watcher/recorder.h"

namespace simulation {
namespace {

using lifecycle::InstanceSeen;
using watcher::InstanceKey;
using watcher::Known;
using watcher::Look;
using watcher::StatusAnswer;
using watcher::Watch;

constexpr watcher::Pace pace;

Watch new_watch(InstanceKey instance, const std::string& credential, calendar::Instant since,
                calendar::Instant now) {
    Watch watch;
    watch.instance = std::move(instance);
    watch.credential = credential;
    watch.known.since = since;
    watch.known.last_answer = watch.began = watch.due = now;
    return watch;
}

/// Which of two that are due at one instant comes first is up to the product's memory, which is no
/// part of the seed: so none are, by some microseconds of their names'.
calendar::Instant in_turn(calendar::Instant due, const InstanceKey& instance) {
    Micros turn = 0;
    for (const char c : instance.key.text() + instance.model.text())
        turn = (turn * 31 + static_cast<unsigned char>(c)) % 997;
    return {due.micros + turn};
}

}  // namespace

Evidence Gateway::evidence_of(const Exchange& exchange, Evidence::Kind kind,
                              const std::string& key) const {
    Evidence evidence;
    evidence.kind = kind;
    evidence.life = *exchange.reply->life;
    evidence.account = keys_.at(key).account;
    evidence.key = key;
    evidence.asked = exchange.sent;
    evidence.handled = exchange.handled;
    evidence.answered = exchange.answered;
    evidence.date = exchange.reply->date;
    return evidence;
}

Evidence Gateway::evidence_of_report(const Exchange& exchange, const std::string& key) const {
    const Report& report = *exchange.reply->report;
    const bool over = report.state == "STOPPED" || report.state == "FAILED";
    Evidence evidence = evidence_of(exchange,
                                    over                        ? Evidence::Kind::ended_report
                                    : report.state == "RUNNING" ? Evidence::Kind::running
                                                                : Evidence::Kind::alive,
                                    key);
    evidence.unused = report.inferences == 0;
    evidence.expires = report.expires;
    return evidence;
}

InstanceSeen Gateway::seen_of(const InstanceKey& instance, lifecycle::Source source,
                              const Exchange& exchange) const {
    const Report& report = *exchange.reply->report;
    const auto instant = [](Micros at) { return calendar::Instant{at}; };
    InstanceSeen seen;
    seen.key = instance.key;
    seen.model = instance.model;
    seen.source = source;
    seen.asked_at = ours(exchange.sent);
    seen.date = instant(exchange.reply->date);
    seen.state = report.state;
    seen.concurrency = report.concurrency;
    seen.inferences = report.inferences;
    seen.expiration_seconds = report.period_seconds;
    seen.created = instant(report.created);
    seen.modified = instant(report.modified);
    if (report.expires) seen.expires_at = instant(*report.expires);
    return seen;
}

void Gateway::resume_watches() {
    for (const auto& [instance, stored] : stored_watches_) {
        Watch watch = new_watch(instance, stored.credential, stored.known.since, clock_.now());
        watch.known.phase = stored.known.phase;
        watch.gb = stored.gb;
        watch.due = in_turn(watch.due, instance);
        watches_.add(std::move(watch));
    }
    plan_looking();
}

void Gateway::add_watch(Watch watch) {
    const Watch* added = watches_.add(std::move(watch));
    stored_watches_[added->instance] = *added;
    plan_looking();
}

void Gateway::end_watch(Watch& watch) {
    stored_watches_.erase(watch.instance);
    watches_.remove(watch);
}

void Gateway::watch(const lifecycle::LoadAnswered& load, const Key& key) {
    const bool is_there = load.status == 409 || load.status == 429;
    if (!load.accepted && load.status != 0 && !is_there) return;
    const InstanceKey instance{load.key, load.model};
    Watch* earlier = watches_.find_alike(instance, key.fingerprint, std::nullopt);
    if (earlier && !load.accepted) {
        watches_.set_due(*earlier, clock_.now());
        return plan_looking();
    }
    if (earlier && earlier->instance.key == load.key) {
        end_watch(*earlier);
    } else if (earlier) {
        watches_.set_due(*earlier, clock_.now());
    }
    Watch watch = new_watch(instance, key.fingerprint, load.sent_at, clock_.now());
    if (!load.accepted) watch.known.phase = Known::Phase::doubtful;
    if (load.accepted && load.gb) watch.due = next_question(watch.known, clock_.now(), pace);
    watch.gb = load.gb;
    add_watch(std::move(watch));
}

void Gateway::heed(const lifecycle::DeleteAnswered& deletion, const Key& key) {
    const bool accepted = deletion.status / 100 == 2;
    const bool doubtful = deletion.status == 0 || deletion.status >= 500;
    if (!accepted && !doubtful && deletion.status != 404) return;
    const InstanceKey instance{deletion.key, deletion.model};
    Watch* watch = watches_.find_alike(instance, key.fingerprint, std::nullopt);
    if (!watch && doubtful) {
        Watch fresh = new_watch(instance, key.fingerprint, deletion.sent_at, clock_.now());
        fresh.known.phase = Known::Phase::doubtful;
        add_watch(std::move(fresh));
    } else if (watch && accepted && deletion.key == watch->instance.key &&
               deletion.sent_at >= watch->began) {
        watch->known.deleted = true;
        watches_.set_due(*watch,
                         in_turn(next_question(watch->known, clock_.now(), pace), instance));
        plan_looking();
    } else if (watch) {
        watches_.set_due(*watch, clock_.now());
        plan_looking();
    }
}

void Gateway::heed(const InstanceSeen& seen, const Key& key) {
    const Look look = watcher::look_of(seen, clock_.now());
    const InstanceKey instance{seen.key, seen.model};
    Watch* watch = watches_.find_alike(instance, key.fingerprint, seen.created);
    if (!watch) {
        if (look.kind == Look::Kind::terminal) return;
        Watch fresh = new_watch(instance, key.fingerprint, seen.asked_at, clock_.now());
        fresh.recorded = seen;
        fresh.recorded_at = clock_.now();
        (void)watcher::heed(fresh.known, look);
        fresh.due = next_question(fresh.known, clock_.now(), pace);
        return add_watch(std::move(fresh));
    }
    if (seen.key == watch->instance.key) {
        watch->recorded = seen;
        watch->recorded_at = clock_.now();
    }
    if (seen.asked_at < watch->known.since) return;
    if (seen.key != watch->instance.key && look.kind == Look::Kind::terminal) {
        watches_.set_due(*watch, clock_.now());
        return plan_looking();
    }
    apply(*watch, look);
}

void Gateway::apply(Watch& watch, const Look& look) {
    if (watcher::heed(watch.known, look) == watcher::Verdict::over) {
        end_watch(watch);
    } else if (!watch.asking) {
        watches_.set_due(watch, in_turn(next_question(watch.known, look.at, pace), watch.instance));
        plan_looking();
    }
}

void Gateway::plan_looking() {
    const Watch* first = watches_.first_due();
    if (!first) return;
    const Micros due = std::max(first->due.micros - clock_.offset, world_.agenda.now());
    if (looking_at_ && *looking_at_ <= due) return;
    looking_at_ = due;
    world_.agenda.at(due, [this, life = life_, due] {
        if (life != life_ || looking_at_ != due) return;
        looking_at_.reset();
        look();
    });
}

void Gateway::look() {
    while (Watch* watch = watches_.first_due()) {
        if (watch->due > clock_.now()) break;
        watches_.begin_question(*watch);
        const InstanceKey instance = watch->instance;
        const std::string account = keys_.at(instance.key.text()).upstream_account;
        ask([this, account, model = instance.model.text()](
                const auto& reply) { reply(world_.upstream.status(account, model)); },
            [this, life = life_, instance, id = watch->id](const Exchange& exchange) {
                if (life == life_) settle(instance, id, exchange);
            });
    }
    plan_looking();
}

void Gateway::settle(const InstanceKey& instance, std::uint64_t id, const Exchange& exchange) {
    Look look{Look::Kind::unanswered, clock_.now(), {}, {}, {}, {}};
    if (!record_look(watches_.find(instance), instance, exchange, look))
        look = {Look::Kind::unanswered, clock_.now(), {}, {}, {}, {}};
    if (!is_up()) return;
    Watch* watch = watches_.find(instance);
    if (!watch || watch->id != id) return;
    const bool hurried = watches_.end_question(*watch, clock_.now());
    apply(*watch, look);
    watch = hurried ? watches_.find(instance) : nullptr;
    if (watch) watches_.set_due(*watch, clock_.now());
    plan_looking();
}

/// Says in `look` what the exchange brought. False: it was worth a fact and could not be recorded.
bool Gateway::record_look(Watch* watch, const InstanceKey& instance, const Exchange& exchange,
                          Look& look) {
    if (!exchange.reply) return true;
    const std::string& key = instance.key.text();
    if (exchange.reply->status == 404) {
        look.kind = Look::Kind::absent;
        std::optional<Evidence> denied;
        if (exchange.reply->life) denied = evidence_of(exchange, Evidence::Kind::denial, key);
        if (watch && watch->unrecorded) {
            const lifecycle::Fact proof = *std::exchange(watch->unrecorded, std::nullopt);
            pending_.push_back({proof, unrecorded_.at(instance)});
        }
        return record(
            lifecycle::InstanceAbsent{instance.key, instance.model, lifecycle::Source::watcher,
                                      ours(exchange.sent), calendar::Instant{exchange.reply->date}},
            denied);
    }
    const InstanceSeen seen = seen_of(instance, lifecycle::Source::watcher, exchange);
    look = watcher::look_of(seen, clock_.now());
    const auto gb = gb_of(instance.model.text());
    if (watch && !watch->gb && gb) {
        if (!record(lifecycle::CatalogueEntry{instance.model, gb})) return false;
        watch->gb = stored_watches_[instance].gb = gb;
    }
    if (watch &&
        !watcher::is_worth_recording(watch->recorded, watch->recorded_at, seen, clock_.now())) {
        watch->unrecorded = lifecycle::Fact{clock_.now(), seen};
        unrecorded_[instance] = evidence_of_report(exchange, key);
        return true;
    }
    if (!record(seen, evidence_of_report(exchange, key))) return false;
    watch = watches_.find(instance);
    if (!watch) return true;
    watch->recorded = seen;
    watch->recorded_at = clock_.now();
    watch->unrecorded.reset();
    return true;
}

}  // namespace simulation

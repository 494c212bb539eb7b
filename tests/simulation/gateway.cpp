#include "simulation/gateway.h"

#include "lifecycle/fact_json.h"

namespace simulation {
namespace {

using lifecycle::KeyFingerprint;
using lifecycle::ModelName;

constexpr const char* directory = "/journal";

journal::Options options_of(const GatewayTraits& traits) {
    journal::Options options;
    options.directory = directory;
    options.segment_bytes = traits.segment_bytes;
    options.busy_pace = {0};
    options.seal_interval = {0};  // of the live journal: each commit is a batch
    return options;
}

bool is_success(int status) {
    return status / 100 == 2;
}

}  // namespace

Gateway::Gateway(World& world, GatewayTraits traits, Dice dice)
    : world_(world),
      traits_(std::move(traits)),
      id_(traits_.name),
      dice_(dice),
      clock_(world.agenda) {}

void Gateway::open_journal() {
    lying_disk_ = std::make_unique<LyingDisk>(*disk_, traits_.lies);
    desk_ = std::make_unique<Desk>();
    const journal::Options options = options_of(traits_);
    if (traits_.live_journal) {
        journal_ = journal::Journal::open(*lying_disk_, clock_, options);
    } else {
        auto stepped = std::make_unique<SteppedJournal>(*lying_disk_, clock_, options);
        stepped_ = stepped.get();
        journal_ = std::move(stepped);
    }
}

void Gateway::start() {
    if (is_up()) return;
    ++life_;
    clock_.offset = dice_.between(-traits_.largest_offset, traits_.largest_offset);
    try {
        open_journal();
    } catch (const std::runtime_error& damaged) {
        trouble_ = damaged.what();
        return;
    }
    reader_ = std::make_unique<journal::Reader>(*lying_disk_, directory, *journal_);
    source_ = std::make_unique<ledger::JournalSource>(*journal_, *reader_);
    ledger::ShipperOptions shipping;
    shipping.gateway = id_;
    shipper_ = std::make_unique<ledger::Shipper>(std::make_unique<SimulatedBooks>(world_.ledger),
                                                 shipping, *source_, clock_);
    calls_ = 0;
    const lifecycle::GatewayStarted started{"simulated", lifecycle::UpstreamId("https://upstream")};
    boot_ = journal_->append_and_wait(lifecycle::to_json({clock_.now(), started}));
    resume_watches();
    plan_shipping(second);
}

/// Everything of the process goes; the disk is as `leave` makes it. The disk is taken before the
/// objects go, since a journal that is destroyed seals, which a killed one does not.
void Gateway::crash(const std::function<std::unique_ptr<support::SimulatedDisk>()>& leave) {
    auto left = leave();
    for (const Pending& lost : pending_)
        if (lost.evidence) world_.truth.evidence.push_back(*lost.evidence);
    pending_.clear();
    unrecorded_.clear();
    ++life_;
    shipper_.reset();
    source_.reset();
    reader_.reset();
    journal_.reset();
    stepped_ = nullptr;
    desk_.reset();
    lying_disk_.reset();
    disk_ = std::move(left);
    watches_ = {};
    looking_at_.reset();
    dying_.reset();
    sealing_ = shipping_ = false;
}

void Gateway::fall(Fall how) {
    if (!is_up()) return;
    if (how == Fall::within_a_commit && !dying_ && journal_->state() == journal::State::writing) {
        dying_ = how;
        world_.agenda.after(10 * minute, [this, life = life_] {
            if (life == life_) fall(Fall::power_cut);
        });
        return;
    }
    crash([&] {
        if (how == Fall::kill) return disk_->after_kill();
        const auto names = dice_.percent(50) ? support::SimulatedDisk::Names::all
                                             : support::SimulatedDisk::Names::synced_only;
        const auto kept = static_cast<std::size_t>(dice_.mostly_low(0, 4000));
        std::optional<std::uint64_t> garbage;
        if (dice_.percent(50)) garbage = dice_.next();
        return disk_->after_power_cut(kept, names, garbage);
    });
}

// Facts to disk -----------------------------------------------------------------------------------

bool Gateway::record(lifecycle::FactBody body, std::optional<Evidence> evidence) {
    if (!is_up()) return false;
    pending_.push_back({{clock_.now(), std::move(body)}, std::move(evidence)});
    return flush();
}

/// Not gated: it is durable with the next commit, or lost.
void Gateway::record_later(lifecycle::FactBody body, std::optional<Evidence> evidence) {
    if (!is_up()) return;
    pending_.push_back({{clock_.now(), std::move(body)}, std::move(evidence)});
    world_.agenda.after(dice_.between(1, 50) * millisecond, [this, life = life_] {
        if (life == life_) flush();
    });
}

/// False: not durable, or nobody knows; the process may be gone.
bool Gateway::flush() {
    if (pending_.empty()) return true;
    if (dying_) disk_->fail_syncs_from(1);
    std::vector<Pending> writing;
    std::swap(writing, pending_);
    journal::Batch batch;
    for (const Pending& pending : writing) batch.add(lifecycle::to_json(pending.fact));
    const bool durable = desk_->write(*journal_, batch);
    for (Pending& pending : writing) {
        if (!pending.evidence) continue;
        pending.evidence->certain = durable;
        world_.truth.evidence.push_back(*pending.evidence);
    }
    if (dying_) {
        disk_->fail_syncs_from(0);
        fall(dice_.percent(30) ? Fall::kill : Fall::power_cut);
        return false;
    }
    if (durable && stepped_ && !std::exchange(sealing_, true)) {
        world_.agenda.after(second / 2, [this, life = life_] {
            if (life != life_) return;
            sealing_ = false;
            stepped_->seal();
            plan_shipping(dice_.between(0, 3) * second);
        });
    }
    if (!stepped_) plan_shipping(dice_.between(0, 3) * second);
    return durable;
}

void Gateway::plan_shipping(Micros wait) {
    if (std::exchange(shipping_, true)) return;
    world_.agenda.after(wait, [this, life = life_] {
        if (life == life_) ship();
    });
}

void Gateway::ship() {
    shipping_ = false;
    try {
        while (shipper_->ship_next()) {
        }
        shipper_->heartbeat();
    } catch (const std::exception& error) {
        trouble_ = error.what();
        plan_shipping(dice_.mostly_low(1, 300) * second);
    }
}

std::string Gateway::ship_the_rest() {
    start();
    if (!is_up()) return traits_.name + " does not start: " + trouble_;
    flush();
    if (stepped_) stepped_->seal();
    ship();
    const journal::Sequence last = journal_->next_sequence() - 1;
    if (shipper_->shipped() == last) return "";
    return traits_.name + " shipped " + std::to_string(shipper_->shipped()) + " of " +
           std::to_string(last) + " records: " + trouble_;
}

// Calls -------------------------------------------------------------------------------------------

/// A question may be lost on its way, its answer too; both may be late.
void Gateway::ask(Ask handle, std::function<void(const Exchange&)> done) {
    const Micros sent = world_.agenda.now();
    const Micros there = dice_.mostly_low(millisecond, 2 * second);
    const Micros back = dice_.mostly_low(millisecond, calm_ ? second : 20 * second);
    const bool lost = world_.link_is_down || (!calm_ && dice_.percent(1));
    const bool lost_on_return = !calm_ && dice_.percent(1);
    const Micros patience = 30 * second;
    if (lost) {
        world_.agenda.after(patience, [=, this] { done({sent, 0, world_.agenda.now(), {}}); });
        return;
    }
    world_.agenda.after(there, [=, this] {
        handle([=, this](Reply reply) {
            const Micros handled = world_.agenda.now();
            if (lost_on_return || world_.link_is_down) {
                world_.agenda.after(patience, [=, this] {
                    done({sent, handled, world_.agenda.now(), {}});
                });
            } else {
                world_.agenda.after(back, [=, this] {
                    done({sent, handled, world_.agenda.now(), reply});
                });
            }
        });
    });
}

std::optional<std::string> Gateway::gb_of(const std::string& model) const {
    const auto found = world_.gb.find(model);
    return found == world_.gb.end() ? std::nullopt : std::optional(found->second);
}

Call Gateway::call_of(Call::Kind kind, lifecycle::CallId id, const Key& key,
                      const std::string& model) {
    keys_[key.fingerprint] = key;
    return {kind, traits_.name, id.boot, id.number, key.fingerprint, model, false};
}

void Gateway::load(const Key& key, const std::string& model, std::int64_t concurrency,
                   std::int64_t period_seconds, Answer answer) {
    if (!is_up()) return answer(0);
    const lifecycle::CallId id = next_call();
    const Call call = call_of(Call::Kind::load, id, key, model);
    const lifecycle::LoadOptions options{concurrency, period_seconds};
    const KeyFingerprint who(key.fingerprint);
    const auto gb = dice_.percent(90) ? gb_of(model) : std::nullopt;
    if (!record(lifecycle::LoadRequested{id, who, ModelName(model), options, gb}))
        return answer(is_up() ? 503 : 0);
    const std::string ticket =
        traits_.name + "-" + std::to_string(id.boot) + "-" + std::to_string(id.number);
    ask([this, order = Upstream::LoadOrder{key.upstream_account, model, concurrency, period_seconds,
                                           ticket}](
            const auto& reply) { reply(world_.upstream.load(order)); },
        [=, this, life = life_](const Exchange& exchange) mutable {
            if (life != life_) return answer(0);
            lifecycle::LoadAnswered fact{id, who,   ModelName(model),    options, gb,
                                         0,  false, ours(exchange.sent), {}};
            std::optional<Evidence> evidence;
            if (exchange.reply) {
                fact.status = exchange.reply->status;
                fact.accepted = is_success(fact.status);
                fact.date = calendar::Instant{exchange.reply->date};
                if (fact.accepted)
                    evidence =
                        evidence_of(exchange, Evidence::Kind::load_accepted, key.fingerprint);
            }
            watch(fact, key);
            const bool durable = record(fact, evidence);
            Call made = call;
            made.acknowledged = durable;
            world_.truth.calls.push_back(made);
            answer(durable ? fact.status : is_up() ? 503 : 0);
        });
}

void Gateway::run(const Key& key, const std::string& model, Micros duration, Answer answer) {
    if (!is_up()) return answer(0);
    const lifecycle::CallId id = next_call();
    Call call = call_of(Call::Kind::run, id, key, model);
    const KeyFingerprint who(key.fingerprint);
    call.acknowledged = record(lifecycle::RunArrived{id, who, ModelName(model)});
    world_.truth.calls.push_back(call);
    if (!call.acknowledged) return answer(is_up() ? 503 : 0);
    ask([this, account = key.upstream_account, model,
         duration](const auto& reply) { world_.upstream.run(account, model, duration, reply); },
        [=, this, life = life_](const Exchange& exchange) {
            if (life != life_) return answer(0);
            const int status = exchange.reply ? exchange.reply->status : 0;
            std::optional<Evidence> evidence;
            if (status == 200 || status == 500)
                evidence = evidence_of(exchange, Evidence::Kind::run_taken, key.fingerprint);
            lifecycle::RunEnded fact{id, who, ModelName(model), status, 10, 20, false, {}, {}};
            fact.asked_at = ours(exchange.sent);
            if (exchange.reply) fact.date = calendar::Instant{exchange.reply->date};
            record_later(std::move(fact), evidence);
            answer(status);
        });
}

void Gateway::remove(const Key& key, const std::string& model, Answer answer) {
    if (!is_up()) return answer(0);
    const lifecycle::CallId id = next_call();
    const Call call = call_of(Call::Kind::remove, id, key, model);
    const KeyFingerprint who(key.fingerprint);
    ask([this, account = key.upstream_account,
         model](const auto& reply) { reply(world_.upstream.remove(account, model)); },
        [=, this, life = life_](const Exchange& exchange) mutable {
            if (life != life_) return answer(0);
            lifecycle::DeleteAnswered fact{id, who, ModelName(model), 0, ours(exchange.sent), {}};
            std::optional<Evidence> evidence;
            if (exchange.reply) {
                fact.status = exchange.reply->status;
                fact.date = calendar::Instant{exchange.reply->date};
                if (is_success(fact.status))
                    evidence =
                        evidence_of(exchange, Evidence::Kind::delete_answered, key.fingerprint);
            }
            heed(fact, key);
            const bool durable = record(fact, evidence);
            Call made = call;
            made.acknowledged = durable;
            world_.truth.calls.push_back(made);
            answer(durable ? fact.status : is_up() ? 503 : 0);
        });
}

void Gateway::status(const Key& key, const std::string& model, Answer answer) {
    if (!is_up()) return answer(0);
    keys_[key.fingerprint] = key;
    const watcher::InstanceKey instance{KeyFingerprint(key.fingerprint), ModelName(model)};
    ask([this, account = key.upstream_account,
         model](const auto& reply) { reply(world_.upstream.status(account, model)); },
        [=, this, life = life_](const Exchange& exchange) {
            if (life != life_) return answer(0);
            last_state_.clear();
            if (!exchange.reply) return answer(504);
            if (exchange.reply->status == 404) {
                std::optional<Evidence> denied;
                if (exchange.reply->life)
                    denied = evidence_of(exchange, Evidence::Kind::denial, key.fingerprint);
                record_later(
                    lifecycle::InstanceAbsent{instance.key, instance.model,
                                              lifecycle::Source::passing, ours(exchange.sent),
                                              calendar::Instant{exchange.reply->date}},
                    denied);
            } else {
                last_state_ = exchange.reply->report->state;
                const auto seen = seen_of(instance, lifecycle::Source::passing, exchange);
                heed(seen, key);
                record_later(seen, evidence_of_report(exchange, key.fingerprint));
            }
            answer(exchange.reply->status);
        });
}

}  // namespace simulation

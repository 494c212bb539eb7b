// A gateway of the simulation: what the proxy's request path, the watcher and the shipper's thread
// are in the product, on virtual time. The journal, the shipper, the watcher's decisions
// (schedule.h, recorder.h, look.h, watches.h) and the facts are the product's; only who calls them
// when is ours. Owns its disk, its clock, and what it told the auditor's log.
#pragma once

#include <memory>

#include "journal/reader.h"
#include "ledger/batch_source.h"
#include "ledger/shipper.h"
#include "simulation/lying_disk.h"
#include "simulation/simulated_ledger.h"
#include "simulation/stepped_journal.h"
#include "simulation/upstream.h"
#include "support/simulated_disk.h"
#include "watcher/watches.h"

namespace simulation {

/// An API key: whose it is upstream, and whose in the product.
struct Key {
    std::string fingerprint;
    std::string upstream_account;
    std::string account;
};

struct GatewayTraits {
    std::string name;
    Micros largest_offset = 0;  // of its clock from the upstream's, thrown anew at each start
    bool live_journal = false;
    std::uint64_t segment_bytes = 16'384;
    Lies lies;  // planted
};

struct World {
    Agenda& agenda;
    Upstream& upstream;
    SimulatedLedger& ledger;
    Truth& truth;
    std::map<std::string, std::string> gb;  // the catalogue: model → requiredRAM
    bool link_is_down = false;              // between all gateways and the upstream
};

class Gateway {
  public:
    using Answer = std::function<void(int status)>;  // 0: the connection broke
    enum class Fall { kill, power_cut, within_a_commit };

    Gateway(World& world, GatewayTraits traits, Dice dice);

    void start();  // or stays down, where its journal is damaged
    void fall(Fall how);
    bool is_up() const { return journal_ != nullptr; }
    /// From now on no answer is lost or late.
    void be_calm() { calm_ = true; }

    // What customers call.
    void load(const Key& key, const std::string& model, std::int64_t concurrency,
              std::int64_t period_seconds, Answer answer);
    void run(const Key& key, const std::string& model, Micros duration, Answer answer);
    void remove(const Key& key, const std::string& model, Answer answer);
    void status(const Key& key, const std::string& model, Answer answer);
    /// What the answer to the last status said; for customers that poll.
    const std::string& last_state() const { return last_state_; }

    std::size_t watched() const { return watches_.size(); }
    /// Ships all there is; what is left is a sentence, empty when nothing is.
    std::string ship_the_rest();

  private:
    struct Clock : calendar::Clock {
        explicit Clock(const Agenda& agenda) : agenda_(agenda) {}
        calendar::Instant now() const override { return {agenda_.now() + offset}; }
        const Agenda& agenda_;
        Micros offset = 0;
    };
    /// One question to the upstream and its answer, world clock; no reply: none came.
    struct Exchange {
        Micros sent = 0;
        Micros handled = 0;
        Micros answered = 0;
        std::optional<Reply> reply;
    };
    /// A fact to be written, with what the auditor's log says of it.
    struct Pending {
        lifecycle::Fact fact;
        std::optional<Evidence> evidence;
    };
    using Ask = std::function<void(std::function<void(Reply)>)>;

    void ask(Ask handle, std::function<void(const Exchange&)> done);
    bool record(lifecycle::FactBody body, std::optional<Evidence> evidence = {});
    void record_later(lifecycle::FactBody body, std::optional<Evidence> evidence);
    bool flush();
    void crash(const std::function<std::unique_ptr<support::SimulatedDisk>()>& leave);
    lifecycle::CallId next_call() { return {boot_, ++calls_}; }
    Call call_of(Call::Kind kind, lifecycle::CallId id, const Key& key, const std::string& model);
    std::optional<std::string> gb_of(const std::string& model) const;
    /// The offset from a gateway's instant to the world's.
    calendar::Instant ours(Micros world) const { return {world + clock_.offset}; }

    // The shipper's turn.
    void open_journal();
    void plan_shipping(Micros wait);
    void ship();

    // The watcher's turn (watch_desk.cpp).
    void resume_watches();
    void watch(const lifecycle::LoadAnswered& load, const Key& key);
    void heed(const lifecycle::DeleteAnswered& deletion, const Key& key);
    void heed(const lifecycle::InstanceSeen& seen, const Key& key);
    void add_watch(watcher::Watch watch);
    void end_watch(watcher::Watch& watch);
    void apply(watcher::Watch& watch, const watcher::Look& look);
    void plan_looking();
    void look();
    void settle(const watcher::InstanceKey& instance, std::uint64_t id, const Exchange& exchange);
    bool record_look(watcher::Watch* watch, const watcher::InstanceKey& instance,
                     const Exchange& exchange, watcher::Look& look);
    lifecycle::InstanceSeen seen_of(const watcher::InstanceKey& instance, lifecycle::Source source,
                                    const Exchange& exchange) const;
    Evidence evidence_of(const Exchange& exchange, Evidence::Kind kind,
                         const std::string& key) const;
    Evidence evidence_of_report(const Exchange& exchange, const std::string& key) const;

    // Constant after construction.
    World& world_;
    const GatewayTraits traits_;
    const lifecycle::GatewayId id_;
    std::map<std::string, Key> keys_;  // met so far

    // What outlives a process.
    Dice dice_;
    std::unique_ptr<support::SimulatedDisk> disk_ = std::make_unique<support::SimulatedDisk>();
    std::map<watcher::InstanceKey, watcher::Watch> stored_watches_;  // the credential store
    bool calm_ = false;
    std::string trouble_;  // why it does not start, or ship

    // The process.
    std::uint64_t life_ = 0;  // what was planned in another one does not happen
    Clock clock_;
    std::unique_ptr<LyingDisk> lying_disk_;
    std::unique_ptr<Desk> desk_;
    std::unique_ptr<journal::Journal> journal_;
    SteppedJournal* stepped_ = nullptr;  // journal_, where it is one
    std::unique_ptr<journal::Reader> reader_;
    std::unique_ptr<ledger::JournalSource> source_;
    std::unique_ptr<ledger::Shipper> shipper_;
    std::uint64_t boot_ = 0;
    std::uint64_t calls_ = 0;
    std::vector<Pending> pending_;
    std::optional<Fall> dying_;  // falls in its next commit
    bool sealing_ = false;
    bool shipping_ = false;
    watcher::Watches watches_;
    std::map<watcher::InstanceKey, Evidence> unrecorded_;  // beside watcher::Watch::unrecorded
    std::optional<Micros> looking_at_;                     // when the watcher looks next
    std::string last_state_;
};

}  // namespace simulation

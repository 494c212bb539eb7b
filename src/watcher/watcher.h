// The watcher: asks the upstream what is really running, with each session's own credential, and
// records what it learns. Owns its threads, the table of watched instances and their credentials;
// when to ask is schedule.h, what to record recorder.h.
//
// A watch begins with a load (accepted, or of unknown outcome) or an instance seen alive, survives
// a restart, and ends with the instance. Silence of the upstream ends nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bytez/catalogue.h"
#include "calendar/clock.h"
#include "journal/journal.h"
#include "watcher/upstream.h"
#include "watcher/watches.h"

namespace watcher {

/// How long what the catalogue said of a model counts (api-semantics.md).
constexpr calendar::Duration catalogue_age = calendar::Duration::seconds(3600);

struct Options {
    Pace pace;
    int workers = 4;  // questions under way at most
};

class Watcher {
  public:
    /// All are used until stop() and must outlive it. `store` is used by one thread.
    Watcher(Options options, const calendar::Clock& clock, journal::Journal& journal,
            Upstream& upstream, bytez::Catalogue& catalogue, CredentialStore& store,
            platform::SealingKey key);
    ~Watcher();  // stops
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Takes up what the store holds, and starts the threads. Throws what the store throws.
    void start();
    /// Cuts questions under way and joins. Credentials of open sessions stay in the store.
    /// Idempotent.
    void stop();

    /// A load is about to be forwarded: `stored` is called once its credential rests in the store,
    /// or cannot, on a thread of the watcher's. So a crash before the answer leaves what the
    /// upstream can be asked with. Followed by watch(), or expect_no_more() when nothing began.
    void expect(const lifecycle::LoadRequested& intent, const std::string& credential,
                std::function<void(bool)> stored);
    void expect_no_more(const InstanceKey& instance);

    // What the proxy saw (proxy::TrafficObserver): any thread, never blocks on disk or network.
    // `credential`: the value of the Authorization field that went upstream.
    void watch(const lifecycle::LoadAnswered& load, const std::string& credential);
    void heed(const lifecycle::DeleteAnswered& deletion, const std::string& credential);
    void heed(const lifecycle::InstanceSeen& seen, const std::string& credential);
    void forget(const InstanceKey& instance);

    std::size_t watched() const;

  private:
    /// What a worker takes away from the table.
    struct Question {
        InstanceKey instance;
        std::string credential;
        std::uint64_t id = 0;
        calendar::Instant asked_at;
        bool list_wanted = false;
    };
    /// What it brings back.
    struct Outcome {
        StatusAnswer answer;
        calendar::Instant answered_at;
    };

    void work();
    void keep_house();
    Question begin_question(Watch& watch);
    Outcome ask(const Question& question);
    void settle(const Question& question, const Outcome& outcome);
    void refresh_catalogue(const Question& question);
    bool record(const Question& question, const Outcome& outcome);
    bool record_denial(const Question& question, const Outcome& outcome);
    bool record_report(const Question& question, const Outcome& outcome);
    bool append(const lifecycle::Fact& fact);
    bool take_list_turn(const Question& question);

    /// For the store: what it is to hold of an instance from now on; absent: nothing.
    struct StoreOrder {
        InstanceKey instance;
        std::optional<std::string> sealed;
        std::function<void(bool)> done;  // empty: nobody waits
    };

    void watch_load(const lifecycle::LoadAnswered& load, const std::string& credential);
    void add(Watch watch);
    void end(Watch& watch, std::string_view why);
    void apply(Watch& watch, const Look& look);
    bool needs_gb(const Watch& watch, calendar::Instant now) const;
    calendar::Instant next_due(const Watch& watch, calendar::Instant now) const;
    void store(const InstanceKey& instance, std::function<void(bool)> done = {});
    bool settle_intent(const InstanceKey& instance);
    void carry_out(const StoreOrder& order);

    // Constant after construction.
    const Options options_;
    const calendar::Clock& clock_;
    journal::Journal& journal_;
    Upstream& upstream_;
    bytez::Catalogue& catalogue_;
    CredentialStore& store_;
    const platform::SealingKey key_;

    mutable std::mutex mutex_;
    std::condition_variable due_changed_;  // for the workers
    std::condition_variable house_calls_;  // for the housekeeper
    // Under mutex_.
    Watches watches_;
    std::map<InstanceKey, Intent> intents_;
    std::deque<StoreOrder> to_store_;  // in order
    int under_way_ = 0;
    bool list_under_way_ = false;
    bool journal_trouble_ = false;  // said so already
    bool stopping_ = false;
    bool house_closing_ = false;

    std::vector<std::thread> workers_;
    std::thread housekeeper_;
};

}  // namespace watcher

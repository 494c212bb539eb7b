// One thread of the gateway: an event loop with its clients, its upstream connections and its side
// of the journal. Workers share nothing that is written on the path of a request.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "journal/journal.h"
#include "proxy/acceptor.h"
#include "proxy/client_connection.h"
#include "proxy/services.h"
#include "proxy/upstream_pool.h"

namespace proxy {

/// What the workers of a gateway have in common; outlives them.
struct Shared {
    const Options& options;
    const UpstreamUrl& upstream_url;
    UpstreamAddress& upstream_address;
    const TlsContext* tls;
    ClientTls* client_tls;
    journal::Journal* journal;
    const KeyDirectory& keys;
    TrafficObserver& observer;
    bytez::Catalogue& catalogue;
    const calendar::Clock& clock;
    std::string request_id_prefix;
    ConnectionCount& connections;
};

class Worker : private Acceptor::Taker {
  public:
    /// `index` counts from 0: calls are numbered apart from the other workers'.
    Worker(const Shared& shared, std::size_t index, Listener listener);

    /// Until stop; on a thread of its own.
    void run();
    /// Any thread: for what begins after its next pass.
    void set_limits(const Limits& limits);
    /// Any thread. What is under way may finish until `deadline_micros` (monotonic).
    void stop(std::int64_t deadline_micros);

  private:
    bool can_take() const override;
    void take(int descriptor, ClientAddress from) override;

    void turn_away(int descriptor);
    std::int64_t next_deadline() const;
    void end_pass();
    void call_late();
    void begin_stopping();
    void take_limits();

    EventLoop loop_;
    TimerQueues timers_;
    OutputGate gate_;
    Errands errands_;
    Recorder recorder_;
    Fingerprints fingerprints_;
    Admission admission_;
    Services services_;
    UpstreamPool pool_;
    Roster<ClientConnection> clients_;
    Acceptor acceptor_;
    platform::Counter& turned_away_;
    std::atomic<std::int64_t> stop_deadline_{0};  // 0: not stopping

    // Under mutex_.
    std::mutex mutex_;
    Limits wanted_limits_;
    std::atomic<bool> has_wanted_limits_{false};  // read without it
};

}  // namespace proxy

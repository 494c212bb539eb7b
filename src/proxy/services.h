// What the connections of one loop share. Made by the worker (worker.h), used on its thread alone.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bytez/catalogue.h"
#include "proxy/admission.h"
#include "proxy/client_tls.h"
#include "proxy/connection_count.h"
#include "proxy/errands.h"
#include "proxy/event_loop.h"
#include "proxy/observer.h"
#include "proxy/output_gate.h"
#include "proxy/recorder.h"
#include "proxy/request_counters.h"
#include "proxy/timer_queue.h"
#include "proxy/tls.h"
#include "proxy/upstream_address.h"

namespace proxy {

class UpstreamPool;

/// One queue per kind of time-out.
struct TimerQueues {
    explicit TimerQueues(const Timeouts& timeouts);
    void expire(std::int64_t now_micros);
    std::int64_t next_deadline() const;

    TimerQueue connect, answer, idle, head, body, send, keep_alive, upstream_keep_alive, drain,
        farewell;
};

/// Called once at the end of the pass in which it asked for it: a failed write is dealt with there,
/// never inside the call that wrote.
class LateHandler {
  public:
    virtual ~LateHandler() = default;
    virtual void on_late() = 0;
};

/// Requests and answers as they are read and composed; two for reading, because an answer's end can
/// begin the next request.
struct Scratch {
    static constexpr std::size_t read_bytes = 64u << 10;
    std::vector<char> from_client = std::vector<char>(read_bytes);
    std::vector<char> from_upstream = std::vector<char>(read_bytes);
    std::string to_client;
    RequestHead request_head;
    AnswerHead answer_head;
};

/// Unsent bytes of one connection beyond which its source is not read.
inline constexpr std::size_t high_water = 64u << 10;

struct Services {
    const Options& options;
    Limits limits;  // in force: they may change between passes, the options' are those of the start
    const UpstreamUrl& upstream_url;
    UpstreamAddress& upstream_address;
    const TlsContext* tls;  // towards the upstream; null: plain
    ClientTls* client_tls;  // null: plain
    bytez::Catalogue& catalogue;
    TrafficObserver& observer;
    ConnectionCount& connections;
    EventLoop& loop;
    TimerQueues& timers;
    OutputGate& gate;
    Errands& errands;
    Recorder& recorder;
    Fingerprints& fingerprints;
    const Admission& admission;
    UpstreamPool* pool = nullptr;
    Scratch scratch;
    std::vector<LateHandler*> late;
    const std::string upstream_authorization;  // managed mode; empty: the client's passes
    const std::string request_id_prefix;
    std::uint64_t first_call = 0;  // calls are numbered first_call + n × call_stride
    std::uint64_t call_stride = 1;
    std::size_t in_flight = 0;  // requests whose answers have not left
    bool stopping = false;
    RequestCounters counters{platform::metrics()};

    lifecycle::CallId next_call() {
        const lifecycle::CallId call{options.boot, first_call};
        first_call += call_stride;
        return call;
    }
};

}  // namespace proxy

#include "proxy/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "platform/clock.h"
#include "platform/log.h"

namespace proxy {
namespace {

constexpr std::int64_t drain_micros = 2'000'000;
constexpr std::int64_t journal_limit_micros = 5'000'000;
constexpr std::int64_t longest_pass_micros = 1'000'000;

/// A peer that goes away is a result of a write, also of those that OpenSSL makes.
void block_sigpipe() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

TimerQueues::TimerQueues(const Timeouts& timeouts)
    : connect(timeouts.connect.micros),
      answer(timeouts.answer.micros),
      idle(timeouts.idle.micros),
      head(timeouts.head.micros),
      body(timeouts.body.micros),
      send(timeouts.send.micros),
      keep_alive(timeouts.keep_alive.micros),
      upstream_keep_alive(timeouts.upstream_keep_alive.micros),
      drain(drain_micros),
      farewell(timeouts.farewell.micros) {}

void TimerQueues::expire(std::int64_t now_micros) {
    for (TimerQueue* queue : {&connect, &answer, &idle, &head, &body, &send, &keep_alive,
                              &upstream_keep_alive, &drain, &farewell}) {
        queue->expire(now_micros);
    }
}

std::int64_t TimerQueues::next_deadline() const {
    return std::min({connect.next_deadline(), answer.next_deadline(), idle.next_deadline(),
                     head.next_deadline(), body.next_deadline(), send.next_deadline(),
                     keep_alive.next_deadline(), upstream_keep_alive.next_deadline(),
                     drain.next_deadline(), farewell.next_deadline()});
}

Worker::Worker(const Shared& shared, std::size_t index, Listener listener)
    : timers_(shared.options.timeouts),
      gate_(shared.journal, loop_),
      errands_(loop_),
      recorder_(gate_, shared.clock),
      admission_(shared.options, shared.keys, fingerprints_),
      services_{.options = shared.options,
                .limits = shared.options.limits,
                .upstream_url = shared.upstream_url,
                .upstream_address = shared.upstream_address,
                .tls = shared.tls,
                .client_tls = shared.client_tls,
                .catalogue = shared.catalogue,
                .observer = shared.observer,
                .connections = shared.connections,
                .loop = loop_,
                .timers = timers_,
                .gate = gate_,
                .errands = errands_,
                .recorder = recorder_,
                .fingerprints = fingerprints_,
                .admission = admission_,
                .pool = &pool_,
                .scratch = {},
                .late = {},
                .upstream_authorization = shared.options.keys == KeyMode::managed
                                              ? "Key " + shared.options.upstream_key
                                              : "",
                .request_id_prefix = shared.request_id_prefix,
                .first_call = index + 1,
                .call_stride = shared.options.threads},
      pool_(services_),
      acceptor_(loop_, std::move(listener), *this),
      turned_away_(platform::metrics().counter(
          "tollgate_connections_refused_total",
          "Connections of an address that had as many as it may have.")) {}

bool Worker::can_take() const {
    return services_.connections.has_room();
}

void Worker::take(int descriptor, ClientAddress from) {
    auto seat = services_.connections.enter(from);
    if (!seat) {
        turn_away(descriptor);
        return;
    }
    try {
        clients_.add(
            std::make_unique<ClientConnection>(services_, clients_, descriptor, std::move(*seat)));
    } catch (const std::exception& error) {
        platform::log(platform::Severity::warning, "proxy", "a connection is dropped",
                      {{"why", error.what()}});
    }
}

/// At little cost: what the kernel takes at once of an answer, and no waiting for the request. Over
/// TLS nothing could be said without a handshake.
void Worker::turn_away(int descriptor) {
    if (!services_.client_tls) {
        std::string out;
        const std::string id =
            services_.request_id_prefix + "-" + std::to_string(services_.next_call().number);
        append_own_answer({errors::too_many_connections, true, false}, id, out);
        (void)::send(descriptor, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    ::close(descriptor);
    turned_away_.add();
}

std::int64_t Worker::next_deadline() const {
    const std::int64_t stop = stop_deadline_.load();
    return std::min({timers_.next_deadline(), gate_.next_deadline(), acceptor_.next_deadline(),
                     loop_.now_micros() + longest_pass_micros,
                     stop != 0 ? stop : std::numeric_limits<std::int64_t>::max()});
}

void Worker::run() {
    block_sigpipe();
    while (true) {
        loop_.run_pass(next_deadline());
        if (has_wanted_limits_.load(std::memory_order_relaxed)) take_limits();
        if (stop_deadline_.load() != 0 && !services_.stopping) begin_stopping();
        end_pass();
        if (!services_.stopping) continue;
        if (clients_.size() == 0 || loop_.now_micros() >= stop_deadline_.load()) break;
    }
    clients_.for_each([](ClientConnection& client) { client.close(); });
    pool_.close_all();
    end_pass();
    gate_.drain(journal_limit_micros);
}

void Worker::begin_stopping() {
    services_.stopping = true;
    acceptor_.stop();
    clients_.for_each([](ClientConnection& client) { client.wind_down(); });
}

void Worker::set_limits(const Limits& limits) {
    {
        const std::lock_guard lock(mutex_);
        wanted_limits_ = limits;
        has_wanted_limits_ = true;
    }
    loop_.wake();
}

void Worker::take_limits() {
    const std::lock_guard lock(mutex_);
    services_.limits = wanted_limits_;
    has_wanted_limits_ = false;
}

void Worker::stop(std::int64_t deadline_micros) {
    stop_deadline_.store(std::max<std::int64_t>(1, deadline_micros));
    loop_.wake();
}

void Worker::end_pass() {
    call_late();
    timers_.expire(loop_.now_micros());
    call_late();
    errands_.end_pass();
    gate_.end_pass(loop_.now_micros());
    call_late();
    acceptor_.end_pass();
    clients_.bury();
    pool_.bury();
}

void Worker::call_late() {
    // Those called may ask again.
    while (!services_.late.empty()) {
        std::vector<LateHandler*> now;
        now.swap(services_.late);
        for (LateHandler* handler : now) handler->on_late();
        now.clear();
        if (services_.late.empty()) services_.late.swap(now);
    }
}

}  // namespace proxy

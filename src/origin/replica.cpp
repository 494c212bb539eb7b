#include "origin/replica.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>

#include "origin/engine_client.h"
#include "platform/clock.h"

namespace origin {
namespace {

constexpr int kProbeMilliseconds = 25;
constexpr int kEndPollMilliseconds = 10;

/// A port that is free now. The engine binds it later: where another program takes it meanwhile the
/// engine ends with its own words about it.
std::uint16_t find_free_port() {
    const platform::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), generic, length) != 0 ||
        ::getsockname(socket.get(), generic, &length) != 0) {
        throw std::system_error(errno, std::generic_category(), "no free port on 127.0.0.1");
    }
    return ntohs(address.sin_port);
}

}  // namespace

Replica::Replica(const CatalogueEntry& entry, const std::string& engine_directory,
                 calendar::Duration grace, ReplicaEvents events)
    : entry_(entry),
      engine_directory_(engine_directory),
      grace_(grace),
      events_(std::move(events)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    thread_ = std::thread([this] { run(); });
}

Replica::~Replica() {
    request_end();
    thread_.join();
}

void Replica::request_end() {
    end_requested_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

MemorySample Replica::measure() const {
    const pid_t engine = engine_pid_;
    return engine == 0 ? MemorySample{} : measure_memory(engine, group_);
}

void Replica::run() {
    std::string last_words;
    try {
        const auto process = start();
        attend(*process);
        end(*process);
        last_words = process->last_words();
    } catch (const std::exception& error) {
        last_words = error.what();
    }
    engine_pid_ = 0;
    events_.on_end(last_words);
}

std::unique_ptr<EngineProcess> Replica::start() {
    if (!chooses_own_port(entry_)) port_ = find_free_port();
    auto process = EngineProcess::start(fill_in(entry_, engine_directory_, port_));
    group_ = process->group();
    events_.on_started();
    return process;
}

/// Until the engine ends or is to end.
void Replica::attend(EngineProcess& process) {
    while (!end_requested_ && !process.has_ended()) {
        wait(process, stage_ == Stage::ready ? -1 : kProbeMilliseconds);
        engine_pid_ = process.engine_pid();
        if (port_ == 0) port_ = process.printed_port().value_or(0);
        if (!process.has_ended() && !end_requested_) probe(process);
    }
}

void Replica::probe(EngineProcess& process) {
    if (port_ == 0 || stage_ == Stage::ready) return;
    if (stage_ == Stage::booting && is_listening(port_)) {
        stage_ = Stage::listening;
        events_.on_listening();
    }
    if (stage_ != Stage::listening || !is_healthy(port_, entry_.health_path)) return;
    // Not somebody else's answer on a port that our engine could not get.
    wait(process, 0);
    if (process.has_ended()) return;
    stage_ = Stage::ready;
    events_.on_ready();
}

/// Reads what the process and its guardian say, for at most so long; -1: until something happens.
void Replica::wait(EngineProcess& process, int milliseconds) {
    pollfd events[] = {{wake_.get(), POLLIN, 0},
                       {process.report_descriptor(), POLLIN, 0},
                       {process.output_descriptor(), POLLIN, 0}};  // poll ignores a closed one, -1
    if (::poll(events, 3, milliseconds) <= 0) return;
    if (events[2].revents != 0) process.read_output();
    if (events[1].revents != 0) process.read_report();
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(wake_.get(), &count, sizeof count);
}

/// Ends what is left of the group: politely, then not.
void Replica::end(EngineProcess& process) {
    const std::int64_t deadline = platform::monotonic_micros() + grace_.micros;
    if (!process.has_ended()) process.terminate();
    while (!process.has_ended() && platform::monotonic_micros() < deadline) {
        wait(process, kEndPollMilliseconds);
    }
    process.kill();
    process.read_output();
}

}  // namespace origin

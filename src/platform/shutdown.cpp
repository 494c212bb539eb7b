#include "platform/shutdown.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "platform/clock.h"
#include "platform/files.h"
#include "platform/invariant.h"

namespace platform {
namespace {

// A signal handler finds nothing but globals.
std::atomic<int> event{-1};
std::atomic<std::int64_t> requested_at{0};  // 0: not
std::atomic<std::int64_t> echo_micros{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

struct sigaction earlier_interrupt, earlier_terminate, earlier_pipe;

/// True for the first call. Async-signal-safe.
bool mark_requested() {
    std::int64_t never = 0;
    if (!requested_at.compare_exchange_strong(never, std::max<std::int64_t>(monotonic_micros(), 1)))
        return false;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event.load(), &one, sizeof one);
    return true;
}

void on_signal(int signal) {
    const int error = errno;
    if (!mark_requested() && monotonic_micros() - requested_at.load() >= echo_micros.load()) {
        // Taken when this handler returns, so that the exit status tells the signal.
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    errno = error;
}

}  // namespace

Shutdown::Shutdown(calendar::Duration echo) {
    invariant(event.load() == -1, "a second Shutdown in one process");
    const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) throw_errno("make", "an eventfd");
    event = descriptor;
    requested_at = 0;
    echo_micros = echo.micros;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &earlier_interrupt);
    sigaction(SIGTERM, &action, &earlier_terminate);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &earlier_pipe);
}

Shutdown::~Shutdown() {
    sigaction(SIGINT, &earlier_interrupt, nullptr);
    sigaction(SIGTERM, &earlier_terminate, nullptr);
    sigaction(SIGPIPE, &earlier_pipe, nullptr);
    ::close(event.exchange(-1));
}

bool Shutdown::requested() const {
    return requested_at.load() != 0;
}

int Shutdown::descriptor() const {
    return event.load();
}

bool Shutdown::wait_for(calendar::Duration limit, int other) const {
    const std::int64_t end = monotonic_micros() + limit.micros;
    while (!requested()) {
        const std::int64_t left = end - monotonic_micros();
        if (left <= 0) return false;
        pollfd watched[] = {{descriptor(), POLLIN, 0}, {other, POLLIN, 0}};
        // Rounded up, so that the last wait is not a spin.
        ::poll(watched, 2, static_cast<int>(std::min<std::int64_t>((left + 999) / 1000, 60'000)));
        if (watched[1].revents != 0 && !requested()) return false;
    }
    return true;
}

void Shutdown::request() {
    mark_requested();
}

}  // namespace platform

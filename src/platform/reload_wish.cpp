#include "platform/reload_wish.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "platform/files.h"
#include "platform/invariant.h"

namespace platform {
namespace {

// A signal handler finds nothing but globals.
std::atomic<int> event{-1};
struct sigaction earlier;

void on_signal(int) {
    const int error = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event.load(), &one, sizeof one);
    errno = error;
}

}  // namespace

ReloadWish::ReloadWish() {
    invariant(event.load() == -1, "a second ReloadWish in one process");
    const int made = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made < 0) throw_errno("make", "an eventfd");
    event = made;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, &earlier);
}

ReloadWish::~ReloadWish() {
    sigaction(SIGHUP, &earlier, nullptr);
    ::close(event.exchange(-1));
}

int ReloadWish::descriptor() const {
    return event.load();
}

bool ReloadWish::take() {
    std::uint64_t wishes = 0;
    return ::read(event.load(), &wishes, sizeof wishes) == sizeof wishes;
}

}  // namespace platform

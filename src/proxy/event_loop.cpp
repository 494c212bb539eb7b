#include "proxy/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "platform/clock.h"

namespace proxy {
namespace {

constexpr int events_per_pass = 256;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      now_micros_(platform::monotonic_micros()),
      events_(events_per_pass * sizeof(epoll_event)) {
    if (epoll_ < 0 || wake_ < 0) fail("an event loop's descriptors");
    add(wake_, EPOLLIN | EPOLLET, nullptr);
}

EventLoop::~EventLoop() {
    ::close(wake_);
    ::close(epoll_);
}

void EventLoop::add(int descriptor, std::uint32_t events, void* tag) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

void EventLoop::watch(int descriptor, EventHandler& handler) {
    add(descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &handler);
}

void EventLoop::watch_level(int descriptor, EventHandler& handler) {
    add(descriptor, EPOLLIN | EPOLLEXCLUSIVE, &handler);
}

void EventLoop::unwatch(int descriptor) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void EventLoop::run_pass(std::int64_t deadline_micros) {
    auto* const events = reinterpret_cast<epoll_event*>(events_.data());
    const std::int64_t left = deadline_micros - platform::monotonic_micros();
    const auto milliseconds = std::clamp<std::int64_t>((left + 999) / 1000, 0, 60'000);
    const int count = epoll_wait(epoll_, events, events_per_pass, static_cast<int>(milliseconds));
    now_micros_ = platform::monotonic_micros();
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr) {
            static_cast<EventHandler*>(events[i].data.ptr)->on_events(events[i].events);
        } else {
            std::uint64_t wakes;
            (void)!::read(wake_, &wakes, sizeof wakes);
        }
    }
}

void EventLoop::wake() {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
}

}  // namespace proxy

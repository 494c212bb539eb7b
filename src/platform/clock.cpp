#include "platform/clock.h"

#include <ctime>

namespace platform {
namespace {

std::int64_t read_micros(clockid_t id) {
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1'000;
}

}  // namespace

SystemClock::SystemClock()
    : offset_micros_(read_micros(CLOCK_REALTIME) - read_micros(CLOCK_MONOTONIC)) {}

calendar::Instant SystemClock::now() const {
    return {offset_micros_ + monotonic_micros()};
}

std::int64_t monotonic_micros() {
    return read_micros(CLOCK_MONOTONIC);
}

calendar::Instant wall_clock() {
    return {read_micros(CLOCK_REALTIME)};
}

}  // namespace platform

#include "platform/passed_sockets.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace platform {
namespace {

constexpr int first_passed = 3;
constexpr int most_passed = 256;

/// -1: absent, or no number.
int number_in(const char* variable) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) return -1;
    const std::string_view view(text);
    int number = -1;
    const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
    return error == std::errc() && end == view.data() + view.size() ? number : -1;
}

}  // namespace

std::vector<int> take_passed_sockets() {
    const bool is_ours = number_in("LISTEN_PID") == ::getpid();
    const int count = number_in("LISTEN_FDS");
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(variable);
    std::vector<int> descriptors;
    if (!is_ours || count > most_passed) return descriptors;
    for (int i = 0; i < count; ++i) {
        ::fcntl(first_passed + i, F_SETFD, FD_CLOEXEC);
        descriptors.push_back(first_passed + i);
    }
    return descriptors;
}

}  // namespace platform

#include "platform/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace platform {

std::uint64_t descriptor_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::uint64_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    return descriptor_limit();
}

bool can_open_descriptor() {
    const int copy = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    const bool could = copy >= 0 || errno == EBADF;
    if (copy >= 0) ::close(copy);
    return could;
}

}  // namespace platform

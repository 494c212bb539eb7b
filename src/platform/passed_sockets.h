// Listening sockets that a supervisor opened before it started this process: the protocol of
// systemd's socket activation (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, descriptors from 3 on).
// They outlive the process, so connections queue in the kernel from one to the next.
#pragma once

#include <vector>

namespace platform {

/// The descriptors; none where nothing was passed to this very process. They are not passed on to
/// children, nor are the variables: call it once, before there are threads.
std::vector<int> take_passed_sockets();

}  // namespace platform

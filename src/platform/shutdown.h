// The wish to stop: SIGINT and SIGTERM become a flag and a descriptor that any number of threads
// can wait on. While it lives SIGPIPE is ignored: a peer that goes away is a result to look at.
#pragma once

#include "calendar/instant.h"

namespace platform {

/// One per process. A second signal ends the process at once, unless it comes so soon after the
/// first (`echo`) that it is the same wish told twice, by a terminal and by a script.
class Shutdown {
  public:
    explicit Shutdown(calendar::Duration echo = calendar::Duration::seconds(1));
    ~Shutdown();  // the earlier handlers come back
    Shutdown(const Shutdown&) = delete;
    Shutdown& operator=(const Shutdown&) = delete;

    bool requested() const;
    /// Readable from the request on and for ever: for poll and epoll (level-triggered). Nobody
    /// reads from it.
    int descriptor() const;
    /// True when requested, at the latest after `limit` otherwise false; false at once, too, when
    /// the descriptor `other` is readable.
    bool wait_for(calendar::Duration limit, int other = -1) const;
    /// As if a signal had come; any thread.
    void request();
};

}  // namespace platform

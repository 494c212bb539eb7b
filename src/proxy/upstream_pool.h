// The upstream connections of one loop: those at work, and the idle ones, latest first, because the
// latest is the likeliest to be alive.
#pragma once

#include <vector>

#include "proxy/roster.h"
#include "proxy/upstream_connection.h"

namespace proxy {

class UpstreamPool {
  public:
    explicit UpstreamPool(Services& services) : services_(services) {}

    /// An idle connection, or a new one that begins to connect.
    UpstreamConnection& take(Exchange& exchange);
    /// Never an idle one: for the repetition of what a stale one has swallowed.
    UpstreamConnection& take_new(Exchange& exchange);

    void give_back(UpstreamConnection& connection);
    void retire(UpstreamConnection& connection);
    void close_all();
    void bury() { connections_.bury(); }

  private:
    Services& services_;
    Roster<UpstreamConnection> connections_;
    std::vector<UpstreamConnection*> idle_;
};

}  // namespace proxy

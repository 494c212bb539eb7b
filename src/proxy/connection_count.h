// How many clients' connections there are, in all and of each address. Shared by the loops, and
// touched when a connection begins and ends, never on the path of a request.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace proxy {

/// What counts as one client: an address of IPv4, or a /64 of IPv6, which is what one customer of a
/// provider gets.
using ClientAddress = std::uint64_t;
ClientAddress client_address_of(const sockaddr_storage& peer);

class ConnectionCount {
  public:
    struct Limits {
        std::size_t connections;
        std::size_t per_address;  // 0: none
    };
    explicit ConnectionCount(Limits limits) : limit_(limits.connections), limits_(limits) {}

    /// Any thread. Several loops may see the last room at once: it is passed by as many at most.
    bool has_room() const;
    /// False: there are as many of this address as may be; nothing is counted.
    bool enter(ClientAddress address);
    void leave(ClientAddress address);
    /// For what comes from now on.
    void set_limits(Limits limits);

  private:
    std::atomic<std::size_t> count_{0};
    std::atomic<std::size_t> limit_;

    // Under mutex_.
    std::mutex mutex_;
    Limits limits_;
    std::unordered_map<ClientAddress, std::size_t> by_address_;
};

}  // namespace proxy

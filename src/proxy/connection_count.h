// How many clients' connections there are, in all and of each address. Shared by the loops, and
// touched when a connection begins and ends, never on the path of a request.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

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

    /// Of one connection that is counted, until the end of this.
    class Seat {
      public:
        Seat(ConnectionCount& count, ClientAddress address) : count_(&count), address_(address) {}
        Seat(Seat&& other) noexcept
            : count_(std::exchange(other.count_, nullptr)), address_(other.address_) {}
        Seat& operator=(Seat&&) = delete;
        ~Seat() {
            if (count_) count_->leave(address_);
        }

      private:
        ConnectionCount* count_;
        ClientAddress address_;
    };

    /// Any thread. Several loops may see the last room at once: it is passed by as many at most.
    bool has_room() const;
    /// Absent: there are as many of this address as may be.
    std::optional<Seat> enter(ClientAddress address);
    /// For what comes from now on.
    void set_limits(Limits limits);

  private:
    void leave(ClientAddress address);

    std::atomic<std::size_t> count_{0};
    std::atomic<std::size_t> limit_;

    // Under mutex_.
    std::mutex mutex_;
    Limits limits_;
    std::unordered_map<ClientAddress, std::size_t> by_address_;
};

}  // namespace proxy

#include "proxy/connection_count.h"

#include <netinet/in.h>

#include <cstring>

namespace proxy {

ClientAddress client_address_of(const sockaddr_storage& peer) {
    if (peer.ss_family == AF_INET) {
        sockaddr_in address;
        std::memcpy(&address, &peer, sizeof address);
        return ntohl(address.sin_addr.s_addr);
    }
    if (peer.ss_family != AF_INET6) return 0;
    sockaddr_in6 address;
    std::memcpy(&address, &peer, sizeof address);
    const unsigned char* const bytes = address.sin6_addr.s6_addr;
    // IPv4 through a socket of IPv6: the last four bytes are the address.
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&address.sin6_addr) != 0;
    ClientAddress number = 0;
    for (int i = is_mapped ? 12 : 0; i < (is_mapped ? 16 : 8); ++i) number = number << 8 | bytes[i];
    return number;
}

bool ConnectionCount::has_room() const {
    return count_.load(std::memory_order_relaxed) < limit_.load(std::memory_order_relaxed);
}

std::optional<ConnectionCount::Seat> ConnectionCount::enter(ClientAddress address) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = by_address_[address];
    if (limits_.per_address != 0 && count >= limits_.per_address) return {};
    ++count;
    count_.fetch_add(1, std::memory_order_relaxed);
    return std::optional<Seat>(std::in_place, *this, address);
}

void ConnectionCount::leave(ClientAddress address) {
    const std::lock_guard lock(mutex_);
    const auto found = by_address_.find(address);
    if (found == by_address_.end()) return;
    if (--found->second == 0) by_address_.erase(found);
    count_.fetch_sub(1, std::memory_order_relaxed);
}

void ConnectionCount::set_limits(Limits limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
    limit_.store(limits.connections, std::memory_order_relaxed);
}

}  // namespace proxy

#include "proxy/listener.h"

#include <Poco/Net/ServerSocket.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace proxy {
namespace {

constexpr int backlog = 1024;

Poco::Net::SocketAddress parse_address(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon + 1 == address.size()) {
        throw std::runtime_error("gateway.listen: '" + address + "' is not ADDRESS:PORT");
    }
    try {
        return Poco::Net::SocketAddress(address);
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("gateway.listen: '" + address + "': " + error.displayText());
    }
}

int copy_of(int descriptor) {
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw std::system_error(errno, std::generic_category(), "a listening socket");
    return copy;
}

int option_of(int descriptor, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool listens_for_tcp(int descriptor) {
    const int family = option_of(descriptor, SO_DOMAIN);
    return (family == AF_INET || family == AF_INET6) &&
           option_of(descriptor, SO_TYPE) == SOCK_STREAM &&
           option_of(descriptor, SO_ACCEPTCONN) == 1;
}

}  // namespace

Listener::Listener(int descriptor, Queue queue) : descriptor_(descriptor), queue_(queue) {
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

void Listener::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

std::uint16_t Listener::port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    // Both families have it at the same place.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

std::vector<Listener> listen_on(const std::string& text, std::size_t count) {
    Poco::Net::SocketAddress address = parse_address(text);
    std::vector<Listener> listeners;
    try {
        if (count > 1) {
            // A shared port would be shared with another gateway too: this one would not be told.
            Poco::Net::ServerSocket probe;
            probe.bind(address, true, false);
            address = probe.address();
        }
        for (std::size_t i = 0; i < count; ++i) {
            Poco::Net::ServerSocket socket;
            socket.bind(address, true, count > 1);
            socket.listen(backlog);
            address = socket.address();
            listeners.emplace_back(copy_of(socket.impl()->sockfd()), Listener::Queue::ends);
        }
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("gateway.listen: cannot listen on " + text + ": " +
                                 error.displayText());
    }
    return listeners;
}

std::vector<Listener> adopt_listeners(const std::vector<int>& descriptors, std::size_t count) {
    for (const int descriptor : descriptors) {
        if (listens_for_tcp(descriptor)) continue;
        throw std::runtime_error("LISTEN_FDS: descriptor " + std::to_string(descriptor) +
                                 " is no listening TCP socket");
    }
    std::vector<Listener> listeners;
    for (std::size_t i = 0; i < std::max(count, descriptors.size()); ++i) {
        listeners.emplace_back(copy_of(descriptors[i % descriptors.size()]), Listener::Queue::kept);
    }
    return listeners;
}

}  // namespace proxy

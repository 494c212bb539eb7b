// Listening sockets: bound here, or taken over from a supervisor that keeps them open from one
// process to the next. Accepting on them: acceptor.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace proxy {

class Listener {
  public:
    /// Kept: somebody else has it open too, and whoever connects is served by who comes after.
    enum class Queue { ends, kept };
    /// Owns the descriptor from now on, and makes it non-blocking.
    Listener(int descriptor, Queue queue);
    ~Listener() { close(); }
    Listener(Listener&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), queue_(other.queue_) {}
    Listener& operator=(Listener&&) = delete;

    int descriptor() const { return descriptor_; }
    Queue queue() const { return queue_; }
    std::uint16_t port() const;
    void close();

  private:
    int descriptor_;
    Queue queue_;
};

/// One listening socket per thread on the same address. Throws std::runtime_error naming it: it is
/// malformed, in use (also by another gateway of the same user), or not ours to bind.
std::vector<Listener> listen_on(const std::string& address, std::size_t count);

/// One per thread of sockets that were passed; the threads share them when they are fewer. Throws
/// std::runtime_error: one does not listen for TCP.
std::vector<Listener> adopt_listeners(const std::vector<int>& descriptors, std::size_t count);

}  // namespace proxy

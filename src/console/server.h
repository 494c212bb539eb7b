// The operator's HTTP server: /healthz, /readyz, /metrics, and a page at / that names them. Few
// threads, small limits; it is meant for a private address and asks for no credential.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "calendar/instant.h"
#include "console/readiness.h"
#include "platform/metrics.h"

namespace console {

struct Options {
    std::string listen = "127.0.0.1:8081";  // ADDRESS:PORT, [ADDRESS]:PORT; port 0: any free one
    int threads = 8;                        // so many connections are served at once
    int queue = 64;                         // and so many wait; beyond it they are closed
    calendar::Duration idle_limit = calendar::Duration::seconds(5);
};

class Server {
  public:
    /// `health` is asked on the server's threads, often: it answers from memory. Both references
    /// outlive the server.
    Server(Options options, std::function<Health()> health, const platform::Metrics& metrics);
    ~Server();  // stops

    /// Binds and serves. Throws std::runtime_error naming the address and what is wrong with it.
    void start();
    /// The port that is listened on, after start().
    std::uint16_t port() const;
    /// Ends all connections and threads. Idempotent.
    void stop();

  private:
    struct Parts;
    const Options options_;
    const std::function<Health()> health_;
    const platform::Metrics& metrics_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace console

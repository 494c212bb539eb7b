// Where the upstream is: its URL taken apart, and the addresses its name resolves to, kept fresh by
// a thread of their own, because a name server may take its time.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace proxy {

struct UpstreamUrl {
    bool tls = false;
    std::string host;  // without brackets
    std::uint16_t port = 0;
    std::string authority;  // for the Host field: with the port where it is not the scheme's
    std::string prefix;     // of every path; without a trailing slash
};

/// Throws std::runtime_error with what is wrong in it.
UpstreamUrl parse_upstream_url(std::string_view url);

/// Thread-safe.
class UpstreamAddress {
  public:
    explicit UpstreamAddress(const UpstreamUrl& url);
    ~UpstreamAddress();

    /// The next of the addresses, round robin; absent while the name is unknown.
    std::optional<Poco::Net::SocketAddress> next();
    /// Waits for the first resolution, at most `limit_micros`.
    void wait(std::int64_t limit_micros);
    /// Connecting failed: look the name up again soon.
    void refresh();

  private:
    void run();
    void resolve();

    const std::string host_;
    const std::uint16_t port_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Poco::Net::SocketAddress> addresses_;  // under mutex_
    std::size_t turn_ = 0;                             // under mutex_
    bool resolved_ = false;                            // under mutex_: tried at least once
    bool refresh_ = false;                             // under mutex_
    bool stopping_ = false;                            // under mutex_
    std::thread thread_;
};

}  // namespace proxy

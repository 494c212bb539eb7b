#include "proxy/upstream_address.h"

#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/URI.h>

#include <chrono>
#include <stdexcept>

#include "platform/log.h"

namespace proxy {
namespace {

constexpr auto refresh_interval = std::chrono::seconds(30);
constexpr auto least_interval = std::chrono::seconds(1);

}  // namespace

UpstreamUrl parse_upstream_url(std::string_view url) {
    const auto refuse = [&](const std::string& why) -> std::runtime_error {
        return std::runtime_error("upstream.url: '" + std::string(url) + "': " + why);
    };
    UpstreamUrl parts;
    try {
        const Poco::URI uri{std::string(url)};
        if (uri.getScheme() != "http" && uri.getScheme() != "https") {
            throw refuse("must begin with http:// or https://");
        }
        if (!uri.getUserInfo().empty() || !uri.getRawQuery().empty() ||
            !uri.getFragment().empty()) {
            throw refuse("must hold nothing but a host, a port and a path");
        }
        parts.tls = uri.getScheme() == "https";
        parts.host = uri.getHost();
        parts.port = uri.getPort();
        parts.prefix = uri.getPath();
    } catch (const Poco::Exception& error) {
        throw refuse(error.displayText());
    }
    if (parts.host.empty()) throw refuse("names no host");
    while (parts.prefix.ends_with('/')) parts.prefix.pop_back();
    const bool is_ipv6 = parts.host.find(':') != std::string::npos;
    if (is_ipv6) parts.authority += '[';
    parts.authority += parts.host;
    if (is_ipv6) parts.authority += ']';
    if (parts.port != (parts.tls ? 443 : 80)) {
        parts.authority += ':';
        parts.authority += std::to_string(parts.port);
    }
    return parts;
}

UpstreamAddress::UpstreamAddress(const UpstreamUrl& url) : host_(url.host), port_(url.port) {
    Poco::Net::IPAddress address;
    if (Poco::Net::IPAddress::tryParse(host_, address)) {
        addresses_.emplace_back(address, port_);
        resolved_ = true;
    } else {
        thread_ = std::thread([this] { run(); });
    }
}

UpstreamAddress::~UpstreamAddress() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::optional<Poco::Net::SocketAddress> UpstreamAddress::next() {
    const std::lock_guard lock(mutex_);
    if (addresses_.empty()) return {};
    return addresses_[turn_++ % addresses_.size()];
}

void UpstreamAddress::wait(std::int64_t limit_micros) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::microseconds(limit_micros), [this] { return resolved_; });
}

void UpstreamAddress::refresh() {
    const std::lock_guard lock(mutex_);
    refresh_ = true;
    changed_.notify_all();
}

void UpstreamAddress::run() {
    while (true) {
        resolve();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, least_interval, [this] { return stopping_; });
        changed_.wait_for(lock, refresh_interval, [this] { return stopping_ || refresh_; });
        refresh_ = false;
        if (stopping_) return;
    }
}

void UpstreamAddress::resolve() {
    std::vector<Poco::Net::SocketAddress> found;
    try {
        const Poco::Net::HostEntry entry = Poco::Net::DNS::resolve(host_);
        for (const auto& address : entry.addresses()) {
            const Poco::Net::SocketAddress candidate(address, port_);
            if (std::find(found.begin(), found.end(), candidate) == found.end()) {
                found.push_back(candidate);
            }
        }
    } catch (const Poco::Exception& error) {
        platform::log(platform::Severity::warning, "proxy", "the upstream's name is unknown",
                      {{"host", host_}, {"why", error.displayText()}});
    }
    // IPv4 first: where both are given, the other one is the likelier to lead nowhere.
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return a.family() == Poco::Net::SocketAddress::IPv4 &&
               b.family() != Poco::Net::SocketAddress::IPv4;
    });
    const std::lock_guard lock(mutex_);
    resolved_ = true;
    if (!found.empty()) addresses_ = std::move(found);
    changed_.notify_all();
}

}  // namespace proxy

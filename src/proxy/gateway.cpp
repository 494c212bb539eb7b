#include "proxy/gateway.h"

#include <algorithm>
#include <thread>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/descriptors.h"
#include "platform/log.h"
#include "proxy/worker.h"

namespace proxy {
namespace {

constexpr std::int64_t first_resolution_micros = 2'000'000;

std::unique_ptr<const TlsContext> make_tls(const UpstreamUrl& url, const Options& options) {
    if (!url.tls) return nullptr;
    return TlsContext::for_upstream(options.upstream_ca_file, options.upstream_certificate);
}

std::unique_ptr<ClientTls> make_client_tls(const Options& options) {
    if (options.certificates.empty()) return nullptr;
    return std::make_unique<ClientTls>(options.certificates);
}

Options checked(Options options) {
    // Each socket needs a thread that accepts on it.
    options.threads = std::max({options.threads, options.passed_sockets.size(), std::size_t{1}});
    if (options.keys == KeyMode::managed && options.upstream_key.empty()) {
        throw std::runtime_error("upstream.key: managed keys need the upstream's own");
    }
    return options;
}

/// For all but clients and their upstreams: journal, database, console, watcher, each loop's own.
constexpr std::uint64_t kept_descriptors = 64;
constexpr std::uint64_t kept_descriptors_per_thread = 8;

/// Each client in service may need an upstream connection: whoever is taken in can be served, so
/// accepting pauses before descriptors run out.
ConnectionCount::Limits count_limits(const Options& options, const Limits& limits) {
    const std::uint64_t all = platform::descriptor_limit();
    const std::uint64_t kept = kept_descriptors + kept_descriptors_per_thread * options.threads;
    if (all < kept + 2) {
        throw std::runtime_error("RLIMIT_NOFILE: " + std::to_string(all) +
                                 " open files are too few, at least " + std::to_string(kept + 2) +
                                 " are needed");
    }
    const std::uint64_t possible = (all - kept) / 2;
    if (possible < limits.connections) {
        platform::log(platform::Severity::warning, "proxy", "fewer connections than configured",
                      {{"why", "RLIMIT_NOFILE"}, {"open_files", all}, {"connections", possible}});
    }
    return {std::min<std::size_t>(limits.connections, possible), limits.connections_per_address};
}

}  // namespace

struct Gateway::Parts {
    Parts(Options given, journal::Journal* journal, const KeyDirectory& keys,
          TrafficObserver& observer, bytez::Catalogue& catalogue, const calendar::Clock& clock)
        : options(checked(std::move(given))),
          url(parse_upstream_url(options.upstream_url)),
          tls(make_tls(url, options)),
          client_tls(make_client_tls(options)),
          address(url),
          connections(count_limits(options, options.limits)),
          shared{.options = options,
                 .upstream_url = url,
                 .upstream_address = address,
                 .tls = tls.get(),
                 .client_tls = client_tls.get(),
                 .journal = journal,
                 .keys = keys,
                 .observer = observer,
                 .catalogue = catalogue,
                 .clock = clock,
                 .request_id_prefix = platform::random_text(10),
                 .connections = connections} {}

    const Options options;
    const UpstreamUrl url;
    const std::unique_ptr<const TlsContext> tls;
    const std::unique_ptr<ClientTls> client_tls;
    UpstreamAddress address;
    ConnectionCount connections;
    const Shared shared;
    std::uint16_t port = 0;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::thread> threads;
};

Gateway::Gateway(Options options, journal::Journal* journal, const KeyDirectory& keys,
                 TrafficObserver& observer, bytez::Catalogue& catalogue,
                 const calendar::Clock& clock)
    : parts_(
          std::make_unique<Parts>(std::move(options), journal, keys, observer, catalogue, clock)) {}

Gateway::~Gateway() {
    stop({});
}

void Gateway::start() {
    const Options& options = parts_->options;
    std::vector<Listener> listeners =
        options.passed_sockets.empty() ? listen_on(options.listen, options.threads)
                                       : adopt_listeners(options.passed_sockets, options.threads);
    parts_->port = listeners.front().port();
    parts_->address.wait(first_resolution_micros);
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        parts_->workers.push_back(
            std::make_unique<Worker>(parts_->shared, i, std::move(listeners[i])));
    }
    for (const auto& worker : parts_->workers) {
        parts_->threads.emplace_back([&worker = *worker] { worker.run(); });
    }
    platform::log(platform::Severity::info, "proxy", "listening",
                  {{"address", options.passed_sockets.empty() ? options.listen : "passed"},
                   {"port", std::int64_t{parts_->port}},
                   {"tls", parts_->client_tls ? "yes" : "no"},
                   {"upstream", parts_->url.authority + parts_->url.prefix}});
}

std::uint16_t Gateway::port() const {
    return parts_->port;
}

void Gateway::set_limits(const Limits& limits) {
    parts_->connections.set_limits(count_limits(parts_->options, limits));
    for (const auto& worker : parts_->workers) worker->set_limits(limits);
}

void Gateway::stop(calendar::Duration grace) {
    const std::int64_t deadline = platform::monotonic_micros() + grace.micros;
    for (const auto& worker : parts_->workers) worker->stop(deadline);
    for (std::thread& thread : parts_->threads) {
        if (thread.joinable()) thread.join();
    }
}

}  // namespace proxy

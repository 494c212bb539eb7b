#include "cli/service.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <variant>
#include <vector>

#include "bytez/catalogue.h"
#include "cli/bookkeeping.h"
#include "cli/report_writer.h"
#include "cli/signing_key.h"
#include "cli/traffic.h"
#include "console/server.h"
#include "journal/gateway_id.h"
#include "journal/reader.h"
#include "ledger/key_snapshot.h"
#include "lifecycle/fact_json.h"
#include "metering/plan.h"
#include "platform/crypto.h"
#include "platform/disk.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "platform/process_metrics.h"
#include "proxy/gateway.h"
#include "watcher/http_upstream.h"
#include "watcher/watcher.h"

namespace cli {
namespace {

using calendar::Duration;

std::string without_trailing_slashes(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

BookkeepingOptions bookkeeping_options(const Settings& settings) {
    std::ifstream file(settings.meter.plan);
    if (!file) throw BadSetting("meter.plan: " + settings.meter.plan + " cannot be read");
    BookkeepingOptions options;
    options.plan_document.assign(std::istreambuf_iterator<char>(file), {});
    const auto parsed = metering::parse_plan(options.plan_document);
    if (const auto* refused = std::get_if<metering::PlanRefused>(&parsed))
        throw BadSetting("meter.plan: " + settings.meter.plan + ": " + refused->why);
    const auto& plan = std::get<metering::Plan>(parsed);
    options.plan_name = plan.name;
    options.currency = std::string(plan.currency.code());
    options.gateway = lifecycle::GatewayId(journal::load_or_make_gateway_id(settings.data_dir));
    options.make_accounts = settings.gateway.keys == KeyMode::passthrough;
    return options;
}

journal::Options journal_options(const Settings& settings) {
    journal::Options options;
    options.directory = settings.data_dir + "/journal";
    options.backlog_limit_bytes = static_cast<std::uint64_t>(settings.journal.max_backlog_bytes);
    // What is released is whole segments: a small limit needs small ones.
    options.segment_bytes = std::min(options.segment_bytes, options.backlog_limit_bytes / 8);
    return options;
}

watcher::HttpOptions question_options(const Settings& settings) {
    watcher::HttpOptions options;
    options.url = settings.upstream.url;
    options.ca_file = settings.upstream.ca_file;
    options.certificate = settings.upstream.client_certificate;
    options.certificate_key = settings.upstream.client_key;
    options.connect_timeout = Duration::seconds(settings.upstream.connect_timeout_seconds);
    return options;
}

watcher::Options watcher_options(const Settings& settings) {
    watcher::Options options;
    options.pace.interval = Duration::seconds(settings.upstream.watch_interval_seconds);
    return options;
}

proxy::Limits gateway_limits(const Settings::Gateway& from) {
    const auto size = [](std::int64_t number) { return static_cast<std::size_t>(number); };
    proxy::Limits limits;
    limits.head_bytes = size(from.max_head_bytes);
    limits.fields = size(from.max_header_fields);
    limits.body_bytes = static_cast<std::uint64_t>(from.max_body_bytes);
    limits.connections = size(from.max_connections);
    limits.connections_per_address = size(from.max_connections_per_address);
    limits.in_flight = size(from.max_in_flight);
    limits.bytes_per_second = static_cast<std::uint64_t>(from.min_bytes_per_second);
    return limits;
}

proxy::Timeouts gateway_timeouts(const Settings& settings) {
    proxy::Timeouts timeouts;
    timeouts.connect = Duration::seconds(settings.upstream.connect_timeout_seconds);
    timeouts.answer = Duration::seconds(settings.upstream.answer_timeout_seconds);
    timeouts.idle = Duration::seconds(settings.upstream.answer_timeout_seconds);
    timeouts.upstream_keep_alive = Duration::seconds(settings.upstream.idle_timeout_seconds);
    timeouts.head = Duration::seconds(settings.gateway.head_timeout_seconds);
    timeouts.body = Duration::seconds(settings.gateway.body_timeout_seconds);
    timeouts.send = Duration::seconds(settings.gateway.send_timeout_seconds);
    timeouts.keep_alive = Duration::seconds(settings.gateway.keep_alive_seconds);
    return timeouts;
}

proxy::Options gateway_options(const Settings& settings, std::uint64_t boot,
                               const proxy::Ownership& ownership) {
    proxy::Options options;
    options.listen = settings.gateway.listen;
    options.threads = static_cast<std::size_t>(settings.gateway.threads);
    options.upstream_url = settings.upstream.url;
    options.upstream_ca_file = settings.upstream.ca_file;
    options.upstream_certificate = {settings.upstream.client_certificate,
                                    settings.upstream.client_key};
    options.upstream_key = settings.upstream.key;
    for (std::size_t i = 0; i < settings.gateway.tls.certificate.size(); ++i)
        options.certificates.push_back(
            {settings.gateway.tls.certificate[i], settings.gateway.tls.key.at(i)});
    options.forward_paths = settings.gateway.forward_paths;
    options.boot = boot;
    options.limits = gateway_limits(settings.gateway);
    options.timeouts = gateway_timeouts(settings);
    if (settings.gateway.keys == KeyMode::managed) {
        options.keys = proxy::KeyMode::managed;
        options.ownership = &ownership;
        options.isolation = settings.gateway.isolation == Isolation::refuse
                                ? proxy::Isolation::refuse
                                : proxy::Isolation::share;
    }
    return options;
}

proxy::Options with_sockets(proxy::Options options, const std::vector<int>& passed) {
    options.passed_sockets = passed;
    return options;
}

/// The GatewayStarted fact's sequence. A journal that is full takes it no more than anything else;
/// the gateway starts all the same, so that deletes pass.
std::uint64_t record_start(journal::Journal& journal, const Settings& settings,
                           const calendar::Clock& clock) {
    if (journal.state() != journal::State::writing) {
        platform::log(platform::Severity::error, "journal", "is full: only deletes will pass",
                      {{"backlog_bytes", journal.backlog_bytes()}});
        return journal.next_sequence();
    }
    const lifecycle::GatewayStarted started{
        TOLLGATE_VERSION, lifecycle::UpstreamId(without_trailing_slashes(settings.upstream.url))};
    return journal.append_and_wait(lifecycle::to_json({clock.now(), started}));
}

console::Health health_of(const journal::Journal& journal, const Bookkeeping& books) {
    console::Health health;
    switch (journal.state()) {
        case journal::State::writing:
            health.journal = console::JournalState::writing;
            break;
        case journal::State::full:
            health.journal = console::JournalState::full;
            break;
        case journal::State::failed:
            health.journal = console::JournalState::failed;
            break;
    }
    health.backlog_bytes = journal.backlog_bytes();
    health.database_reachable = books.is_well();
    return health;
}

std::string url_of(const std::string& scheme, const std::string& listen, std::uint16_t port) {
    return scheme + "://" + listen.substr(0, listen.rfind(':')) + ":" + std::to_string(port);
}

}  // namespace

/// In the order of construction; what is further down stands on what is above it.
struct Service::Parts {
    Parts(const Settings& settings_given, const calendar::Clock& clock,
          const std::vector<int>& passed_sockets)
        : settings(settings_given),
          journal(
              (platform::posix_disk().make_directories(settings.data_dir),
               journal::Journal::open(platform::posix_disk(), clock, journal_options(settings)))),
          reader(platform::posix_disk(), journal_options(settings).directory, *journal),
          source(*journal, reader),
          database(settings),
          books(database, bookkeeping_options(settings), get_signing_key(settings), source, clock),
          report_writer(database, settings, clock),
          keys(database.store_options(), settings.data_dir + "/keys.json"),
          directory(keys),
          ownership(keys),
          upstream(watcher::make_http_upstream(question_options(settings))),
          credentials(settings.data_dir + "/watch"),
          watcher(watcher_options(settings), clock, *journal, *upstream, catalogue, credentials,
                  platform::SealingKey::load_or_make(settings.data_dir + "/seal.key")),
          traffic(watcher),
          gateway(with_sockets(
                      gateway_options(settings, record_start(*journal, settings, clock), ownership),
                      passed_sockets),
                  journal.get(), directory, traffic, catalogue, clock),
          console(
              {settings.console.listen}, [this] { return health_of(*journal, books); },
              platform::metrics()) {}

    void show_metrics() {
        using Kind = platform::Metrics::Kind;
        auto& metrics = platform::metrics();
        readings.push_back(metrics.read_at_scrape(
            Kind::gauge, "tollgate_journal_backlog_bytes", "Journal not yet in the ledger.",
            [this] { return std::to_string(journal->backlog_bytes()); }));
        readings.push_back(metrics.read_at_scrape(
            Kind::gauge, "tollgate_watched_instances", "Instances the watcher asks about.",
            [this] { return std::to_string(watcher.watched()); }));
        readings.push_back(metrics.read_at_scrape(
            Kind::gauge, "tollgate_ledger_up", "1 while facts reach the ledger.",
            [this] { return std::string(books.is_well() ? "1" : "0"); }));
        readings.push_back(metrics.read_at_scrape(
            Kind::counter, "tollgate_gigabyte_seconds_total",
            "GB-seconds charged since the start; corrections downwards are not subtracted.",
            [this] { return money::to_text(books.gigabyte_seconds()); }));
        readings.push_back(platform::show_process_metrics(metrics, TOLLGATE_VERSION));
    }

    void start() {
        show_metrics();
        if (settings.gateway.keys == KeyMode::managed) keys.start();
        watcher.start();
        console.start();
        gateway.start();
    }

    void stop() {
        gateway.stop(Duration::seconds(settings.gateway.stop_seconds));
        watcher.stop();
        journal->close();
        report_writer.stop();
        books.stop();
        keys.stop();
        console.stop();
    }

    Settings settings;  // in force
    std::unique_ptr<journal::Journal> journal;
    journal::Reader reader;
    ledger::JournalSource source;
    Database database;
    Bookkeeping books;
    ReportWriter report_writer;
    ledger::KeySnapshot keys;
    SnapshotDirectory directory;
    SnapshotOwnership ownership;
    bytez::Catalogue catalogue;
    std::unique_ptr<watcher::Upstream> upstream;
    watcher::FileCredentialStore credentials;
    watcher::Watcher watcher;
    WatchedTraffic traffic;
    proxy::Gateway gateway;
    console::Server console;
    std::vector<std::shared_ptr<void>> readings;  // metrics; they go first
};

Service::Service(const Settings& settings, const calendar::Clock& clock,
                 const std::vector<int>& passed_sockets)
    : parts_(std::make_unique<Parts>(settings, clock, passed_sockets)) {
    try {
        parts_->start();
    } catch (...) {
        parts_->stop();
        throw;
    }
}

Service::~Service() {
    parts_->stop();
}

void Service::apply(const Settings& settings) {
    parts_->settings.gateway.stop_seconds = settings.gateway.stop_seconds;
    parts_->gateway.set_limits(gateway_limits(settings.gateway));
}

std::string Service::gateway_url() const {
    const Settings::Gateway& gateway = parts_->settings.gateway;
    return url_of(gateway.tls.certificate.empty() ? "http" : "https", gateway.listen,
                  parts_->gateway.port());
}

std::string Service::console_url() const {
    return url_of("http", parts_->settings.console.listen, parts_->console.port());
}

}  // namespace cli

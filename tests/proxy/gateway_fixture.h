// A whole gateway between a test's upstream and a test's clients, with a real journal in a
// directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bytez/catalogue.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "lifecycle/fact_json.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/disk.h"
#include "proxy/gateway.h"
#include "support/temporary_directory.h"
#include "support/test_upstream.h"

namespace proxy {

inline std::string fingerprint_of(std::string_view key) {
    const auto digest = platform::sha256(key);
    return platform::to_hex(std::span(digest).first<16>());
}

class SetOfKeys : public KeyDirectory {
  public:
    Verdict find(const lifecycle::KeyFingerprint& key) const override {
        if (!loaded) return Verdict::not_loaded;
        return known.contains(key.text()) ? Verdict::known : Verdict::unknown;
    }
    bool loaded = true;
    std::set<std::string> known;
};

/// Keeps what it is told, as text.
class KeepingObserver : public TrafficObserver {
  public:
    void on_load_intent(const lifecycle::LoadRequested& intent, const std::string& credential,
                        std::function<void(bool)> kept) override {
        keep("intent " + intent.model.text() + " " + credential);
        const std::lock_guard lock(mutex_);
        if (keeps_intents_) return kept(*keeps_intents_);
        waiting.push_back(std::move(kept));
    }
    void on_load_refused(const lifecycle::KeyFingerprint&,
                         const lifecycle::ModelName& model) override {
        keep("refused " + model.text());
    }
    void on_load(const lifecycle::LoadAnswered& load, const std::string& credential) override {
        keep("load " + load.model.text() + " " + credential);
    }
    void on_delete(const lifecycle::DeleteAnswered& deletion,
                   const std::string& credential) override {
        keep("delete " + deletion.model.text() + " " + credential);
    }
    void on_seen(const lifecycle::InstanceSeen& seen, const std::string& credential) override {
        keep("seen " + seen.model.text() + " " + credential);
    }
    std::vector<std::string> kept() const {
        const std::lock_guard lock(mutex_);
        return kept_;
    }

    /// Absent: they wait.
    void keep_intents(std::optional<bool> keeps) {
        const std::lock_guard lock(mutex_);
        keeps_intents_ = keeps;
    }
    std::vector<std::function<void(bool)>> take_waiting() {
        const std::lock_guard lock(mutex_);
        return std::exchange(waiting, {});
    }

  private:
    void keep(std::string text) {
        const std::lock_guard lock(mutex_);
        kept_.push_back(std::move(text));
    }
    mutable std::mutex mutex_;
    std::vector<std::string> kept_;
    std::optional<bool> keeps_intents_ = true;
    std::vector<std::function<void(bool)>> waiting;
};

/// Bounded, a few seconds.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

class GatewayFixture : public testing::Test {
  protected:
    // Tests stop with idle connections, and have nothing on its way on them.
    GatewayFixture() { options.timeouts.farewell = calendar::Duration::milliseconds(10); }
    void TearDown() override {
        stop();
        log.reset();
    }

    /// `options` as the test has set them, towards `port`.
    void start(int port) {
        if (options.upstream_url.empty()) {
            options.upstream_url = "http://127.0.0.1:" + std::to_string(port);
        }
        options.listen = "127.0.0.1:0";
        options.boot = 7;
        if (with_journal) {
            journal::Options journal_options;
            journal_options.directory = directory / "journal";
            journal_options.segment_bytes = 1u << 20;
            if (backlog_limit_bytes) journal_options.backlog_limit_bytes = *backlog_limit_bytes;
            journal_options.seal_interval = calendar::Duration::milliseconds(5);
            log = journal::Journal::open(*disk, clock, journal_options);
        }
        gateway = std::make_unique<Gateway>(options, log.get(), keys, observer, catalogue, clock);
        gateway->start();
    }
    void start(const support::TestUpstream& upstream) { start(upstream.port()); }

    void stop() {
        if (gateway) gateway->stop(calendar::Duration::seconds(2));
        if (log) log->close();
        gateway.reset();
    }

    std::unique_ptr<support::Peer> client() { return support::connect_to(gateway->port()); }

    support::ReadAnswer ask(const std::string& request) {
        const auto peer = client();
        peer->send(request);
        return support::read_answer(*peer, request.starts_with("HEAD"));
    }

    /// Everything sealed so far.
    std::vector<lifecycle::Fact> facts() {
        std::vector<lifecycle::Fact> all;
        journal::Reader reader(*disk, directory / "journal");
        std::uint64_t after = 0;
        while (log && after < log->sealed_through()) {
            const auto batch = reader.next(after);
            if (!batch) break;
            for (const auto& record : batch->records) {
                all.push_back(lifecycle::parse_fact(record.payload));
            }
            after = batch->last;
        }
        return all;
    }
    template <class Kind>
    std::vector<Kind> facts_of() {
        std::vector<Kind> found;
        for (const auto& fact : facts()) {
            if (const auto* body = std::get_if<Kind>(&fact.body)) found.push_back(*body);
        }
        return found;
    }
    /// The facts of one kind, once there are `count` of them.
    template <class Kind>
    std::vector<Kind> await(std::size_t count) {
        std::vector<Kind> found;
        EXPECT_TRUE(eventually([&] { return (found = facts_of<Kind>()).size() >= count; }))
            << found.size() << " instead of " << count;
        EXPECT_EQ(found.size(), count);
        found.resize(count);
        return found;
    }
    /// No fact at all, also after the gateway's end.
    void expect_no_facts() {
        stop();
        EXPECT_TRUE(facts().empty());
    }

    support::TemporaryDirectory directory;
    platform::SystemClock clock;
    platform::Disk* disk = &platform::posix_disk();
    SetOfKeys keys;
    KeepingObserver observer;
    bytez::Catalogue catalogue;
    Options options;
    bool with_journal = true;
    std::optional<std::uint64_t> backlog_limit_bytes;
    std::unique_ptr<journal::Journal> log;
    std::unique_ptr<Gateway> gateway;
};

inline std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: gateway\r\n" + fields + "\r\n";
}
inline std::string post(const std::string& target, const std::string& body,
                        const std::string& fields = "Authorization: Key alice\r\n") {
    return "POST " + target + " HTTP/1.1\r\nHost: gateway\r\n" + fields +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}
/// A body in these chunks.
inline std::string in_chunks(const std::vector<std::string>& pieces,
                             const std::string& trailer = "") {
    std::string out;
    for (const std::string& piece : pieces) {
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        out += size + piece + "\r\n";
    }
    return out + "0\r\n" + trailer + "\r\n";
}
inline std::string chunked(const std::string& target, const std::vector<std::string>& pieces,
                           const std::string& trailer = "") {
    return "POST " + target +
           " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Key alice\r\n"
           "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
           in_chunks(pieces, trailer);
}

}  // namespace proxy

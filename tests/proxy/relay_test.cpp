// The wire: what passes, passes as it came.
#include "proxy/gateway_fixture.h"

namespace proxy {
namespace {

using support::ok;
using support::Peer;
using support::SeenRequest;
using support::TestUpstream;

class Relay : public GatewayFixture {};

TestUpstream::Responder echo() {
    return [](const SeenRequest& request) { return ok(request.body); };
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 12345;
    for (char& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

TEST_F(Relay, PutsThePathPrefixOfTheUpstreamBeforeThePath) {
    TestUpstream upstream(echo());
    options.upstream_url = "http://127.0.0.1:" + std::to_string(upstream.port()) + "/api/v1/";
    start(upstream);
    EXPECT_EQ(ask(get("/model/list")).status, 200);
    EXPECT_TRUE(upstream.seen().at(0).head.starts_with("GET /api/v1/model/list HTTP/1.1\r\n"));
}

TEST_F(Relay, PassesBodiesOfEverySizeBothWays) {
    TestUpstream upstream(echo());
    start(upstream);
    const auto peer = client();
    for (const std::size_t size : {0u, 1u, 300u, 65536u, 1000000u, 10u << 20}) {
        const std::string body = pattern(size);
        std::thread sender([&] { peer->send(post("/x", body)); });
        const auto answer = support::read_answer(*peer);
        sender.join();
        ASSERT_EQ(answer.status, 200) << size;
        ASSERT_TRUE(answer.body == body) << size;
    }
    EXPECT_EQ(upstream.connections(), 1u) << "the upstream's connection is reused";
}

TEST_F(Relay, PassesChunkedBodiesRawWithExtensionsAndTrailersBothWays) {
    const std::string chunks =
        "5;a=b\r\nhello\r\n00A\r\n0123456789\r\n0;last\r\nx-sum: 1\r\nX-Other:\r\n\r\n";
    TestUpstream upstream([&](const SeenRequest& request) {
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + request.body;
    });
    start(upstream);
    const auto peer = client();
    for (int round = 0; round < 2; ++round) {
        peer->send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunks);
        const auto answer = support::read_answer(*peer);
        EXPECT_EQ(answer.body, chunks);
    }
    EXPECT_EQ(upstream.seen().at(1).body, chunks);
}

TEST_F(Relay, TakesRequestsAndAnswersByteByByte) {
    const auto upstream = TestUpstream::scripted([](Peer& peer, TestUpstream& self) {
        while (true) {
            auto request = TestUpstream::read_request(peer);
            if (request.head.empty()) return;
            self.see(request);
            for (const char c : std::string("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
                                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                            "3\r\nabc\r\n0\r\nT: 1\r\n\r\n")) {
                if (!peer.send({&c, 1})) return;
            }
        }
    });
    start(*upstream);
    const auto peer = client();
    for (int round = 0; round < 2; ++round) {
        for (const char c : post("/model/run", R"({"model":"m","prompt":"x"})")) {
            ASSERT_TRUE(peer->send({&c, 1}));
        }
        EXPECT_EQ(support::read_answer(*peer).body, "3\r\nabc\r\n0\r\nT: 1\r\n\r\n");
    }
    EXPECT_EQ(upstream->seen().at(1).body, R"({"model":"m","prompt":"x"})");
    await<lifecycle::RunEnded>(2);
}

TEST_F(Relay, DeliversAStreamsFirstChunkBeforeTheUpstreamSendsTheNext) {
    std::mutex mutex;
    std::condition_variable go;
    bool may_go = false;
    const auto upstream = TestUpstream::scripted([&](Peer& peer, TestUpstream&) {
        TestUpstream::read_request(peer);
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        std::unique_lock lock(mutex);
        go.wait_for(lock, std::chrono::seconds(5), [&] { return may_go; });
        peer.send("4\r\nlast\r\n0\r\n\r\n");
        (void)peer.receive();
    });
    start(*upstream);
    const auto peer = client();
    peer->send(post("/model/run", R"({"model":"m","stream":true})"));
    peer->read_until("\r\n\r\n");
    EXPECT_EQ(peer->read_until("first\r\n"), "5\r\nfirst\r\n") << "with its closing CRLF";
    {
        const std::lock_guard lock(mutex);
        may_go = true;
    }
    go.notify_all();
    EXPECT_EQ(peer->read_until("0\r\n\r\n"), "4\r\nlast\r\n0\r\n\r\n");
}

TEST_F(Relay, ForwardsARunsBodyBeforeItsEnd) {
    const auto upstream = TestUpstream::scripted([&](Peer& peer, TestUpstream& self) {
        SeenRequest request;
        request.head = peer.read_until("\r\n\r\n");
        request.body = peer.read_until("half");
        self.see(request);
        request.body += peer.read_until("}");
        self.see(request);
        peer.send(ok("x"));
        (void)peer.receive();
    });
    start(*upstream);
    const auto peer = client();
    const std::string body = R"({"model":"m","prompt":"first half, second"})";
    const std::string request = post("/model/run", body);
    const std::size_t cut = request.find(", second");
    peer->send(request.substr(0, cut));
    ASSERT_TRUE(upstream->wait_for(1)) << "before the client sent the rest";
    peer->send(request.substr(cut));
    EXPECT_EQ(support::read_answer(*peer).body, "x");
    EXPECT_EQ(upstream->seen().at(1).body, body);
}

std::size_t resident_bytes() {
    std::FILE* const file = std::fopen("/proc/self/statm", "r");
    unsigned long size = 0, resident = 0;
    const int fields = std::fscanf(file, "%lu %lu", &size, &resident);
    std::fclose(file);
    return fields == 2 ? resident * 4096 : 0;
}

TEST_F(Relay, HoldsNextToNothingOfABodyOf64MiB) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the sanitizer keeps what is freed";
#endif
    constexpr std::size_t size = 64u << 20;
    // Both ends work in small pieces, so that what grows is the gateway.
    const auto upstream = TestUpstream::scripted([](Peer& peer, TestUpstream& self) {
        SeenRequest request;
        request.head = peer.read_until("\r\n\r\n");
        std::size_t left = std::stoul(support::field_of(request.head, "content-length"));
        while (left > peer.buffered.size()) {
            left -= peer.buffered.size();
            peer.buffered.clear();
            if (!peer.receive()) return;
        }
        self.see(request);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        const std::string piece(65536, 'y');
        for (std::size_t sent = 0; sent < size; sent += piece.size()) {
            if (!peer.send(piece)) return;
        }
        (void)peer.receive();
    });
    start(*upstream);
    const auto peer = client();
    const std::size_t before = resident_bytes();
    std::size_t most = before;
    const std::string head = R"({"model":"m","prompt":")";
    const std::string tail = "\"}";
    peer->send("POST /model/run HTTP/1.1\r\nHost: a\r\nAuthorization: Key a\r\nContent-Length: " +
               std::to_string(size) + "\r\n\r\n" + head);
    const std::string piece(65536, 'x');
    for (std::size_t left = size - head.size() - tail.size(); left > 0;) {
        const std::size_t count = std::min(left, piece.size());
        ASSERT_TRUE(peer->send(std::string_view(piece).substr(0, count)));
        left -= count;
        most = std::max(most, resident_bytes());
    }
    peer->send(tail);
    ASSERT_TRUE(upstream->wait_for(1));
    // A client that does not read: the gateway must not read ahead for it.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    most = std::max(most, resident_bytes());
    peer->read_until("\r\n\r\n");
    std::size_t received = peer->buffered.size();
    while (received < size) {
        peer->buffered.clear();
        ASSERT_TRUE(peer->receive());
        received += peer->buffered.size();
        most = std::max(most, resident_bytes());
    }
    EXPECT_EQ(received, size);
    EXPECT_LT(most - before, 8u << 20);
    const auto ends = await<lifecycle::RunEnded>(1);
    EXPECT_EQ(ends[0].request_bytes, size);
    EXPECT_EQ(ends[0].response_bytes, size);
}

TEST_F(Relay, ServesManyClientsAtOnceOnTwoThreads) {
    TestUpstream upstream(echo());
    options.threads = 2;
    start(upstream);
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            const auto peer = client();
            for (int i = 0; i < 50; ++i) {
                const std::string body =
                    R"({"model":"m","prompt":")" + std::to_string(t * 1000 + i) + "\"}";
                peer->send(post("/model/run", body));
                if (support::read_answer(*peer).body == body) ++good;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 400);
    await<lifecycle::RunArrived>(400);
    const auto ends = await<lifecycle::RunEnded>(400);
    std::set<std::uint64_t> numbers;
    for (const auto& end : ends) numbers.insert(end.call.number);
    EXPECT_EQ(numbers.size(), 400u) << "calls of both threads are told apart";
}

}  // namespace
}  // namespace proxy

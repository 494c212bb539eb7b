// Clients that want too much: too many connections or requests, or to hold one for ever by sending
// or taking next to nothing. Each gets a clear end, and the others are served.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/connection_count.h"
#include "proxy/wire_fixture.h"

namespace proxy {
namespace {

using calendar::Duration;
using support::ok;
using support::Peer;
using support::SeenRequest;
using support::TestUpstream;

class LimitsOfAGateway : public WireFixture {
  protected:
    LimitsOfAGateway() { with_journal = false; }

    /// Answers that come when `go` is set.
    void start_waiting() {
        upstream = support::TestUpstream::scripted([this](Peer& peer, TestUpstream& self) {
            while (true) {
                const auto request = TestUpstream::read_request(peer);
                if (request.head.empty()) return;
                self.see(request);
                eventually([&] { return go.load(); });
                peer.send(fine);
            }
        });
        start(*upstream);
    }
    std::atomic<bool> go = false;
};

/// A client that says where it comes from, and takes little at once.
std::unique_ptr<Peer> connect_from(const char* address, int port, int receive_bytes = 0) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes != 0) {
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    }
    sockaddr_in end{};
    end.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &end.sin_addr);
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&end), sizeof end), 0);
    ::inet_pton(AF_INET, "127.0.0.1", &end.sin_addr);
    end.sin_port = htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&end), sizeof end), 0);
    const timeval limit{5, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return std::make_unique<Peer>(descriptor);
}

TEST_F(LimitsOfAGateway, EachAddressHasItsShareOfTheConnections) {
    options.limits.connections_per_address = 2;
    start_answering(fine);
    auto first = client();
    const auto second = client();
    for (Peer* peer : {first.get(), second.get()}) {
        peer->send(get("/x"));
        EXPECT_EQ(support::read_answer(*peer).status, 200);
    }
    const auto third = client();
    const auto answer = support::read_answer(*third);
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.field("tollgate-error"), "too-many-connections");
    EXPECT_EQ(answer.field("connection"), "close");
    EXPECT_TRUE(third->is_closed_by_peer());
    const auto other = connect_from("127.0.0.2", gateway->port());
    other->send(get("/x"));
    EXPECT_EQ(support::read_answer(*other).status, 200) << "another address";
    first.reset();
    EXPECT_TRUE(eventually([&] { return ask(get("/x")).status == 200; })) << "one has left";
}

TEST(ConnectionCount, IsOfThoseThatHoldASeat) {
    ConnectionCount count({.connections = 2, .per_address = 1});
    auto seat = count.enter(7);
    ASSERT_TRUE(seat);
    EXPECT_FALSE(count.enter(7)) << "as many of this address as may be";
    EXPECT_TRUE(count.has_room());
    {
        const ConnectionCount::Seat moved = std::move(*seat);
        const auto other = count.enter(8);
        EXPECT_FALSE(count.has_room());
    }
    EXPECT_TRUE(count.has_room());
    EXPECT_TRUE(count.enter(7));
    seat.reset();
    EXPECT_TRUE(count.enter(7)) << "one that was moved from leaves nothing";
}

TEST_F(LimitsOfAGateway, BeyondAllConnectionsNewOnesWaitUntilOthersLeave) {
    options.limits.connections = 2;
    options.threads = 2;
    start_answering(fine);
    auto first = client();
    auto second = client();
    for (Peer* peer : {first.get(), second.get()}) {
        peer->send(get("/x"));
        ASSERT_EQ(support::read_answer(*peer).status, 200);
    }
    const auto third = client();
    third->send(get("/late"));
    first->send(get("/x"));
    EXPECT_EQ(support::read_answer(*first).status, 200) << "those in service go on";
    for (const SeenRequest& request : upstream->seen()) {
        EXPECT_EQ(request.head.find("/late"), std::string::npos);
    }
    second.reset();
    EXPECT_EQ(support::read_answer(*third).status, 200);
}

TEST_F(LimitsOfAGateway, RequestsInFlightAreBoundedButDeletesPass) {
    options.limits.in_flight = 2;
    start_waiting();
    const auto one = client(), two = client(), three = client();
    one->send(get("/x"));
    two->send(get("/x"));
    ASSERT_TRUE(upstream->wait_for(2));
    for (const std::string& request : {get("/x"), post("/model/run", R"({"model":"m"})"),
                                       post("/model/load", R"({"model":"m"})")}) {
        three->send(request);
        const auto answer = support::read_answer(*three);
        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.field("tollgate-error"), "too-busy");
        EXPECT_EQ(answer.field("retry-after"), "1");
    }
    three->send(post("/model/delete", R"({"model":"m"})"));
    ASSERT_TRUE(upstream->wait_for(3)) << "one must be able to stop paying";
    go = true;
    for (Peer* peer : {one.get(), two.get(), three.get()}) {
        EXPECT_EQ(support::read_answer(*peer).status, 200);
    }
    for (int i = 0; i < 5; ++i) {
        three->send(get("/x"));
        EXPECT_EQ(support::read_answer(*three).status, 200) << "served again";
    }
}

TEST_F(LimitsOfAGateway, MayChangeWhileItServes) {
    options.threads = 2;
    start_answering(fine);
    const auto peer = client();
    const auto ask_with_field = [&](std::size_t bytes) {
        peer->send(get("/x", "A: " + std::string(bytes, 'a') + "\r\n"));
        return support::read_answer(*peer).status;
    };
    EXPECT_EQ(ask_with_field(2000), 200);
    Limits limits = options.limits;
    limits.head_bytes = 1000;
    limits.connections_per_address = 1;
    gateway->set_limits(limits);
    EXPECT_TRUE(eventually([&] { return support::read_answer(*client()).status == 429; }));
    EXPECT_TRUE(eventually([&] { return ask_with_field(2000) != 200; })) << "431, and the end";
    gateway->set_limits(options.limits);
    EXPECT_TRUE(eventually([&] { return ask(get("/x")).status == 200; }));
}

TEST_F(LimitsOfAGateway, ThoseWhoLeaveAreInFlightNoMore) {
    options.limits.in_flight = 1;
    start_waiting();
    for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t before = upstream->seen().size();
        go = false;
        auto peer = client();
        peer->send(get("/x"));
        ASSERT_TRUE(upstream->wait_for(before + 1));
        peer->reset();
        go = true;
        EXPECT_TRUE(eventually([&] { return ask(get("/x")).status == 200; })) << i;
    }
}

/// Slowloris: a byte now and then, each in good time.
TEST_F(LimitsOfAGateway, ABodyThatTricklesIsATimeout) {
    options.timeouts.body = Duration::milliseconds(100);
    options.limits.bytes_per_second = 1000;
    start_answering(fine);
    const auto peer = client();
    peer->send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    std::atomic<bool> answered = false;
    std::thread trickle([&] { eventually([&] { return answered.load() || !peer->send("x"); }); });
    const auto answer = support::read_answer(*peer);
    answered = true;
    trickle.join();
    EXPECT_EQ(answer.field("tollgate-error"), "body-timeout");
}

TEST_F(LimitsOfAGateway, AHeadThatTricklesIsATimeout) {
    options.timeouts.head = Duration::milliseconds(100);
    start_answering(fine);
    const auto peer = client();
    peer->send("GET /x HTTP/1.1\r\nA: ");
    std::atomic<bool> answered = false;
    std::thread trickle([&] { eventually([&] { return answered.load() || !peer->send("x"); }); });
    const auto answer = support::read_answer(*peer);
    answered = true;
    trickle.join();
    EXPECT_EQ(answer.field("tollgate-error"), "head-timeout");
}

TEST_F(LimitsOfAGateway, ABodyThatGoesOnFastEnoughMayLast) {
    options.timeouts.body = Duration::milliseconds(50);
    options.limits.bytes_per_second = 200;  // 10 bytes a window
    start_answering(fine);
    const auto peer = client();
    peer->send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n");
    const std::int64_t begin = platform::monotonic_micros();
    for (int sent = 0; sent < 20000; sent += 100) {
        peer->send(std::string(100, 'x'));
        // The pace is the test's subject: 100 bytes a millisecond and a half, over six windows.
        std::this_thread::sleep_for(std::chrono::microseconds(1500));
    }
    EXPECT_EQ(support::read_answer(*peer).status, 200);
    EXPECT_GT(platform::monotonic_micros() - begin, 200'000);
}

class SlowReading : public LimitsOfAGateway {
  protected:
    static constexpr std::size_t answer_bytes = 12u << 20;

    void start_sending() {
        options.timeouts.send = Duration::milliseconds(100);
        upstream = TestUpstream::scripted([this](Peer& peer, TestUpstream& self) {
            self.see(TestUpstream::read_request(peer));
            const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: ";
            peer.send(head + std::to_string(answer_bytes) + "\r\n\r\n");
            // More than the kernel keeps for them, so that a client that stands still is felt.
            peer.send(std::string(answer_bytes, 'x'));
            peer.receive();
            cut = true;
        });
        start(*upstream);
    }
    std::atomic<bool> cut = false;
};

TEST_F(SlowReading, IsEndedWhenAnAnswerIsNotTaken) {
    start_sending();
    const auto peer = connect_from("127.0.0.1", gateway->port(), 4096);
    peer->send(get("/x"));
    EXPECT_TRUE(eventually([&] { return cut.load(); }));
}

TEST_F(SlowReading, IsEndedWhenAnAnswerIsTakenInDrops) {
    options.limits.bytes_per_second = 5'000'000;
    start_sending();
    const auto peer = connect_from("127.0.0.1", gateway->port(), 4096);
    peer->send(get("/x"));
    EXPECT_TRUE(eventually([&] {
        if (cut) return true;
        peer->receive();
        peer->buffered.clear();
        return false;
    }));
}

TEST_F(SlowReading, MayLastAtTheLeastPace) {
    options.limits.bytes_per_second = 20'000;
    start_sending();
    const auto peer = connect_from("127.0.0.1", gateway->port(), 1 << 18);
    peer->send(get("/x"));
    const std::int64_t begin = platform::monotonic_micros();
    peer->read_until("\r\n\r\n");
    std::size_t taken = 0;
    while (taken < answer_bytes) {
        const std::size_t count = peer->read_exactly(65536).size();
        ASSERT_NE(count, 0u) << taken;
        taken += count;
        // The pace is the test's subject.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_GT(platform::monotonic_micros() - begin, 300'000) << "several windows";
}

}  // namespace
}  // namespace proxy

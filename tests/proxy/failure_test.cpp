// Upstreams and clients that misbehave: the right error, and the gateway goes on.
#include <fstream>

#include "proxy/gateway_fixture.h"
#include "proxy/listener.h"

namespace proxy {
namespace {

using support::ok;
using support::Peer;
using support::SeenRequest;
using support::TestCertificate;
using support::TestUpstream;

class Failure : public GatewayFixture {};

/// As the kernel knows it: asking by connecting would leave a client behind.
bool is_listening(int port) {
    std::ifstream table("/proc/net/tcp");
    char wanted[16];
    std::snprintf(wanted, sizeof wanted, ":%04X 00000000", static_cast<unsigned>(port));
    for (std::string line; std::getline(table, line);) {
        if (line.find(wanted) != line.npos) return true;
    }
    return false;
}

TestUpstream::Responder fine() {
    return [](const SeenRequest&) { return ok("fine"); };
}

TEST_F(Failure, SaysThatTheUpstreamIsUnreachableAndRecoversWithIt) {
    int port = 0;
    { port = TestUpstream(fine()).port(); }
    start(port);
    const auto answer = ask(get("/x"));
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.field("tollgate-error"), "upstream-unreachable");
}

TEST_F(Failure, SaysThatAnUnknownNameIsUnreachable) {
    options.upstream_url = "http://no-such-host.invalid:1234";
    start(1234);
    EXPECT_EQ(ask(get("/x")).field("tollgate-error"), "upstream-unreachable");
}

TEST_F(Failure, TimesOutOnAnUpstreamThatDoesNotAnswer) {
    const auto upstream = TestUpstream::scripted([](Peer& peer, TestUpstream&) {
        while (peer.receive()) {
        }
    });
    options.timeouts.answer = calendar::Duration::milliseconds(50);
    start(*upstream);
    const auto answer = ask(post("/model/run", R"({"model":"m"})"));
    EXPECT_EQ(answer.status, 504);
    EXPECT_EQ(answer.field("tollgate-error"), "upstream-timeout");
    EXPECT_EQ(await<lifecycle::RunEnded>(1)[0].status, 0);
}

TEST_F(Failure, CutsAnAnswerThatStalls) {
    const auto upstream = TestUpstream::scripted([](Peer& peer, TestUpstream&) {
        TestUpstream::read_request(peer);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        (void)peer.receive();
    });
    options.timeouts.idle = calendar::Duration::milliseconds(50);
    start(*upstream);
    const auto peer = client();
    peer->send(get("/x"));
    peer->read_until("\r\n\r\n");
    EXPECT_EQ(peer->read_to_end(), "abc");
}

TEST_F(Failure, TakesANewConnectionWhenIdleOnesWereClosed) {
    TestUpstream upstream([](const SeenRequest& request) {
        return request.head.starts_with("GET /close")
                   ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                   : ok("fine");
    });
    start(upstream);
    const auto peer = client();
    for (int i = 0; i < 5; ++i) {
        peer->send(get("/close"));
        EXPECT_EQ(support::read_answer(*peer).status, 200);
        peer->send(post("/model/run", R"({"model":"m"})"));
        EXPECT_EQ(support::read_answer(*peer).status, 200);
    }
}

TEST_F(Failure, ClosesSlowRequestsAndIdleConnections) {
    TestUpstream upstream(fine());
    options.timeouts.head = calendar::Duration::milliseconds(60);
    options.timeouts.body = calendar::Duration::milliseconds(60);
    options.timeouts.keep_alive = calendar::Duration::milliseconds(60);
    start(upstream);
    auto peer = client();
    EXPECT_TRUE(peer->is_closed_by_peer()) << "idle";
    peer = client();
    peer->send("GET /x HTTP/1.1\r\nHost:");
    EXPECT_EQ(support::read_answer(*peer).field("tollgate-error"), "head-timeout");
    EXPECT_TRUE(peer->is_closed_by_peer());
    peer = client();
    peer->send(
        "POST /model/run HTTP/1.1\r\nHost: a\r\nAuthorization: Key a\r\n"
        "Content-Length: 90\r\n\r\n{\"model\":\"m\",");
    EXPECT_EQ(support::read_answer(*peer).field("tollgate-error"), "body-timeout");
    EXPECT_FALSE(lifecycle::is_accepted_run(await<lifecycle::RunEnded>(1)[0].status));
}

TEST_F(Failure, SpeaksTlsWithAnUpstreamItCanVerify) {
    const TestCertificate certificate(directory.path(), "localhost");
    const auto upstream = TestUpstream::with_tls(
        certificate, [](const SeenRequest& request) { return ok(request.body); });
    options.upstream_url = "https://localhost:" + std::to_string(upstream->port());
    options.upstream_ca_file = certificate.certificate_file;
    start(*upstream);
    const auto peer = client();
    for (const std::size_t size : {10u, 3000000u}) {
        const std::string body(size, 'b');
        std::thread sender([&] { peer->send(post("/x", body)); });
        const auto answer = support::read_answer(*peer);
        sender.join();
        EXPECT_TRUE(answer.body == body);
    }
    EXPECT_EQ(upstream->connections(), 1u);
    EXPECT_EQ(support::field_of(upstream->seen().at(0).head, "host"),
              "localhost:" + std::to_string(upstream->port()));
}

TEST_F(Failure, VerifiesAddressesToo) {
    const TestCertificate certificate(directory.path(), "127.0.0.1");
    const auto upstream = TestUpstream::with_tls(certificate, fine());
    options.upstream_url = "https://127.0.0.1:" + std::to_string(upstream->port());
    options.upstream_ca_file = certificate.certificate_file;
    start(*upstream);
    EXPECT_EQ(ask(get("/x")).body, "fine");
}

TEST_F(Failure, RefusesAnUpstreamWhoseCertificateIsForAnotherName) {
    const TestCertificate certificate(directory.path(), "elsewhere.example");
    const auto upstream = TestUpstream::with_tls(certificate, fine());
    options.upstream_url = "https://localhost:" + std::to_string(upstream->port());
    options.upstream_ca_file = certificate.certificate_file;
    start(*upstream);
    EXPECT_EQ(ask(get("/x")).field("tollgate-error"), "upstream-unreachable");
    EXPECT_TRUE(upstream->seen().empty());
}

TEST_F(Failure, RefusesAnUpstreamWhoseAuthorityIsUnknown) {
    const TestCertificate certificate(directory.path(), "localhost");
    const auto upstream = TestUpstream::with_tls(certificate, fine());
    options.upstream_url = "https://localhost:" + std::to_string(upstream->port());
    start(*upstream);
    EXPECT_EQ(ask(get("/x")).field("tollgate-error"), "upstream-unreachable");
    EXPECT_TRUE(upstream->seen().empty());
}

TEST_F(Failure, SaysWhichAddressIsInUse) {
    TestUpstream upstream(fine());
    for (const std::size_t threads : {1u, 2u}) {
        options.listen = "127.0.0.1:" + std::to_string(upstream.port());
        options.threads = threads;
        options.upstream_url = "http://127.0.0.1:1";
        Gateway other(options, nullptr, keys, observer, catalogue, clock);
        try {
            other.start();
            ADD_FAILURE() << "started";
        } catch (const std::runtime_error& error) {
            EXPECT_THAT(error.what(), testing::HasSubstr(options.listen));
        }
    }
}

TEST_F(Failure, RefusesOptionsThatMakeNoSense) {
    for (const char* url :
         {"", "localhost:1", "ftp://a", "http://", "http://a:1?x", "http://u@a"}) {
        options.upstream_url = url;
        EXPECT_THROW(Gateway(options, nullptr, keys, observer, catalogue, clock),
                     std::runtime_error)
            << url;
    }
    options.upstream_url = "https://a";
    options.upstream_ca_file = "/no/such/file";
    EXPECT_THROW(Gateway(options, nullptr, keys, observer, catalogue, clock), std::runtime_error);
}

TEST_F(Failure, FinishesWhatIsInFlightWhenStopped) {
    std::atomic<bool> go = false;
    TestUpstream upstream([&](const SeenRequest&) {
        eventually([&] { return go.load(); });
        return ok("finished");
    });
    start(upstream);
    const auto busy = client();
    const auto idle = client();
    busy->send(post("/model/run", R"({"model":"m"})"));
    ASSERT_TRUE(upstream.wait_for(1));
    std::thread stopper([&] { gateway->stop(calendar::Duration::seconds(4)); });
    EXPECT_TRUE(idle->is_closed_by_peer());
    go = true;
    const auto answer = support::read_answer(*busy);
    EXPECT_EQ(answer.body, "finished");
    EXPECT_EQ(answer.field("connection"), "close");
    busy->close();
    stopper.join();
    stop();
    EXPECT_EQ(facts_of<lifecycle::RunEnded>().size(), 1u);
}

/// A balancer may have sent a request on an idle connection when the stop begins.
TEST_F(Failure, AnswersWhatIsOnItsWayOnAnIdleConnectionWhenStopped) {
    TestUpstream upstream(fine());
    options.timeouts.farewell = calendar::Duration::seconds(3);
    start(upstream);
    const auto idle = client();
    const auto other = client();
    idle->send(get("/x"));
    EXPECT_EQ(support::read_answer(*idle).status, 200);
    std::thread stopper([&] { gateway->stop(calendar::Duration::seconds(4)); });
    EXPECT_TRUE(eventually([&] { return !is_listening(gateway->port()); }));
    idle->send(get("/x"));
    const auto answer = support::read_answer(*idle);
    EXPECT_EQ(answer.body, "fine");
    EXPECT_EQ(answer.field("connection"), "close");
    other->send("POST /model//load HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(support::read_answer(*other).field("connection"), "close") << "an own answer";
    EXPECT_TRUE(idle->is_closed_by_peer());
    EXPECT_TRUE(other->is_closed_by_peer());
    stopper.join();
}

/// As a supervisor has it: the socket outlives the gateway, and who connects meanwhile is served by
/// the next one.
TEST_F(Failure, HandsThePassedSocketOnWithWhoConnectedToIt) {
    TestUpstream upstream(fine());
    options.upstream_url = "http://127.0.0.1:" + std::to_string(upstream.port());
    for (const std::size_t threads : {1u, 2u}) {
        auto kept = listen_on("127.0.0.1:0", 1);
        options.threads = threads;
        options.passed_sockets = {kept[0].descriptor()};
        const auto serve = [&] {
            auto one =
                std::make_unique<Gateway>(options, nullptr, keys, observer, catalogue, clock);
            one->start();
            EXPECT_EQ(one->port(), kept[0].port());
            return one;
        };
        auto first = serve();
        const auto before = support::connect_to(kept[0].port());
        before->send(get("/x"));
        EXPECT_EQ(support::read_answer(*before).status, 200);
        before->close();
        first->stop(calendar::Duration::seconds(2));
        first.reset();
        const auto between = support::connect_to(kept[0].port());
        between->send(get("/x"));
        const auto second = serve();
        EXPECT_EQ(support::read_answer(*between).status, 200);
    }
}

TEST_F(Failure, RefusesAPassedDescriptorThatIsNoListeningSocket) {
    options.upstream_url = "http://127.0.0.1:1";
    for (const int descriptor : {0, 1000}) {
        options.passed_sockets = {descriptor};
        Gateway other(options, nullptr, keys, observer, catalogue, clock);
        EXPECT_THROW(other.start(), std::runtime_error) << descriptor;
    }
}

TEST_F(Failure, GivesUpWhatIsInFlightAfterTheGrace) {
    TestUpstream upstream([&](const SeenRequest&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        return ok("late");
    });
    start(upstream);
    const auto peer = client();
    peer->send(post("/model/run", R"({"model":"m"})"));
    ASSERT_TRUE(upstream.wait_for(1));
    gateway->stop(calendar::Duration::milliseconds(20));
    EXPECT_TRUE(peer->is_closed_by_peer());
    EXPECT_TRUE(await<lifecycle::RunEnded>(1)[0].disconnected);
}

TEST_F(Failure, SurvivesClientsThatLeaveAtAnyPoint) {
    TestUpstream upstream([](const SeenRequest&) {
        return "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + std::string(300000, 'x');
    });
    start(upstream);
    const std::string request = post("/model/run", R"({"model":"m","prompt":"p"})");
    for (std::size_t cut = 0; cut <= request.size(); cut += 7) {
        auto peer = client();
        peer->send(request.substr(0, cut));
        cut % 2 ? peer->reset() : peer->close();
    }
    for (int i = 0; i < 20; ++i) {
        auto peer = client();
        peer->send(request);
        peer->read_until("\r\n\r\n");
        i % 2 ? peer->reset() : peer->close();
    }
    const auto answer = ask(request);
    EXPECT_EQ(answer.body.size(), 300000u);
}

}  // namespace
}  // namespace proxy

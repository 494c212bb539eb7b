// RFC 9112, 9, and RFC 9110, 7, 9, 10 and 15, rule by rule: which connections live on, which end,
// and that an answer is nobody's but who asked.
#include "proxy/wire_fixture.h"

namespace proxy {
namespace {

using support::ok;
using support::Peer;
using support::SeenRequest;
using support::TestUpstream;

class Connections : public WireFixture {
  protected:
    Connections() { with_journal = false; }
};

enum class Client { stays, ends };
enum class Upstream { serves_on, ends };

struct Answered {
    const char* rule;
    std::string request;
    std::string answer;    // the upstream's
    std::string received;  // the client's
    Client client = Client::stays;
    Upstream upstream = Upstream::serves_on;
    Then then = Then::stay;
};

const std::string ask_x = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string head_x = "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string closing_x = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string old_x = "GET /x HTTP/1.0\r\n\r\n";

const Answered answers[] = {
    {"9112 9.3 both stay", ask_x, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
    {"9112 9.3 an answer of HTTP/1.0 ends the upstream's", ask_x,
     "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Client::stays, Upstream::ends},
    {"9112 9.3 a request of HTTP/1.0 ends the client's", old_x,
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", Client::ends},
    {"9112 9.6 close of the client's is the client's alone", closing_x,
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", Client::ends},
    {"9112 9.6 close of the upstream's is the upstream's alone", ask_x,
     "HTTP/1.1 200 OK\r\nConnection: x-a, Close\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Client::stays, Upstream::ends, Then::close},
    {"9112 6.3 an answer to the connection's end", ask_x, "HTTP/1.1 200 OK\r\n\r\nto the end",
     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", Client::ends, Upstream::ends,
     Then::close},
    {"9112 6.3 no body is not to the end", ask_x, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"9112 8 a length cut short shows", ask_x, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Client::ends, Upstream::ends, Then::close},
    {"9112 8 chunks cut short show", ask_x,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", Client::ends,
     Upstream::ends, Then::close},
    {"9112 6.3 HEAD", head_x, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n",
     "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"},
    {"9112 6.3 HEAD of chunks", head_x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"9110 9.3.2 HEAD that is answered a body", head_x,
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", Client::stays, Upstream::ends},
    {"9110 15.3.5 204", ask_x, "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n",
     "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"},
    {"9110 15.3.5 204 with a body", ask_x, "HTTP/1.1 204 No Content\r\n\r\nbody",
     "HTTP/1.1 204 No Content\r\n\r\n", Client::stays, Upstream::ends},
    {"9110 15.4.5 304", ask_x, "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"},
    {"9112 6.3 a second answer to one request is nobody's", ask_x,
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
     "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Client::stays, Upstream::ends},
    {"9110 15.2 interim answers pass", ask_x,
     "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
    {"9110 7.6.1 interim answers have fields of the hop too", ask_x,
     "HTTP/1.1 103 Early Hints\r\nConnection: x-hop\r\nLink: x\r\nX-Hop: 1\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
    {"9110 15.2 no interim answers for HTTP/1.0", old_x,
     "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", Client::ends},
    {"9112 6.1 no chunks for HTTP/1.0", old_x,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: t\r\nA: b\r\n\r\n"
     "2\r\nhi\r\n3;x\r\nall\r\n0\r\nT: 1\r\n\r\n",
     "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\nhiall", Client::ends},
};

TEST_F(Connections, LiveOnOrEndWithAnAnswer) {
    for (const Answered& row : answers) {
        SCOPED_TRACE(row.rule);
        start_again(row.answer, row.then);
        const bool stays = row.client == Client::stays;
        EXPECT_EQ(talk(row.request + last), row.received + (stays ? last_answer_received : ""));
        if (!stays) {
            EXPECT_EQ(talk(last), last_answer_received) << "others go on";
        }
        EXPECT_EQ(upstream->connections(), row.upstream == Upstream::serves_on ? 1u : 2u);
    }
}

TEST_F(Connections, AnEndThatWouldLookLikeTheAnswersOwnIsAReset) {
    const Answered rows[] = {
        {"9112 8 an answer to the connection's end", ask_x, "HTTP/1.1 200 OK\r\n\r\npart", ""},
        {"9112 8 chunks for HTTP/1.0", old_x,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", ""},
    };
    for (const Answered& row : rows) {
        SCOPED_TRACE(row.rule);
        std::atomic<bool> may_end = false;
        upstream = TestUpstream::scripted([&](Peer& peer, TestUpstream&) {
            TestUpstream::read_request(peer);
            peer.send(row.answer);
            eventually([&] { return may_end.load(); });
            peer.reset();
        });
        options.upstream_url.clear();
        start(*upstream);
        const auto peer = client();
        peer->send(row.request);
        EXPECT_NE(peer->read_until("part"), "");
        may_end = true;
        EXPECT_TRUE(peer->is_reset_by_peer());
        stop();
        upstream.reset();  // it looks at what goes now
    }
}

TEST_F(Connections, AnswerPipelinedRequestsInOrder) {  // 9112 9.3.2
    upstream =
        std::make_unique<TestUpstream>([](const SeenRequest& request) { return ok(request.body); });
    start(*upstream);
    std::string requests;
    for (int i = 0; i < 20; ++i) requests += post("/x", "body" + std::to_string(i));
    const auto peer = client();
    peer->send(requests + get("/model//run") + get("/x", "Connection: close\r\n") + get("/never"));
    peer->shut_down_sending();  // 9112 9.6: who has finished sending still hears every answer
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(support::read_answer(*peer).body, "body" + std::to_string(i));
    }
    EXPECT_EQ(support::read_answer(*peer).status, 400) << "a refusal takes its turn";
    EXPECT_EQ(support::read_answer(*peer).field("connection"), "close");
    EXPECT_EQ(peer->read_to_end(), "");
    EXPECT_EQ(upstream->seen().size(), 21u) << "nothing is read after the last one";
}

TEST_F(Connections, ForwardNoRequestThatTheClientHasCutAsAWhole) {  // 9112 8
    for (const std::string cut :
         {"Content-Length: 9\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
        std::string rest = "not read";
        upstream = TestUpstream::scripted([&](Peer& peer, TestUpstream& self) {
            const std::string head = peer.read_until("half");
            rest = peer.read_to_end();
            self.see({head, rest, 0});
        });
        options.upstream_url.clear();
        start(*upstream);
        const auto peer = client();
        peer->send("POST /x HTTP/1.1\r\nHost: a\r\n" + cut);
        peer->shut_down_sending();
        EXPECT_EQ(peer->read_to_end(), "");
        ASSERT_TRUE(upstream->wait_for(1));
        EXPECT_TRUE(rest.empty() || rest == "\r\n") << rest;
        stop();
    }
}

/// An answer may come before the request's end (9110, 10.1.1 and 9112, 9.5): it passes, and no
/// byte of what the client still sends is taken for a request.
TEST_F(Connections, EndAfterAnAnswerThatCameBeforeTheRequestsEnd) {
    for (const char* fields : {"", "Expect: 100-continue\r\n"}) {
        SCOPED_TRACE(fields);
        upstream = TestUpstream::scripted([](Peer& peer, TestUpstream& self) {
            self.see({peer.read_until("\r\n\r\n"), "", 0});
            peer.send(support::with_status("413 Content Too Large", "no"));
            (void)peer.read_to_end();
        });
        options.upstream_url.clear();
        start(*upstream);
        const auto peer = client();
        const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n";
        peer->send(head + fields + "\r\n" + (*fields ? "" : "begin"));
        const auto answer = support::read_answer(*peer);
        EXPECT_EQ(answer.status, 413);
        EXPECT_EQ(answer.body, "no");
        EXPECT_EQ(answer.field("connection"), "close");
        peer->send(get("/smuggled"));
        EXPECT_EQ(peer->read_to_end(), "");
        EXPECT_EQ(upstream->seen().size(), 1u);
        EXPECT_EQ(upstream->connections(), 1u);
        stop();
    }
}

TEST_F(Connections, LeaveItToTheUpstreamToSay100Continue) {  // 9110 10.1.1
    upstream = TestUpstream::scripted([](Peer& peer, TestUpstream& self) {
        SeenRequest request;
        while (!(request.head = peer.read_until("\r\n\r\n")).empty()) {
            peer.send("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
            request.body = peer.read_body(request.head);
            self.see(request);
            peer.send(ok("done"));
        }
    });
    start(*upstream);
    for (const char* target : {"/x", "/model/run"}) {
        const auto peer = client();
        const std::string body = R"({"model":"m"})";
        const std::string request =
            post(target, body, "Expect: 100-continue\r\nAuthorization: Key a\r\n");
        peer->send(request.substr(0, request.size() - body.size()));
        EXPECT_EQ(peer->read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
        peer->send(body);
        EXPECT_EQ(support::read_answer(*peer).body, "done") << target;
        EXPECT_EQ(support::field_of(upstream->seen().back().head, "expect"), "100-continue");
    }
}

TEST_F(Connections, Say100ContinueThemselvesWhereTheBodyIsReadFirst) {  // 9110 10.1.1
    upstream = std::make_unique<TestUpstream>([](const SeenRequest&) { return ok("done"); });
    start(*upstream);
    const auto peer = client();
    const std::string body = R"({"model":"m"})";
    const std::string fields = "Expect: 100-Continue\r\nAuthorization: Key a\r\n";
    for (const bool waits : {true, false}) {
        const std::string request = post("/model/load", body, fields);
        const std::size_t head = request.size() - body.size();
        peer->send(request.substr(0, waits ? head : request.size()));
        if (waits) {
            EXPECT_EQ(peer->read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
            peer->send(body);
        }
        const std::string answer = peer->read_until("\r\n\r\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << "who has sent it needs no leave";
        peer->read_exactly(4);
        EXPECT_EQ(support::field_of(upstream->seen().back().head, "expect"), "");
    }
    const std::string refused = post("/model/load", body, "Content-Encoding: br\r\n" + fields);
    peer->send(refused.substr(0, refused.size() - body.size()));
    const std::string refusal = peer->read_to_end();
    EXPECT_TRUE(refusal.starts_with("HTTP/1.1 400")) << "no leave for what is refused: " << refusal;
    EXPECT_EQ(support::field_of(refusal, "connection"), "close");
}

TEST_F(Connections, LetNobodyWaitForLeaveThatCannotCome) {  // 9110 10.1.1
    upstream = TestUpstream::scripted([](Peer& peer, TestUpstream&) { peer.read_until("13\r\n"); });
    start(*upstream);
    const std::string body = R"({"model":"m"})";
    const std::string request = post("/model/run", body, "Expect: 100-continue\r\n");
    const std::string answer = talk(request.substr(0, request.size() - body.size()));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 502")) << answer;
    EXPECT_EQ(support::field_of(answer, "connection"), "close");
}

/// 9110, 9.2.2: what a stale connection from the pool has swallowed is sent again only where the
/// method or the call allows it; what was never sent, always.
TEST_F(Connections, AreReplacedWhenStale) {
    // Each serves one request and swallows the next.
    upstream = TestUpstream::scripted([](Peer& peer, TestUpstream& self) {
        for (int i = 0; i < 2; ++i) {
            const auto request = TestUpstream::read_request(peer);
            if (request.head.empty()) return;
            self.see(request);
            if (i == 0) peer.send(ok(""));
        }
    });
    start(*upstream);
    const std::string body = R"({"model":"m"})";
    const struct {
        std::string request;
        bool is_sent_again;
    } rows[] = {
        {get("/x"), true},
        {"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {get("/x", "Content-Length: 1\r\n") + "y", false},
        {post("/x", "y"), false},
        {"PATCH /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", false},
        {post("/model/status", body), true},
        {post("/model/job", body), true},
        {post("/model/delete", body), true},
        {post("/model/load", body), false},
        {post("/model/run", body), false},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.request.substr(0, 30));
        const auto peer = client();
        peer->send(get("/first"));
        ASSERT_EQ(support::read_answer(*peer).status, 200);
        const std::size_t before = upstream->seen().size();
        peer->send(row.request);
        const auto answer = support::read_answer(*peer, row.request.starts_with("HEAD"));
        EXPECT_EQ(answer.status, row.is_sent_again ? 200 : 502);
        EXPECT_EQ(upstream->seen().size(), before + (row.is_sent_again ? 2 : 1));
        if (!row.is_sent_again) continue;
        peer->send(post("/x", "y"));  // the connection that is left swallows it
        EXPECT_EQ(support::read_answer(*peer).field("tollgate-error"), "upstream-failed");
    }
}

}  // namespace
}  // namespace proxy

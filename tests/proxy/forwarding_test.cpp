// RFC 9110, 7.6, field by field: what stays on its hop, and that the rest passes in order, case and
// spacing; and what our own answers carry.
#include "proxy/wire_fixture.h"

namespace proxy {
namespace {

class Forwarding : public WireFixture {
  protected:
    Forwarding() { with_journal = false; }
};

struct Fields {
    const char* rule;
    std::string sent;
    std::string arrives;
};

const Fields rows[] = {
    {"order, case and spacing", "b: 1\r\nA:  2 \r\nb:3\r\nC-d:\t\r\n",
     "b: 1\r\nA:  2 \r\nb:3\r\nC-d:\t\r\n"},
    {"9110 7.6.1 Connection and what it names",
     "A: 1\r\nX-Hop: 2\r\nConnection: x-hop, keep-alive\r\nx-HOP: 3\r\nB: 4\r\n",
     "A: 1\r\nB: 4\r\n"},
    {"9110 7.6.1 Connection twice", "Connection: x-a\r\nX-A: 1\r\nX-B: 2\r\nconnection: , x-b,\r\n",
     ""},
    {"9110 7.6.1 a name that is there in no field", "Connection: x-none\r\nX-Non: 1\r\n",
     "X-Non: 1\r\n"},
    {"9110 7.6.1 fields of the hop that nothing names",
     "Keep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\n"
     "Proxy-Authorization: x\r\nA: 1\r\n",
     "A: 1\r\n"},
    {"9110 6.6.2 Trailer passes", "Trailer: x-sum\r\n", "Trailer: x-sum\r\n"},
    {"9110 7.6.3 Via and forwarding pass", "Via: 1.1 a\r\nX-Forwarded-For: 1.2.3.4\r\n",
     "Via: 1.1 a\r\nX-Forwarded-For: 1.2.3.4\r\n"},
    {"trace context passes unmodified",
     "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
     "tracestate: a=1, b=2\r\nTraceState:c=3 \r\n",
     "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
     "tracestate: a=1, b=2\r\nTraceState:c=3 \r\n"},
    {"the caller's request id passes", "X-Request-ID: mine\r\n", "X-Request-ID: mine\r\n"},
    {"credentials pass as they are", "Authorization:  Key  alice\r\nCookie: a\r\n",
     "Authorization:  Key  alice\r\nCookie: a\r\n"},
};

TEST_F(Forwarding, PassesTheFieldsOfRequests) {
    start_answering(fine);
    for (const Fields& row : rows) {
        SCOPED_TRACE(row.rule);
        ask("GET /x?q=%20 HTTP/1.1\r\nuser-AGENT: t\r\nhOST: gateway\r\n" + row.sent + "\r\n");
        EXPECT_EQ(upstream->seen().back().head, "GET /x?q=%20 HTTP/1.1\r\nuser-AGENT: t\r\nhOST: " +
                                                    authority() + "\r\n" + row.arrives + "\r\n");
    }
}

TEST_F(Forwarding, PassesTheFieldsOfAnswers) {
    for (const Fields& row : rows) {
        SCOPED_TRACE(row.rule);
        const std::string begin = "HTTP/1.1 299 Fine By Me\r\nSet-Cookie: a\r\nset-cookie: b\r\n";
        const std::string end = "Content-Length: 0\r\n\r\n";
        start_again(begin + row.sent + end);
        EXPECT_EQ(ask(get("/x")).head, begin + row.arrives + end);
        start_again(begin + row.sent + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + row.sent +
                    "\r\n");
        EXPECT_EQ(ask(get("/x")).body, "0\r\n" + row.sent + "\r\n") << "trailers pass whole";
    }
}

TEST_F(Forwarding, PutsTheOperatorsCredentialInThePlaceOfTheClients) {
    options.keys = KeyMode::managed;
    options.upstream_key = "secret";
    keys.known = {fingerprint_of("alice")};
    start_answering(fine);
    ask(get("/model/list", "A: 1\r\nauthorization: Bearer alice\r\nB: 2\r\n"));
    EXPECT_EQ(upstream->seen().back().head,
              "GET /model/list HTTP/1.1\r\nHost: " + authority() +
                  "\r\nA: 1\r\nauthorization: Key secret\r\nB: 2\r\n\r\n");
}

TEST_F(Forwarding, OwnAnswersCarryARequestIdOfTheirOwn) {
    start_answering("", Then::close);
    const std::string requests[] = {
        "nonsense\r\n\r\n",                          // 400 of the framing
        get("/model//run"),                          // 400 of the meter
        get("/model/load"),                          // 405
        post("/model/run", "{"),                     // 400 of a body
        get("/x", "X-Request-Id: the-clients\r\n"),  // 502
        get("/x", "A: " + std::string(70000, 'a') + "\r\n"),
    };
    std::set<std::string> ids;
    for (const std::string& request : requests) {
        const auto answer = ask(request);
        EXPECT_GE(answer.status, 400);
        EXPECT_TRUE(answer.body.starts_with(R"({"status":"error","error":")")) << answer.body;
        ids.insert(answer.field("x-request-id"));
    }
    EXPECT_EQ(ids.size(), std::size(requests)) << "each another";
    EXPECT_FALSE(ids.contains("") || ids.contains("the-clients"));
    EXPECT_EQ(ask("HEAD /model//run HTTP/1.1\r\nHost: a\r\n\r\n").body, "");
}

}  // namespace
}  // namespace proxy

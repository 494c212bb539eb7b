// What is not forwarded: what is ambiguous, what would slip past the meter, who may not.
#include "proxy/gateway_fixture.h"

namespace proxy {
namespace {

using support::ok;
using support::Peer;
using support::SeenRequest;
using support::TestUpstream;

class Refusal : public GatewayFixture {
  protected:
    /// A 400 (or `status`) in the API's shape, and nothing forwarded.
    void expect_refused(const std::string& request, int status = 400,
                        const std::string& code = "") {
        const std::size_t before = upstream.seen().size();
        const auto peer = client();
        peer->send(request);
        const auto answer = support::read_answer(*peer);
        EXPECT_EQ(answer.status, status) << request.substr(0, 300);
        EXPECT_TRUE(answer.body.starts_with(R"({"status":"error","error":")")) << answer.body;
        EXPECT_FALSE(answer.field("x-request-id").empty());
        EXPECT_FALSE(answer.field("tollgate-error").empty());
        if (!code.empty()) {
            EXPECT_EQ(answer.field("tollgate-error"), code) << request.substr(0, 300);
        }
        EXPECT_EQ(upstream.seen().size(), before) << request.substr(0, 300);
    }
    void manage() {
        options.keys = KeyMode::managed;
        options.upstream_key = "operator-secret";
        keys.known = {fingerprint_of("alice")};
    }

    TestUpstream upstream{[](const SeenRequest&) { return ok("fine"); }};
};

TEST_F(Refusal, RefusesHeadsThatPeersReadDifferently) {
    start(upstream);
    const std::string host = "Host: a\r\n";
    const std::string requests[] = {
        "GET /x HTTP/1.1\r\n" + host + "A: b\r\n folded\r\n\r\n",
        "GET /x HTTP/1.1\nHost: a\n\n",
        "GET /x HTTP/1.1\r\n" + host + "A: b\nB: c\r\n\r\n",
        "GET /x HTTP/1.1\r\n" + host + "A : b\r\n\r\n",
        "GET /x HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n",
        "GET /x HTTP/1.1\r\n" + host + std::string("A: b\0c\r\n\r\n", 10),
        "GET /x HTTP/1.1\r\n\r\n",
        "GET /x HTTP/1.1\r\n" + host + host + "\r\n",
        "GET /x HTTP/1.1\r\nHost: a,b\r\n\r\n",
        "GET /x HTTP/2.0\r\n" + host + "\r\n",
        "GET  /x HTTP/1.1\r\n" + host + "\r\n",
        "GET /x\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET http://other/x HTTP/1.1\r\n" + host + "\r\n",
        "GET http://a@b/x HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET x HTTP/1.1\r\n" + host + "\r\n",
        "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n",
        "POST /x HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /x HTTP/1.1\r\n" + host + "Content-Length: 1, 2\r\n\r\nab",
        "POST /x HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\na",
        "POST /x HTTP/1.1\r\n" + host +
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" + host +
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" + host +
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n",
        "POST /x HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" + host + "Connection: content-length\r\nContent-Length: 1\r\n\r\na",
        "POST /x HTTP/1.1\r\n" + host +
            "Connection: close, Authorization\r\nContent-Length: 0\r\n\r\n",
    };
    for (const std::string& request : requests) {
        expect_refused(request, 400, "malformed");
        const auto peer = client();
        peer->send(request + get("/smuggled"));
        const std::string all = peer->read_to_end();
        EXPECT_EQ(all.find("fine"), std::string::npos) << "the connection is closed: " << request;
    }
    EXPECT_TRUE(upstream.seen().empty());
}

TEST_F(Refusal, RefusesChunksThatPeersReadDifferently) {
    start(upstream);
    const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string bodies[] = {
        "5\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5;a\x01\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "0\r\nbad trailer\r\n\r\n",
        "0\r\nA: b\n\r\n",
        "0\r\n folded: x\r\n\r\n",
        "5;" + std::string(5000, 'e') + "\r\nhello\r\n0\r\n\r\n",
    };
    for (const std::string& body : bodies) {
        const auto peer = client();
        peer->send(head + body);
        const auto answer = support::read_answer(*peer);
        EXPECT_EQ(answer.status, 400) << body.substr(0, 40);
        EXPECT_TRUE(peer->is_closed_by_peer());
    }
    EXPECT_TRUE(upstream.seen().empty()) << "nothing whole has reached the upstream";
}

TEST_F(Refusal, RefusesNearMissesOfCallsInBothKeyModes) {
    for (const KeyMode mode : {KeyMode::passthrough, KeyMode::managed}) {
        if (mode == KeyMode::managed) manage();
        start(upstream);
        for (const char* target :
             {"/Model/run", "/model/run/", "//model/run", "/model//load", "/model/./run",
              "/x/../model/run", "/model/%72un", "/model%2frun", "/model/LOAD", "/model/delete/",
              "/model/run%20", "/model/run;x", "/model\\run", "/model/%2572un"}) {
            expect_refused(post(target, R"({"model":"m"})"), 400, "near-miss");
        }
        expect_refused(
            "PUT /model/load HTTP/1.1\r\nHost: a\r\nAuthorization: Key alice\r\n"
            "Content-Length: 13\r\n\r\n{\"model\":\"m\"}",
            405, "wrong-method");
        expect_refused(
            "OPTIONS /model/run HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: POST\r\n"
            "Authorization: Key alice\r\n\r\n",
            400, "near-miss");
        expect_no_facts();
        log.reset();
        gateway.reset();
    }
}

TEST_F(Refusal, RefusesBodiesOfMeteredCallsThatALenientUpstreamReadsDifferently) {
    start(upstream);
    const std::string key = "Authorization: Key alice\r\n";
    for (const char* call : {"/model/run", "/model/load", "/model/delete", "/model/status"}) {
        for (const std::string body :
             {"", "{", "[]", "{\"prompt\":\"x\"}", "{\"model\":7}", "{\"model\":\"\"}",
              "{\"model\":\"a\",\"model\":\"b\"}", "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}",
              "{\"model\":\"a\xff\"}", "{\"model\":\"a\"} x", "\xef\xbb\xbf{\"model\":\"a\"}",
              "{\"model\":\"a\",\"key\":\"x\",\"key\":\"y\"}", "model=a"}) {
            expect_refused(post(call, body), 400);
            expect_refused(chunked(call, body.empty() ? std::vector<std::string>{}
                                                      : std::vector<std::string>{body}),
                           400);
        }
        const std::string good = R"({"model":"m"})";
        expect_refused(post(call, "{\"model\":\"" + std::string(513, 'm') + "\"}"), 400);
        expect_refused(post(call, good, key + "Content-Encoding: gzip\r\n"), 400,
                       "content-encoding");
        for (const char* type :
             {"application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
              "application/json; charset=utf-7", "application/json;charset=\"UTF-16\""}) {
            expect_refused("POST " + std::string(call) + " HTTP/1.1\r\nHost: a\r\n" + key +
                               "Content-Type: " + type + "\r\nContent-Length: 13\r\n\r\n" + good,
                           400, "content-type");
        }
        expect_refused(post(call, good, key + key), 400, "ambiguous");
        expect_refused(post(call, good, key + "Content-Type: text/plain\r\n"), 400, "ambiguous");
    }
    expect_no_facts();
}

TEST_F(Refusal, KeepsTheConnectionAfterARefusalThatLeavesTheFramingClear) {
    start(upstream);
    const auto peer = client();
    peer->send(post("/model/run", "{oops}") + post("/model//run", R"({"model":"m"})") +
               get("/fine"));
    EXPECT_EQ(support::read_answer(*peer).status, 400);
    EXPECT_EQ(support::read_answer(*peer).status, 400);
    EXPECT_EQ(support::read_answer(*peer).body, "fine");
}

TEST_F(Refusal, NeverShowsTheUpstreamAWholeRunThatItRefuses) {
    std::string saw;
    std::mutex mutex;
    const auto recording = TestUpstream::scripted([&](Peer& peer, TestUpstream& self) {
        const std::string all = peer.read_to_end();
        const std::lock_guard lock(mutex);
        saw = all;
        self.see({all, "", 0});
    });
    start(*recording);
    const auto peer = client();
    const std::string begin = R"({"model":"a","prompt":"0123456789)";
    const std::string end = R"(","model":"b"})";
    const std::string request = post("/model/run", begin + end);
    peer->send(request.substr(0, request.size() - end.size()));
    ASSERT_TRUE(eventually([&] { return recording->connections() == 1; }));
    await<lifecycle::RunArrived>(1);
    peer->send(end);
    EXPECT_EQ(support::read_answer(*peer).status, 400);
    ASSERT_TRUE(recording->wait_for(1));
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(saw.ends_with(begin)) << "and then the connection was closed";
    const auto ends = await<lifecycle::RunEnded>(1);
    EXPECT_FALSE(lifecycle::is_accepted_run(ends[0].status));
}

TEST_F(Refusal, LimitsHeadsAndBodies) {
    options.limits.head_bytes = 4096;
    options.limits.fields = 20;
    options.limits.control_body_bytes = 1000;
    options.limits.body_bytes = 100000;
    start(upstream);
    expect_refused(get("/x", "A: " + std::string(5000, 'a') + "\r\n"), 431, "head-too-large");
    expect_refused("GET /x HTTP/1.1\r\nHost: a\r\nA: " + std::string(10000, 'a'), 431);
    std::string fields;
    for (int i = 0; i < 30; ++i) fields += "A: b\r\n";
    expect_refused(get("/x", fields), 400);
    const auto body = [](std::size_t size) {
        return "{\"model\":\"m\",\"x\":\"" + std::string(size, 'x') + "\"}";
    };
    expect_refused(post("/model/load", body(1000)), 413, "body-too-large");
    expect_refused(chunked("/model/load", {body(600), body(600)}), 413, "body-too-large");
    expect_refused(post("/model/run", body(100000)), 413, "body-too-large");
    EXPECT_EQ(ask(post("/model/run", body(90000))).status, 200);
    const auto peer = client();
    peer->send(chunked("/model/run", {"{\"model\":\"m\",\"x\":\"" + std::string(60000, 'x'),
                                      std::string(60000, 'x') + "\"}"}));
    EXPECT_EQ(support::read_answer(*peer).status, 413);
}

TEST_F(Refusal, AnswersKeysInManagedMode) {
    manage();
    options.forward_paths = {"/extra", "/files/*"};
    start(upstream);
    const std::string body = R"({"model":"m"})";
    EXPECT_EQ(ask(post("/model/run", body)).status, 200);
    EXPECT_EQ(support::field_of(upstream.seen().back().head, "authorization"),
              "Key operator-secret");
    EXPECT_EQ(await<lifecycle::RunArrived>(1)[0].key.text(), fingerprint_of("alice"));
    expect_refused(post("/model/run", body, "Authorization: Key mallory\r\n"), 401, "key-unknown");
    expect_refused(post("/model/run", body, ""), 401, "key-missing");
    expect_refused(post("/model/run", R"({"model":"m","key":"alice"})", ""), 401, "key-missing");
    expect_refused(get("/model/list"), 401, "key-missing");
    const std::string key = "Authorization: Key alice\r\n";
    expect_refused(get("/models/v2/x", key), 404, "not-found");
    expect_refused(get("/files/../x", key), 404, "not-found");
    expect_refused(get("/files/%2e%2e/x", key), 404, "not-found");
    EXPECT_EQ(ask(get("/extra?a", key)).status, 200);
    EXPECT_EQ(ask(get("/files/1", key)).status, 200);
    EXPECT_EQ(ask(get("/model/list", key)).status, 200);
    for (const auto& request : upstream.seen()) {
        EXPECT_EQ(request.head.find("alice"), std::string::npos);
    }
}

TEST_F(Refusal, Answers503NotA401WhileKeysAreNotLoaded) {
    manage();
    keys.loaded = false;
    start(upstream);
    expect_refused(post("/model/run", R"({"model":"m"})"), 503, "keys-not-loaded");
}

TEST_F(Refusal, ForwardsUnknownPathsUnmeteredInPassthroughMode) {
    start(upstream);
    EXPECT_EQ(ask(post("/models/v2/openai/gpt2", "anything")).body, "fine");
    EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").body, "fine");
    EXPECT_EQ(ask("PATCH /x HTTP/1.1\r\nHost: a\r\n\r\n").body, "fine");
    EXPECT_EQ(upstream.seen().size(), 3u);
    EXPECT_TRUE(upstream.seen().at(1).head.starts_with("OPTIONS * HTTP/1.1"));
    expect_no_facts();
}

class BobsModel : public Ownership {
  public:
    bool is_foreign(const lifecycle::KeyFingerprint& key,
                    const lifecycle::ModelName& model) const override {
        return model.text() == "bobs" && key.text() == fingerprint_of("alice");
    }
};

TEST_F(Refusal, HidesOtherAccountsInstancesWhereTheyAreIsolated) {
    manage();
    BobsModel isolation;
    options.ownership = &isolation;
    start(upstream);
    for (const char* call : {"/model/run", "/model/status", "/model/delete"}) {
        expect_refused(post(call, R"({"model":"bobs"})"), 404, "model-not-found");
        EXPECT_EQ(ask(post(call, R"({"model":"mine"})")).status, 200) << call;
    }
    stop();
}

TEST_F(Refusal, ShowsEachAccountItsOwnInstancesByteForByte) {
    manage();
    BobsModel isolation;
    options.ownership = &isolation;
    const std::string mine =
        R"({"model" : "mine","status":"RUNNING","new":[1.50, {"a":"\u00e9"}]})";
    const std::string bobs = R"({"status":"RUNNING","model":"b\u006fbs"})";
    std::atomic<int> turn = 0;
    TestUpstream lists([&](const SeenRequest&) -> std::string {
        switch (turn++) {
            case 0:
                return ok("[" + bobs + ", " + mine + "," + bobs + "," + mine + "]\n");
            case 1:
                return "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "1\r\n[\r\n1\r\n]\r\n0\r\n\r\n";
            case 2:
                return ok("[" + bobs + "]");
            case 3:
                return ok("[" + bobs + ",", "Content-Encoding: gzip\r\n");
            case 4:
                return ok("[" + bobs + "," + mine);
            default:
                return support::with_status("500 Oops", "[" + mine + "]");
        }
    });
    start(lists);
    const std::string request =
        get("/model/instances", "Authorization: Key alice\r\nAccept-Encoding: gzip\r\n");
    const auto peer = client();
    const auto next = [&] {
        peer->send(request);
        return support::read_answer(*peer);
    };
    EXPECT_EQ(next().body, "[" + mine + "," + mine + "]");
    const auto empty = next();
    EXPECT_EQ(empty.body, "[]");
    EXPECT_EQ(empty.head, "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(next().body, "[]");
    for (int i = 0; i < 2; ++i) {
        const auto hidden = next();
        EXPECT_EQ(hidden.status, 502) << "what is not understood is not shown";
        EXPECT_EQ(hidden.body.find("bobs"), std::string::npos);
    }
    EXPECT_EQ(next().status, 500);
    EXPECT_EQ(support::field_of(lists.seen().at(0).head, "accept-encoding"), "");
    stop();
    for (const auto& seen : facts_of<lifecycle::InstanceSeen>()) {
        EXPECT_EQ(seen.model.text(), "mine");
    }
}

}  // namespace
}  // namespace proxy

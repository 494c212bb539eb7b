// What is not forwarded: what is too large, what is not in the API's shape, who may not.
// (Framing: framing_test.cpp; what would slip past the meter: bypass_test.cpp.)
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
    expect_refused(get("/x", fields), 431, "too-many-fields");
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
}

TEST_F(Refusal, Answers503NotA401WhileKeysAreNotLoaded) {
    manage();
    keys.loaded = false;
    start(upstream);
    expect_refused(post("/model/run", R"({"model":"m"})"), 503, "keys-not-loaded");
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

// What calls leave in the books, and that no answer is ahead of them.
#include <zlib.h>

#include "proxy/gateway_fixture.h"
#include "support/simulated_disk.h"

namespace proxy {
namespace {

using support::ok;
using support::Peer;
using support::SeenRequest;
using support::TestUpstream;
using support::with_status;

class Metering : public GatewayFixture {
  protected:
    support::SimulatedDisk simulated;
};

TestUpstream::Responder always(std::string answer) {
    return [answer = std::move(answer)](const SeenRequest&) { return answer; };
}

const std::string run_body = R"({"model":"openai-community/gpt2","prompt":"Once"})";

TEST_F(Metering, RecordsEachRunsArrivalAndEnd) {
    TestUpstream upstream(always(ok("a man")));
    start(upstream);
    const auto peer = client();
    for (int i = 0; i < 5; ++i) {
        peer->send(post("/model/run?x=1", run_body));
        EXPECT_EQ(support::read_answer(*peer).body, "a man");
    }
    const auto arrivals = await<lifecycle::RunArrived>(5);
    const auto ends = await<lifecycle::RunEnded>(5);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(arrivals[i].call, (lifecycle::CallId{7, i + 1}));
        EXPECT_EQ(arrivals[i].key.text(), fingerprint_of("alice"));
        EXPECT_EQ(arrivals[i].model.text(), "openai-community/gpt2");
        EXPECT_EQ(ends[i].call, arrivals[i].call);
        EXPECT_EQ(ends[i].status, 200);
        EXPECT_EQ(ends[i].request_bytes, run_body.size());
        EXPECT_EQ(ends[i].response_bytes, 5u);
        EXPECT_FALSE(ends[i].disconnected);
        EXPECT_TRUE(ends[i].asked_at);
        EXPECT_FALSE(ends[i].date);  // nothing was told
    }
}

TEST_F(Metering, NotesOfARunsAnswerWhatItTellsOfTheClocks) {
    TestUpstream upstream(always(
        "HTTP/1.1 200 OK\r\ndate: Mon, 05 Oct 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n"));
    start(upstream);
    const calendar::Instant before = platform::SystemClock().now();
    ask(post("/model/run", run_body));
    const auto ends = await<lifecycle::RunEnded>(1);
    EXPECT_EQ(ends[0].date, calendar::parse_instant("2026-10-05T12:00:00Z"));
    EXPECT_GE(ends[0].asked_at, before);
    EXPECT_LE(ends[0].asked_at, platform::SystemClock().now());
}

TEST_F(Metering, CountsTheBytesOfChunkedBodiesWithoutTheirFraming) {
    TestUpstream upstream(
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n"));
    start(upstream);
    ask(chunked("/model/run", {R"({"mod)", R"(el":"m"})"}));
    const auto ends = await<lifecycle::RunEnded>(1);
    EXPECT_EQ(ends[0].request_bytes, 13u);
    EXPECT_EQ(ends[0].response_bytes, 5u);
    EXPECT_EQ(ends[0].model.text(), "m");
}

TEST_F(Metering, TakesTheKeyFromTheFieldInAnyFormAndElseFromTheBody) {
    TestUpstream upstream(always(ok("x")));
    start(upstream);
    const struct {
        const char* fields;
        const char* body;
        const char* key;
    } rows[] = {
        {"Authorization: Key alice\r\n", R"({"model":"m"})", "alice"},
        {"authorization: KEY  alice\r\n", R"({"model":"m"})", "alice"},
        {"Authorization: Bearer alice\r\n", R"({"model":"m"})", "alice"},
        {"Authorization: alice\r\n", R"({"model":"m"})", "alice"},
        {"Authorization: Key alice\r\n", R"({"key":"alice","model":"m"})", "alice"},
        {"", R"({"key":"bob","model":"m"})", "bob"},
        {"", R"({"model":"m","prompt":"x","key":"bob"})", "bob"},
        {"", R"({"model":"m"})", ""},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(ask(post("/model/run", row.body, row.fields)).status, 200);
    }
    const auto arrivals = await<lifecycle::RunArrived>(std::size(rows));
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        EXPECT_EQ(arrivals[i].key.text(), fingerprint_of(rows[i].key)) << rows[i].body;
    }
}

TEST_F(Metering, RecordsALoadBeforeItIsForwardedAndItsAnswer) {
    std::vector<lifecycle::LoadRequested> before;
    TestUpstream upstream([&](const SeenRequest& request) {
        if (request.head.starts_with("GET")) {
            return ok(R"([{"name":"m","requiredRAM":2.2329331282730940,"benchmarked":true},)"
                      R"({"name":"n","requiredRAM":null,"benchmarked":false}])");
        }
        // The intent is on disk by now, but perhaps not yet sealed for reading.
        eventually([&] { return !(before = facts_of<lifecycle::LoadRequested>()).empty(); });
        return ok(R"({"model":"m","status":"started","concurrency":2})",
                  "Date: Mon, 23 Nov 2026 20:00:00 GMT\r\n");
    });
    start(upstream);
    EXPECT_EQ(ask(get("/model/list", "Authorization: Key alice\r\n")).status, 200);
    EXPECT_EQ(await<lifecycle::CatalogueEntry>(2)[0].gb, "2.2329331282730940");
    const auto answer =
        ask(post("/model/load", R"({"model":"m","concurrency":2,"expirationPeriodSeconds":3e2})"));
    EXPECT_EQ(answer.status, 200);
    ASSERT_EQ(before.size(), 1u);
    const auto loads = await<lifecycle::LoadAnswered>(1);
    EXPECT_EQ(loads[0].call, before[0].call);
    EXPECT_EQ(loads[0].model.text(), "m");
    EXPECT_EQ(loads[0].key.text(), fingerprint_of("alice"));
    EXPECT_EQ(loads[0].options, (lifecycle::LoadOptions{2, 300}));
    EXPECT_EQ(before[0].options, loads[0].options);
    EXPECT_EQ(loads[0].gb, "2.2329331282730940");
    EXPECT_EQ(loads[0].status, 200);
    EXPECT_TRUE(loads[0].accepted);
    EXPECT_EQ(loads[0].date, calendar::parse_instant("2026-11-23T20:00:00Z"));
    EXPECT_GT(loads[0].sent_at.micros, 0);
    EXPECT_EQ(observer.kept(),
              (std::vector<std::string>{"intent m Key alice", "load m Key alice"}));
    EXPECT_EQ(upstream.seen().at(1).body,
              R"({"model":"m","concurrency":2,"expirationPeriodSeconds":3e2})");
}

TEST_F(Metering, RecordsRefusedLoadsAsNotAccepted) {
    TestUpstream upstream(always(with_status("409 Conflict", R"({"status":"error"})")));
    start(upstream);
    EXPECT_EQ(ask(post("/model/load", R"({"model":"m"})")).status, 409);
    const auto loads = await<lifecycle::LoadAnswered>(1);
    EXPECT_EQ(loads[0].status, 409);
    EXPECT_FALSE(loads[0].accepted);
    EXPECT_EQ(loads[0].options, (lifecycle::LoadOptions{1, 1800}));
    EXPECT_EQ(observer.kept(), (std::vector<std::string>{"intent m Key alice", "load m Key alice"}))
        << "it is there";
}

TEST_F(Metering, TellsNobodyOfALoadThatFoundNoModel) {
    TestUpstream upstream(always(with_status("404 Not Found", R"({"status":"error"})")));
    start(upstream);
    EXPECT_EQ(ask(post("/model/load", R"({"model":"m"})")).status, 404);
    EXPECT_FALSE(await<lifecycle::LoadAnswered>(1)[0].accepted);
    EXPECT_EQ(observer.kept(), (std::vector<std::string>{"intent m Key alice", "refused m"}));
}

TEST_F(Metering, ForwardsALoadOnlyWhenItsCredentialIsKept) {
    TestUpstream upstream(always(ok(R"({"model":"m","status":"started","concurrency":1})")));
    observer.keep_intents({});
    start(upstream);
    const auto peer = client();
    peer->send(post("/model/load", R"({"model":"m"})"));
    std::vector<std::function<void(bool)>> waiting;
    ASSERT_TRUE(eventually([&] { return !(waiting = observer.take_waiting()).empty(); }));
    await<lifecycle::LoadRequested>(1);  // its fact is on disk
    EXPECT_TRUE(upstream.seen().empty());
    waiting[0](true);
    EXPECT_EQ(support::read_answer(*peer, false).status, 200);
    EXPECT_EQ(upstream.seen().size(), 1u);
}

TEST_F(Metering, RefusesALoadWhoseCredentialCannotBeKept) {
    TestUpstream upstream(always(ok(R"({"model":"m","status":"started","concurrency":1})")));
    observer.keep_intents(false);
    start(upstream);
    const auto peer = client();
    peer->send(post("/model/load", R"({"model":"m"})"));
    EXPECT_EQ(support::read_answer(*peer, false).status, 503);
    EXPECT_TRUE(upstream.seen().empty());
    EXPECT_EQ(observer.kept(), (std::vector<std::string>{"intent m Key alice", "refused m"}));
    observer.keep_intents(true);
    peer->send(post("/model/load", R"({"model":"m"})"));
    EXPECT_EQ(support::read_answer(*peer, false).status, 200) << "it works again";
}

TEST_F(Metering, RefusesALoadOfReplicasThatCannotBeBilled) {
    TestUpstream upstream(always(ok(R"({"model":"m","status":"started","concurrency":1})")));
    start(upstream);
    for (const std::string odd : {"\"4\"", "0", "-1", "1.5", "1000001", "true", "[2]", "1e99"}) {
        const auto answer = ask(post("/model/load", R"({"model":"m","concurrency":)" + odd + "}"));
        EXPECT_EQ(answer.status, 400) << odd;
    }
    EXPECT_TRUE(upstream.seen().empty());
    for (const std::string good : {"1", "1000000", "2.0", "null"}) {
        const auto answer = ask(post("/model/load", R"({"model":"m","concurrency":)" + good + "}"));
        EXPECT_EQ(answer.status, 200) << good;
    }
}

TEST_F(Metering, RecordsDeletes) {
    TestUpstream upstream(always(ok(R"({"model":"m","status":"stopped"})")));
    start(upstream);
    EXPECT_EQ(ask(post("/model/delete", R"({"model":"m"})")).status, 200);
    EXPECT_EQ(await<lifecycle::DeleteAnswered>(1)[0].status, 200);
    EXPECT_EQ(observer.kept(), std::vector<std::string>{"delete m Key alice"});
}

const std::string status_answer =
    R"({"model":"m","status":"RUNNING","concurrency":1,"inferences":0,)"
    R"("expirationPeriodSeconds":1800,"expiresAt":"2024-05-28T00:12:18.738Z",)"
    R"("created":"2024-05-27T23:35:35.863Z","modified":"2024-05-27T23:42:19.239Z"})";

std::string gzipped(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(text.size() + 200, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST_F(Metering, ReadsStatusAndInstancesAsTheyPassAlsoCompressed) {
    const std::string compressed = gzipped("[" + status_answer + "]");
    TestUpstream upstream([&](const SeenRequest& request) {
        if (request.head.starts_with("POST")) return ok(status_answer);
        if (request.head.starts_with("GET /model/instances?")) {
            return "HTTP/1.1 200 OK\r\nContent-Encoding: x-GZip\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n" +
                   in_chunks({compressed.substr(0, 20), compressed.substr(20)});
        }
        return ok(compressed, "Content-Encoding: gzip\r\n");
    });
    start(upstream);
    EXPECT_EQ(ask(post("/model/status", R"({"model":"m"})")).body, status_answer);
    EXPECT_EQ(ask(get("/model/instances", "Authorization: Key alice\r\n")).body, compressed);
    ask(get("/model/instances?chunked", "Authorization: Key alice\r\n"));
    const auto seen = await<lifecycle::InstanceSeen>(3);
    for (const auto& report : seen) {
        EXPECT_EQ(report.model.text(), "m");
        EXPECT_EQ(report.key.text(), fingerprint_of("alice"));
        EXPECT_EQ(report.state, "RUNNING");
        EXPECT_EQ(report.inferences, 0);
        EXPECT_EQ(report.created, calendar::parse_instant("2024-05-27T23:35:35.863Z"));
        EXPECT_GT(report.asked_at.micros, 0);
    }
    EXPECT_EQ(observer.kept().size(), 3u);
}

TEST_F(Metering, TakesA404OnStatusForTheInstancesAbsence) {
    TestUpstream upstream(always(with_status("404 Not Found", R"({"status":"error"})")));
    start(upstream);
    EXPECT_EQ(ask(post("/model/status", R"({"model":"m"})")).status, 404);
    EXPECT_EQ(await<lifecycle::InstanceAbsent>(1)[0].model.text(), "m");
}

TEST_F(Metering, RecordsACatalogueEntryOnlyWhenItChanges) {
    std::atomic<int> count = 0;
    TestUpstream upstream([&](const SeenRequest&) {
        return ok(++count < 3 ? R"([{"name":"m","requiredRAM":1.0,"benchmarked":true}])"
                              : R"([{"name":"m","requiredRAM":1.5,"benchmarked":true}])");
    });
    start(upstream);
    for (int i = 0; i < 4; ++i) ask(get("/model/list"));
    const auto entries = await<lifecycle::CatalogueEntry>(2);
    EXPECT_EQ(entries[0].gb, "1.0");
    EXPECT_EQ(entries[1].gb, "1.5");
}

TEST_F(Metering, CallsARunWhoseClientLeftDisconnectedAndFreesTheUpstream) {
    std::atomic<bool> upstream_saw_end = false;
    const auto upstream = TestUpstream::scripted([&](Peer& peer, TestUpstream& self) {
        self.see(TestUpstream::read_request(peer));
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        upstream_saw_end = peer.is_closed_by_peer();
    });
    start(*upstream);
    auto peer = client();
    peer->send(post("/model/run", run_body));
    peer->read_until("first\r\n");
    peer->reset();
    const auto ends = await<lifecycle::RunEnded>(1);
    EXPECT_TRUE(ends[0].disconnected);
    EXPECT_EQ(ends[0].status, 200);
    EXPECT_EQ(ends[0].response_bytes, 5u);
    EXPECT_TRUE(eventually([&] { return upstream_saw_end.load(); }));
}

TEST_F(Metering, FinishesALoadWhoseClientLeft) {
    std::atomic<bool> go = false;
    TestUpstream upstream([&](const SeenRequest&) {
        eventually([&] { return go.load(); });
        return ok("{}");
    });
    start(upstream);
    auto peer = client();
    peer->send(post("/model/load", R"({"model":"m"})"));
    ASSERT_TRUE(upstream.wait_for(1));
    peer->reset();
    go = true;
    EXPECT_EQ(await<lifecycle::LoadAnswered>(1)[0].status, 200);
}

TEST_F(Metering, SaysThatALoadsOutcomeIsUnknownWhenNoAnswerCame) {
    TestUpstream upstream(always(""));
    start(upstream);
    const auto answer = ask(post("/model/load", R"({"model":"m"})"));
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.field("tollgate-error"), "upstream-failed");
    EXPECT_EQ(await<lifecycle::LoadAnswered>(1)[0].status, 0);
    EXPECT_EQ(observer.kept(), (std::vector<std::string>{"intent m Key alice", "load m Key alice"}))
        << "the watcher must ask";
}

TEST_F(Metering, SaysThatALoadWasNeverForwardedWhenTheUpstreamIsDown) {
    int port = 0;
    { port = TestUpstream(always("")).port(); }
    start(port);
    EXPECT_EQ(ask(post("/model/load", R"({"model":"m"})")).field("tollgate-error"),
              "upstream-unreachable");
    EXPECT_EQ(await<lifecycle::LoadAnswered>(1)[0].status, 502);
    EXPECT_EQ(ask(post("/model/run", R"({"model":"m"})")).status, 502);
    EXPECT_EQ(await<lifecycle::RunEnded>(1)[0].status, 0);
}

TEST_F(Metering, ClosesTheClientWhenARunsAnswerIsCut) {
    TestUpstream upstream(
        always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
               "Connection: close\r\n\r\nabc"));
    start(upstream);
    const auto peer = client();
    peer->send(post("/model/run", run_body));
    peer->read_until("\r\n\r\n");
    EXPECT_EQ(peer->read_to_end(), "abc");
    const auto ends = await<lifecycle::RunEnded>(1);
    EXPECT_EQ(ends[0].response_bytes, 3u);
    EXPECT_FALSE(ends[0].disconnected);
}

TEST_F(Metering, PassesARefusalThatComesBeforeTheBodyAndMetersNothing) {
    const auto upstream = TestUpstream::scripted([](Peer& peer, TestUpstream&) {
        peer.read_until("\r\n\r\n");
        peer.send(with_status("402 Payment Required", "{}"));
        (void)peer.receive();
    });
    start(*upstream);
    const auto peer = client();
    peer->send("POST /model/run HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"prompt\":");
    EXPECT_EQ(support::read_answer(*peer).status, 402);
    EXPECT_TRUE(peer->is_closed_by_peer());
    expect_no_facts();
}

TEST_F(Metering, GivesNoAnswerThatIsNotInTheBooksWhenTheDiskFails) {
    disk = &simulated;
    TestUpstream upstream(always(ok("x")));
    start(upstream);
    EXPECT_EQ(ask(post("/model/run", run_body)).status, 200);
    await<lifecycle::RunEnded>(1);
    simulated.fail_syncs_from(1);
    const auto answer = ask(post("/model/run", run_body));
    EXPECT_EQ(answer.status, 503) << "forwarded or not, the record is lost";
    EXPECT_EQ(answer.field("tollgate-error"), "cannot-record");
    const std::string later = R"({"model":"later"})";
    for (const char* call : {"/model/run", "/model/load"}) {
        const auto refused = ask(post(call, later));
        EXPECT_EQ(refused.status, 503) << call;
        EXPECT_EQ(refused.field("tollgate-error"), "cannot-record");
    }
    for (const auto& request : upstream.seen()) EXPECT_NE(request.body, later) << "not forwarded";
    EXPECT_EQ(ask(post("/model/delete", later)).status, 200) << "one must be able to stop paying";
    EXPECT_EQ(ask(post("/model/status", later)).status, 200);
    EXPECT_EQ(ask(get("/model/list")).status, 200);
}

TEST_F(Metering, RecordsDeletesAndLoadsUnderWayInAFullJournal) {
    backlog_limit_bytes = 100;  // the gateway's own start, and a load's intent, fill it
    TestUpstream upstream(always(ok("x")));
    start(upstream);
    EXPECT_EQ(ask(post("/model/load", run_body)).status, 200) << "its answer came when it was full";
    ASSERT_EQ(log->state(), journal::State::full);
    for (const char* call : {"/model/run", "/model/load"}) {
        EXPECT_EQ(ask(post(call, run_body)).field("tollgate-error"), "cannot-record") << call;
    }
    EXPECT_EQ(ask(post("/model/delete", run_body)).status, 200);
    await<lifecycle::LoadAnswered>(1);
    await<lifecycle::DeleteAnswered>(1);
}

TEST_F(Metering, RefusesALoadWhoseIntentCannotBeWritten) {
    disk = &simulated;
    TestUpstream upstream(always(ok("x")));
    start(upstream);
    simulated.fail_syncs_from(1);
    EXPECT_EQ(ask(post("/model/load", run_body)).field("tollgate-error"), "cannot-record");
    EXPECT_TRUE(upstream.seen().empty());
}

TEST_F(Metering, AnswersADeleteWhoseRecordIsLost) {
    disk = &simulated;
    TestUpstream upstream(always(ok("gone")));
    start(upstream);
    simulated.fail_syncs_from(1);
    EXPECT_EQ(ask(post("/model/delete", run_body)).body, "gone");
}

}  // namespace
}  // namespace proxy

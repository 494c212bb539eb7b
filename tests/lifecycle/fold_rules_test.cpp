// The rules of api-semantics.md, "Session", a row each.
#include "lifecycle/fold.h"

#include <gtest/gtest.h>

#include <functional>

#include "lifecycle/history.h"

namespace lifecycle {
namespace {

using Change = std::function<void(History&)>;

/// What a row expects of one session, in seconds; -1: absent.
struct Expected {
    double loaded;
    double running;
    RunningEvidence evidence;
    double expires;
    double ended;
    std::optional<EndReason> reason;
    EndEvidence end_evidence;
    bool estimated = false;
};

struct Row {
    const char* rule;
    Change history;
    std::vector<Expected> sessions;
};

constexpr auto no_end = std::nullopt;

const std::vector<Row>& rows() {
    using enum EndReason;
    using R = RunningEvidence;
    using E = EndEvidence;
    static const std::vector<Row> all = {
        {"nothing comes of nothing", [](History&) {}, {}},
        {"an accepted load opens",
         [](History& h) { h.load(100); },
         {{100, -1, R::none, -1, -1, no_end, E::none}}},
        {"a refused load opens nothing",
         [](History& h) {
             for (const int status : {400, 401, 402, 404, 409, 429, 500, 502, 503, 504})
                 h.load(100 + status, status);
         },
         {}},
        {"a load refused while a session is open changes nothing",
         [](History& h) { booted(h), h.load(500, 409).load(501, 429); },
         {{100, 400, R::expiry_clock, 2200, -1, no_end, E::none}}},
        {"running by the expiry clock, whatever else is known",
         [](History& h) {
             h.load(100).run(410, 411).seen(420, "RUNNING", {99.95, 401, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, -1, no_end, E::none}}},
        {"the upstream's own period counts for its expiry clock",
         [](History& h) {
             h.load(100, 200, {1, 1800}).seen(405, "RUNNING", {99.95, 400.5, 700, 0, 300});
         },
         {{100, 400, R::expiry_clock, 700, -1, no_end, E::none}}},
        {"running by modified where no expiry is told",
         [](History& h) { h.load(100).seen(405, "RUNNING", {99.95, 401, -1, 0}); },
         {{100, 401, R::modified, -1, -1, no_end, E::none}}},
        {"after an inference neither clock nor modified tells the start",
         [](History& h) { h.load(100).seen(405, "RUNNING", {99.95, 401, 2200, 3}); },
         {{100, 405, R::observed, 2200, -1, no_end, E::none}}},
        {"running by the first look, the earliest counts",
         [](History& h) {
             h.load(100).seen(405, "RUNNING", {99.95}).seen(410, "RUNNING", {99.95});
         },
         {{100, 405, R::observed, -1, -1, no_end, E::none}}},
        {"a run that was taken proves running",
         [](History& h) { h.load(100).run(400, 402); },
         {{100, 402, R::run, 2202, -1, no_end, E::none}}},
        {"a run that failed in the engine proves running too",
         [](History& h) { h.load(100).run(400, 402, 500); },
         {{100, 402, R::run, 2202, -1, no_end, E::none}}},
        {"a refused run proves nothing",
         [](History& h) {
             h.load(100);
             for (const int status : {0, 400, 401, 402, 404, 413, 429, 502, 503})
                 h.run(400, 402, status);
         },
         {{100, -1, R::none, -1, -1, no_end, E::none}}},
        {"any other word than RUNNING, FAILED, STOPPED is booting",
         [](History& h) {
             h.load(100).seen(110, "INSTANTIATING", {99.95, 99.95, -1, 0});
             h.seen(120, "something new", {99.95, 99.95, -1, 0});
         },
         {{100, -1, R::none, -1, -1, no_end, E::none}}},
        {"ended by the delete's answer",
         [](History& h) { booted(h), h.deletion(1000); },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer}}},
        {"ended by the delete's answer on the upstream's clock",
         [](History& h) { booted(h), h.deletion(1000.5, 200, second(997)); },
         {{97.05, 400, R::expiry_clock, 2200, 997.55, deleted, E::delete_answer}}},
        {"a delete whose answer took long ended it when the upstream answered, by its Date",
         [](History& h) {
             booted(h), h.add(625, DeleteAnswered{CallId{1, ++h.call}, h.key, h.model, 200,
                                                  second(604.9), second(605)});
         },
         {{100, 400, R::expiry_clock, 2200, 605.999999, deleted, E::delete_answer}}},
        {"where the answer's Date allows that the clocks agree, they do",
         [](History& h) { booted(h), h.deletion(1000.5, 200, second(1000)); },
         {{100, 400, R::expiry_clock, 2200, 1000.5, deleted, E::delete_answer}}},
        {"a delete that was refused ends nothing",
         [](History& h) { booted(h), h.deletion(1000, 401).deletion(1001, 429); },
         {{100, 400, R::expiry_clock, 2200, -1, no_end, E::none}}},
        {"a delete of unknown outcome ends nothing by itself",
         [](History& h) { booted(h), h.deletion(1000, 0).deletion(1002, 502); },
         {{100, 400, R::expiry_clock, 2200, -1, no_end, E::none}}},
        {"a delete of unknown outcome explains the denial that follows",
         [](History& h) { booted(h), h.deletion(1000, 0).absent(1001); },
         {{100, 400, R::expiry_clock, 2200, 524.9, deleted, E::bounded, true}}},
        {"a delete while booting ends a session that never ran",
         [](History& h) { h.load(100).deletion(150); },
         {{100, -1, R::none, -1, 150, deleted, E::delete_answer}}},
        {"a look that was asked before a delete and came after it revives nothing",
         [](History& h) {
             booted(h), h.deletion(1000);
             h.seen(1000.05, "RUNNING", {99.95, 400.5, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer}}},
        {"a second delete changes nothing",
         [](History& h) { booted(h), h.deletion(1000).deletion(1500); },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer}}},
        {"a STOPPED after the delete leaves the delete's answer",
         [](History& h) {
             booted(h), h.deletion(1000).seen(1005, "STOPPED", {99.95, 999.95, -1, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer}}},
        {"a delete after the upstream reported a crash ends nothing more",
         [](History& h) {
             booted(h), h.seen(810, "FAILED", {99.95, 800, -1, 0}).deletion(1000);
         },
         {{100, 400, R::expiry_clock, 2200, 800, failed, E::upstream_report}}},
        {"a delete after a denial ends nothing more",
         [](History& h) { booted(h), h.absent(500).deletion(3000); },
         {{100, 400, R::expiry_clock, 2200, 500, vanished, E::bounded, true}}},
        {"ended by a crash, at the instant the upstream names",
         [](History& h) { booted(h), h.seen(810, "FAILED", {99.95, 800, -1, 0}); },
         {{100, 400, R::expiry_clock, 2200, 800, failed, E::upstream_report}}},
        {"a failed boot never ran",
         [](History& h) { h.load(100).seen(160, "FAILED", {99.95, 155, -1, 0}); },
         {{100, -1, R::none, -1, 155, failed, E::upstream_report}}},
        {"a stale FAILED is ignored",
         [](History& h) { h.load(100).seen(101, "FAILED", {20, 50, -1, 0}); },
         {{100, -1, R::none, -1, -1, no_end, E::none}}},
        {"a stale FAILED without created is ignored",
         [](History& h) { h.load(100).seen(101, "FAILED", {-1, 50, -1, 0}); },
         {{100, -1, R::none, -1, -1, no_end, E::none}}},
        {"expired, as the upstream reports it, spin-down included",
         [](History& h) { booted(h), h.seen(2270, "STOPPED", {99.95, 2260, 2200, 0}); },
         {{100, 400, R::expiry_clock, 2200, 2260, expired, E::upstream_report}}},
        {"stopped before its expiry: somebody deleted it elsewhere",
         [](History& h) { booted(h), h.seen(910, "STOPPED", {99.95, 900, -1, 0}); },
         {{100, 400, R::expiry_clock, 2200, 900, deleted, E::upstream_report}}},
        {"expired unseen: its own expiry proves that it ran",
         [](History& h) { h.load(100).seen(9000, "STOPPED", {99.95, 2230, 2200, 0}); },
         {{100, 400, R::expiry_clock, 2200, 2230, expired, E::upstream_report}}},
        {"vanished between two looks, the expiry among them",
         [](History& h) { booted(h), h.absent(3000); },
         {{100, 400, R::expiry_clock, 2200, 2200, expired, E::bounded, true}}},
        {"vanished after its expiry: the last proof and the gap",
         [](History& h) {
             booted(h), h.seen(2230.1, "RUNNING", {99.95, 400.5, 2200, 0}).absent(2260);
         },
         {{100, 400, R::expiry_clock, 2200, 2260, expired, E::bounded, true}}},
        {"vanished before its expiry: the last proof and at most the grace",
         [](History& h) { booted(h), h.absent(1000); },
         {{100, 400, R::expiry_clock, 2200, 524.9, vanished, E::bounded, true}}},
        {"vanished before its expiry, denied soon",
         [](History& h) { booted(h), h.absent(415); },
         {{100, 400, R::expiry_clock, 2200, 415, vanished, E::bounded, true}}},
        {"a delete's 404 is a denial",
         [](History& h) { booted(h), h.deletion(415, 404); },
         {{100, 400, R::expiry_clock, 2200, 415, vanished, E::bounded, true}}},
        {"a boot that vanished never ran",
         [](History& h) { h.load(100).absent(160); },
         {{100, -1, R::none, -1, 160, vanished, E::bounded, true}}},
        {"a denial that was asked before the load was answered is not about it",
         [](History& h) { h.load(100).absent(100.05); },
         {{100, -1, R::none, -1, -1, no_end, E::none}}},
        {"an instance that answers again was never gone",
         [](History& h) {
             booted(h), h.absent(500).seen(600, "RUNNING", {99.95, 400.5, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, -1, no_end, E::none}}},
        {"an instance that takes a new run was never gone",
         [](History& h) { booted(h), h.absent(500).run(600, 601); },
         {{100, 400, R::expiry_clock, 2401, -1, no_end, E::none}}},
        {"a run that was under way when it was denied revives nothing",
         [](History& h) { booted(h), h.run(480, 600).absent(500); },
         {{100, 400, R::expiry_clock, 2400, 500, vanished, E::bounded, true}}},
        {"the upstream's word corrects an estimate",
         [](History& h) {
             booted(h), h.absent(3000).seen(3010, "STOPPED", {99.95, 2242, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 2242, expired, E::upstream_report}}},
        {"a FAILED that names no instant is a denial",
         [](History& h) { booted(h), h.seen(420, "FAILED", {99.95, -1, -1, 0}); },
         {{100, 400, R::expiry_clock, 2200, 420, failed, E::bounded, true}}},
        {"a later accepted load ends the earlier session",
         [](History& h) { booted(h), h.load(480); },
         {{100, 400, R::expiry_clock, 2200, 480, replaced, E::bounded, true},
          {480, -1, R::none, -1, -1, no_end, E::none}}},
        {"a load after the end is a new session",
         [](History& h) {
             booted(h), h.deletion(1000).load(1100);
             h.seen(1405, "RUNNING", {1099.95, 1400, 3200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer},
          {1100, 1400, R::expiry_clock, 3200, -1, no_end, E::none}}},
        {"a load after a crash is a new session",
         [](History& h) {
             booted(h), h.seen(810, "FAILED", {99.95, 800, -1, 0}).load(900);
             h.seen(905, "FAILED", {99.95, 800, -1, 0});
             h.seen(1205, "RUNNING", {899.95, 1200, 3000, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 800, failed, E::upstream_report},
          {900, 1200, R::expiry_clock, 3000, -1, no_end, E::none}}},
        {"a load after an expiry is a new session",
         [](History& h) {
             booted(h), h.seen(2270, "STOPPED", {99.95, 2260, 2200, 0}).load(2300);
         },
         {{100, 400, R::expiry_clock, 2200, 2260, expired, E::upstream_report},
          {2300, -1, R::none, -1, -1, no_end, E::none}}},
        {"a load after a vanishing is a new session, and moves no end",
         [](History& h) { booted(h), h.absent(1000).load(9000); },
         {{100, 400, R::expiry_clock, 2200, 524.9, vanished, E::bounded, true},
          {9000, -1, R::none, -1, -1, no_end, E::none}}},
        {"denial after denial bills no zombie",
         [](History& h) {
             booted(h);
             for (int at = 1000; at < 90'000; at += 500) h.absent(at).run(at + 10, at + 11, 404);
         },
         {{100, 400, R::expiry_clock, 2200, 524.9, vanished, E::bounded, true}}},
        {"a minute of refused runs revives nothing",
         [](History& h) {
             booted(h), h.absent(1000);
             h.add(1061, Runs{h.key, h.model, second(1020), 5, 0, 5, 0, 1, 1, second(1021),
                              second(1059), {}});
         },
         {{100, 400, R::expiry_clock, 2200, 524.9, vanished, E::bounded, true}}},
        {"a boot that was over before the delete, as it was told after it",
         [](History& h) {
             h.load(100).deletion(150).seen(150.05, "RUNNING", {99.95, 149, 1949, 0});
         },
         {{100, 149, R::expiry_clock, 1949, 150, deleted, E::delete_answer}}},
        {"late word of the old instance is not about the new",
         [](History& h) {
             booted(h), h.load(3000).seen(3005, "STARTING", {2999.95, 2999.95, -1, 0});
             h.seen(3010, "STOPPED", {99.95, 2240, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 2240, expired, E::upstream_report},
          {3000, -1, R::none, -1, -1, no_end, E::none}}},
        {"an accepted load that started nothing leaves the instance one session",
         [](History& h) {
             booted(h), h.load(500).seen(510, "RUNNING", {99.95, 400.5, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, -1, no_end, E::none}}},
        {"an upstream that keeps created over a reload still has two sessions",
         [](History& h) {
             booted(h), h.deletion(1000).load(1100);
             h.seen(1405, "RUNNING", {99.95, 1400, 3200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer},
          {1100, 1400, R::expiry_clock, 3200, -1, no_end, E::none}}},
        {"an upstream clock that lags is still believed about its own instance",
         [](History& h) { h.load(100).seen(405, "RUNNING", {60, 361, 2160, 0}); },
         {{100, 360, R::expiry_clock, 2160, -1, no_end, E::none}}},
        {"a load of unknown outcome opens nothing by itself",
         [](History& h) { h.load(100, 0).load_requested(200); },
         {}},
        {"a load of unknown outcome opens when an instance was created in its window",
         [](History& h) { h.load(100, 0).seen(105, "DEPLOYING", {99.95, 99.95, -1, 0}); },
         {{99.95, -1, R::none, -1, -1, no_end, E::none}}},
        {"a load without an answer opens when an instance was created in its window",
         [](History& h) {
             h.load_requested(100).seen(105, "DEPLOYING", {100.2, 100.2, -1, 0});
         },
         {{100.2, -1, R::none, -1, -1, no_end, E::none}}},
        {"an unknown load does not take the instance of the retry that was accepted",
         [](History& h) {
             h.load(100, 0).load(101).seen(105, "DEPLOYING", {100.95, 100.95, -1, 0});
         },
         {{101, -1, R::none, -1, -1, no_end, E::none}}},
        {"an instance that no load explains is discovered when seen RUNNING",
         [](History& h) {
             h.seen(300, "DEPLOYING", {200, 200, -1, 0});
             h.seen(505, "RUNNING", {200, 501, 2300, 0});
         },
         {{200, 500, R::expiry_clock, 2300, -1, no_end, E::none}}},
        {"an instance that was only seen booting, stopped or failed is not discovered",
         [](History& h) {
             h.seen(300, "DEPLOYING", {200, 200, -1, 0}).seen(400, "FAILED", {200, 390, -1, 0});
             h.seen(600, "STOPPED", {20, 90, 80, 0});
         },
         {}},
        {"an instance that somebody started elsewhere ends ours",
         [](History& h) { booted(h), h.seen(9000, "RUNNING", {5000, 5300, 9500, 7}); },
         {{100, 400, R::expiry_clock, 2200, 2200, replaced, E::bounded, true},
          {5000, 9000, R::observed, 9500, -1, no_end, E::none}}},
        {"a load that ends a discovered one",
         [](History& h) {
             h.seen(505, "RUNNING", {200, 501, 2300, 0}).absent(2290).load(3000);
         },
         {{200, 500, R::expiry_clock, 2300, 624.9, vanished, E::bounded, true},
          {3000, -1, R::none, -1, -1, no_end, E::none}}},
        {"a run resets the expiry at its end",
         [](History& h) { booted(h), h.run(1000, 1010); },
         {{100, 400, R::expiry_clock, 2810, -1, no_end, E::none}}},
        {"the upstream's expiry counts when it is newer than the last run",
         [](History& h) {
             booted(h), h.run(1000, 1010).seen(1020, "RUNNING", {99.95, 1010, 2809.9, 1});
         },
         {{100, 400, R::expiry_clock, 2809.9, -1, no_end, E::none}}},
        {"the upstream's expiry does not count when it is older than the last run",
         [](History& h) {
             booted(h), h.run(1000, 1010).seen(1005, "RUNNING", {99.95, 1000, -1, 1});
         },
         {{100, 400, R::expiry_clock, 2810, -1, no_end, E::none}}},
        {"with a run in flight, as the upstream says, there is no expiry",
         [](History& h) { booted(h), h.seen(1005, "RUNNING", {99.95, 1000, -1, 1}); },
         {{100, 400, R::expiry_clock, -1, -1, no_end, E::none}}},
        {"an instance created after a load was deleted is not that load's",
         [](History& h) {
             h.load(100).deletion(110).seen(605, "RUNNING", {300, 600.5, 2400, 0});
         },
         {{100, -1, R::none, -1, 110, deleted, E::delete_answer},
          {300, 600, R::expiry_clock, 2400, -1, no_end, E::none}}},
        {"a report of the end is final, whoever still tells that the instance lives",
         [](History& h) {
             booted(h), h.seen(700, "FAILED", {99.95, 690, -1, 0});
             h.seen(702, "RUNNING", {99.95, 400.5, 2200, 0});
         },
         {{100, 400, R::expiry_clock, 2200, 690, failed, E::upstream_report}}},
        {"a run that arrived after a report of the end was another instance's",
         [](History& h) {
             booted(h), h.seen(2300, "STOPPED", {99.95, 2290, 2200, 0}).run(9000, 9010);
         },
         {{100, 400, R::expiry_clock, 2200, 2290, expired, E::upstream_report}}},
        {"a run that arrived after a delete was another instance's",
         [](History& h) { h.load(100).deletion(110).run(9000, 9010); },
         {{100, -1, R::none, -1, 110, deleted, E::delete_answer}}},
        {"asked in one breath with the delete, what it says of the time before counts",
         [](History& h) {
             h.load(100).seen(1000, "RUNNING", {99.95, 400.5, 2200, 0}).deletion(1000);
         },
         {{100, 400, R::expiry_clock, 2200, 1000, deleted, E::delete_answer}}},
        {"a look after the delete that names no instance may be about the next one",
         [](History& h) { h.load(100).deletion(1000).seen(1005, "RUNNING", {-1, 400.5, 2200, 0}); },
         {{100, -1, R::none, -1, 1000, deleted, E::delete_answer}}},
        {"what began to run after the delete was answered is no start",
         [](History& h) {
             h.load(100).deletion(300).seen(1005, "RUNNING", {99.95, 400.5, 2200, 0});
         },
         {{100, -1, R::none, -1, 300, deleted, E::delete_answer}}},
        {"a run that arrived after one denial outlives it",
         [](History& h) { booted(h), h.absent(600).run(1000, 1010); },
         {{100, 400, R::expiry_clock, 2810, -1, no_end, E::none}}},
        {"a run that arrived after three denials was another instance's",
         [](History& h) { booted(h), h.absent(500).absent(504).absent(508).run(1000, 1010); },
         {{100, 400, R::expiry_clock, 2200, 500, vanished, E::bounded, true}}},
        {"instants are moved where clocks contradict each other",
         [](History& h) {
             h.load(100).seen(105, "RUNNING", {99.95, 99.96, 1899.97, 0}).deletion(106);
         },
         {{100, 100, R::expiry_clock, 1899.97, 106, deleted, E::delete_answer}}},
    };
    return all;
}

void expect_session(const Session& session, const Expected& expected, const char* rule) {
    EXPECT_NEAR(seconds_of(session.loaded_at), expected.loaded, 1e-6) << rule;
    EXPECT_NEAR(seconds_of(session.running_at), expected.running, 1e-6) << rule;
    EXPECT_EQ(session.running_evidence, expected.evidence) << rule;
    EXPECT_NEAR(seconds_of(session.expires_at), expected.expires, 1e-6) << rule;
    EXPECT_NEAR(seconds_of(session.ended_at), expected.ended, 1e-6) << rule;
    EXPECT_EQ(session.end_reason, expected.reason) << rule;
    EXPECT_EQ(session.end_evidence, expected.end_evidence) << rule;
    EXPECT_EQ(session.estimated, expected.estimated) << rule;
}

TEST(FoldRules, FollowsEach) {
    for (const Row& row : rows()) {
        History history;
        row.history(history);
        const auto sessions = history.sessions();
        ASSERT_EQ(sessions.size(), row.sessions.size()) << row.rule;
        for (std::size_t i = 0; i < sessions.size(); ++i)
            expect_session(sessions[i], row.sessions[i], row.rule);
    }
}

}  // namespace
}  // namespace lifecycle

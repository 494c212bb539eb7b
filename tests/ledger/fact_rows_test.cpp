#include "ledger/fact_rows.h"

#include "lifecycle/fact_json.h"
#include "support/fact_builders.h"
#include "support/memory_source.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;

const calendar::Instant noon = at("2026-10-05T12:00:00Z");

ParsedBatch parse(const std::vector<lifecycle::Fact>& facts) {
    MemorySource source;
    source.seal(facts);
    return parse_batch(*source.next(0));
}

std::vector<FactRow> fold(const std::vector<lifecycle::Fact>& facts) {
    return fold_runs(parse(facts), [](const auto&) { return true; });
}

lifecycle::Runs runs_of(const FactRow& row) {
    return std::get<lifecycle::Runs>(lifecycle::parse_fact(row.body).body);
}

TEST(FactRows, FoldRunsByKeyModelAndMinute) {
    const auto rows =
        fold({run_arrived(noon), run_ended(noon + Duration::seconds(1)),
              loaded(noon + Duration::seconds(2)), run_arrived(noon + Duration::seconds(3)),
              run_arrived(noon + Duration::seconds(4), key("bb")),
              run_ended(noon + Duration::seconds(59)), run_ended(noon + Duration::seconds(61))});
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(rows[0].kind, "load_answered");
    EXPECT_EQ(rows[0].subject, Subject::instance);
    EXPECT_EQ(rows[1].subject, Subject::runs);
    EXPECT_EQ(rows[0].sequence, 3u);
    EXPECT_EQ(rows[1].key, key("bb"));
    EXPECT_EQ(rows[2].sequence, 6u);  // the last record of its group
    const auto minute = runs_of(rows[2]);
    EXPECT_EQ(minute.minute, noon);
    EXPECT_EQ(minute.arrived, 2u);
    EXPECT_EQ(minute.accepted, 2u);
    EXPECT_EQ(minute.request_bytes, 20u);
    EXPECT_EQ(minute.first_arrival, noon);
    EXPECT_EQ(minute.last_arrival, noon + Duration::seconds(3));
    EXPECT_EQ(minute.last_accepted_end, noon + Duration::seconds(59));
    EXPECT_EQ(runs_of(rows[3]).minute, noon + Duration::seconds(60));
}

TEST(FactRows, KeepOfAMinutesRunsTheShortestThatTellsOfTheClocks) {
    const auto ended = [](int asked, int answered, bool has_date = true) {
        lifecycle::Fact fact = run_ended(noon + Duration::seconds(answered));
        auto& run = std::get<lifecycle::RunEnded>(fact.body);
        run.asked_at = noon + Duration::seconds(asked);
        if (has_date) run.date = noon + Duration::seconds(100 + answered);
        return fact;
    };
    // The last ended before it came: the clock was set back.
    const auto rows =
        fold({ended(1, 9), ended(10, 12), ended(13, 15), ended(16, 16, false), ended(30, 20)});
    ASSERT_EQ(rows.size(), 1u);
    const auto runs = runs_of(rows[0]);
    EXPECT_EQ(runs.asked_at, noon + Duration::seconds(13));
    EXPECT_EQ(runs.answered_at, noon + Duration::seconds(15));
    EXPECT_EQ(runs.date, noon + Duration::seconds(115));
    EXPECT_EQ(runs.last_accepted_arrival, noon + Duration::seconds(30));
}

TEST(FactRows, RunsOfTwoBootsAreTwoFacts) {
    const auto rows = fold({run_arrived(noon), started(noon, "http://other"), run_arrived(noon)});
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].kind, "runs");
    EXPECT_EQ(rows[1].kind, "gateway_started");
    EXPECT_EQ(runs_of(rows[2]).arrived, 1u);
}

TEST(FactRows, RunsOfStrangersAreOneFactABootOfTheirFirstMinute) {
    const std::vector<lifecycle::Fact> facts{
        run_arrived(noon + Duration::seconds(70), key("bb")),
        run_arrived(noon, key("cc")),
        run_ended(noon + Duration::seconds(75), key("bb"), 401),
        run_arrived(noon + Duration::seconds(76)),
        loaded(noon),
        started(noon, "http://other"),
        run_arrived(noon + Duration::seconds(200), key("cc")),
    };
    const auto rows = fold_runs(parse(facts), [](const auto& known) { return known == key(); });
    std::vector<std::uint64_t> sequences;
    for (const FactRow& row : rows) sequences.push_back(row.sequence);
    ASSERT_EQ(sequences, (std::vector<std::uint64_t>{3, 4, 5, 6, 7}));
    const auto first = runs_of(rows[0]);
    EXPECT_TRUE(rows[0].key.empty() && rows[0].model.empty());
    EXPECT_EQ(rows[0].occurred_at, noon + Duration::seconds(75));
    EXPECT_EQ(first.minute, noon + Duration::seconds(60));
    EXPECT_EQ(first.arrived, 2u);
    EXPECT_EQ(first.refused, 1u);
    EXPECT_EQ(first.first_arrival, noon);
    EXPECT_EQ(first.last_arrival, noon + Duration::seconds(70));
    EXPECT_EQ(rows[1].key, key());
    EXPECT_EQ(runs_of(rows[4]).minute, noon + Duration::seconds(180));
}

TEST(FactRows, AStrangersTextIsNowhere) {
    const auto rows =
        fold_runs(parse({run_arrived(noon, key("bb"))}), [](const auto&) { return false; });
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].body.find(key("bb").text()), std::string::npos);
    EXPECT_TRUE(runs_of(rows[0]).key.empty());
}

TEST(FactRows, SayWhatTheyTellOf) {
    const auto rows = fold({started(noon, "http://origin"),
                            {noon, lifecycle::CatalogueEntry{lifecycle::ModelName("m"), "1"}},
                            {noon, lifecycle::ModelSet{lifecycle::ModelName("m"), "2", "me"}}});
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].subject, Subject::gateway);
    EXPECT_EQ(rows[1].subject, Subject::model);
    EXPECT_EQ(rows[2].subject, Subject::model);
    EXPECT_EQ(rows[2].model.text(), "m");
    EXPECT_TRUE(rows[2].key.empty());
}

TEST(FactRows, AreTheSameEachTime) {
    const std::vector<lifecycle::Fact> facts{run_arrived(noon), run_ended(noon), loaded(noon),
                                             run_arrived(noon, key("bb"))};
    const auto once = fold(facts);
    const auto again = fold(facts);
    ASSERT_EQ(once.size(), again.size());
    for (std::size_t i = 0; i < once.size(); ++i) {
        EXPECT_EQ(once[i].body, again[i].body);
        EXPECT_EQ(once[i].sequence, again[i].sequence);
    }
}

TEST(FactRows, KeepAFoldedFactReadable) {
    const auto rows = fold({run_arrived(noon), run_ended(noon + Duration::seconds(1))});
    ASSERT_EQ(rows.size(), 1u);
    const lifecycle::Fact fact = lifecycle::parse_fact(rows[0].body);
    EXPECT_EQ(fact.occurred_at, noon + Duration::seconds(1));
    EXPECT_EQ(std::get<lifecycle::Runs>(fact.body).accepted, 1u);
}

TEST(FactRows, KnowWhichKeysTheUpstreamTook) {
    const ParsedBatch batch =
        parse({loaded(noon, key("a1"), "1", 401), loaded(noon, key("a2")),
               run_ended(noon, key("a3"), 500), run_ended(noon, key("a4"), 200),
               seen_running(noon, noon, noon, key("a5")), run_arrived(noon, key("a6"))});
    EXPECT_EQ(batch.keys.size(), 6u);
    EXPECT_EQ(batch.accepted, (std::set{key("a2"), key("a4"), key("a5")}));
}

}  // namespace
}  // namespace ledger

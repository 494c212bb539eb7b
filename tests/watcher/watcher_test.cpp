#include "watcher/watcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "lifecycle/fold.h"
#include "platform/clock.h"
#include "watcher/collecting_journal.h"
#include "watcher/fake_upstream.h"
#include "watcher/http_upstream.h"
#include "watcher/scratch.h"

namespace watcher {
namespace {

using calendar::Duration;
using lifecycle::InstanceAbsent;
using lifecycle::InstanceSeen;
using lifecycle::ModelName;
using Answer = FakeUpstream::Answer;

const std::string credential = "Key canary-4711-credential";
const std::string not_loaded = R"({"status":"error","error":"not loaded"})";

template <class Kind>
std::vector<Kind> of(const CollectingJournal::Facts& facts) {
    std::vector<Kind> found;
    for (const auto& fact : facts)
        if (const auto* body = std::get_if<Kind>(&fact.body)) found.push_back(*body);
    return found;
}

/// Looks until it holds, ten seconds at most: for what has no event to wait on.
bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

class WatcherTest : public testing::Test {
  protected:
    void SetUp() override {
        fake.on_status({200, fake.status_json("m", "DEPLOYING", -1, -1, 0)});
        fake.on_list({200, R"([{"name":"m","requiredRAM":2.50,"benchmarked":true}])"});
        begin();
    }

    /// A gateway process begins: all anew but the disk and the upstream.
    void begin() {
        watcher.reset();
        HttpOptions http;
        http.url = fake.url();
        http.answer_timeout = Duration::seconds(5);
        upstream = make_http_upstream(http);
        store = std::make_unique<FileCredentialStore>(scratch.path("watch"));
        catalogue = std::make_unique<bytez::Catalogue>();
        watcher = std::make_unique<Watcher>(
            Options{Pace{Duration::milliseconds(10)}, 3}, clock, journal, *upstream, *catalogue,
            *store, platform::SealingKey::load_or_make(scratch.path("seal.key")));
        watcher->start();
    }

    lifecycle::LoadAnswered load(int status = 200, std::optional<std::string> gb = "2.50") {
        return {{1, ++calls}, key, ModelName("m"), {}, gb, status, status == 200, clock.now(), {}};
    }

    lifecycle::LoadRequested intent() { return {{1, ++calls}, key, ModelName("m"), {}, "2.50"}; }

    lifecycle::DeleteAnswered deletion(int status) {
        return {{1, ++calls}, key, ModelName("m"), status, clock.now(), {}};
    }

    bool wait_for_state(const std::string& state) {
        return journal.wait_until([&](const auto& facts) {
            const auto seen = of<InstanceSeen>(facts);
            return !seen.empty() && seen.back().state == state;
        });
    }

    bool wait_until_forgotten() {
        return eventually([&] { return watcher->watched() == 0; }) &&
               eventually([&] { return std::filesystem::is_empty(scratch.path("watch")); });
    }

    bool wait_until_stored() {
        return eventually([&] { return !std::filesystem::is_empty(scratch.path("watch")); });
    }

    const lifecycle::KeyFingerprint key{"0123456789abcdef0123456789abcdef"};
    std::uint64_t calls = 0;
    platform::SystemClock clock;
    Scratch scratch;
    FakeUpstream fake;
    CollectingJournal journal;
    std::unique_ptr<Upstream> upstream;
    std::unique_ptr<FileCredentialStore> store;
    std::unique_ptr<bytez::Catalogue> catalogue;
    std::unique_ptr<Watcher> watcher;
};

TEST_F(WatcherTest, LivesThroughAnInstancesLife) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    fake.on_status({200, fake.status_json("m", "RUNNING", -1, -1, 1800)});
    ASSERT_TRUE(wait_for_state("RUNNING"));
    EXPECT_EQ(watcher->watched(), 1u);
    fake.on_status({200, fake.status_json("m", "STOPPED", -1, 1, 0)});
    ASSERT_TRUE(wait_for_state("STOPPED"));
    EXPECT_TRUE(wait_until_forgotten());
    const auto questions = fake.asked_count();
    EXPECT_EQ(of<InstanceSeen>(journal.facts()).size(), 3u) << "only what changed";
    const auto seen = of<InstanceSeen>(journal.facts())[1];
    EXPECT_EQ(seen.key, key);
    EXPECT_EQ(seen.source, lifecycle::Source::watcher);
    EXPECT_EQ(seen.inferences, 0);
    EXPECT_TRUE(seen.created && seen.modified && seen.expires_at && seen.date);
    EXPECT_EQ(fake.asked_count(), questions) << "nothing more is asked";
}

TEST_F(WatcherTest, ItsFactsFoldIntoTheSession) {
    const auto answered = load();
    std::vector<lifecycle::RecordedFact> facts{
        {lifecycle::GatewayId("gw"), 1, {clock.now(), answered}}};
    watcher->watch(answered, credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    fake.on_status({200, fake.status_json("m", "RUNNING", -1, 1, 1801)});
    ASSERT_TRUE(wait_for_state("RUNNING"));
    fake.on_status({404, not_loaded});
    ASSERT_TRUE(wait_until_forgotten());
    for (const auto& fact : journal.facts())
        facts.push_back({lifecycle::GatewayId("gw"), facts.size() + 1, fact});
    const auto sessions = lifecycle::fold(lifecycle::UpstreamId("u"), facts);
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_EQ(sessions[0].running_evidence, lifecycle::RunningEvidence::expiry_clock);
    EXPECT_EQ(sessions[0].end_reason, lifecycle::EndReason::vanished);
    EXPECT_TRUE(sessions[0].estimated);
}

TEST_F(WatcherTest, RecordsTheLastLookBeforeADenial) {
    fake.on_status({200, fake.status_json("m", "RUNNING", -1, 1, 1801)});
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("RUNNING"));
    ASSERT_TRUE(fake.wait_for_questions(fake.asked_count() + 3));
    EXPECT_EQ(of<InstanceSeen>(journal.facts()).size(), 1u);
    fake.on_status({404, not_loaded});
    ASSERT_TRUE(wait_until_forgotten());
    const auto seen = of<InstanceSeen>(journal.facts());
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_GT(seen[1].asked_at - seen[0].asked_at, Duration::milliseconds(500)) << "heartbeats";
    EXPECT_EQ(of<InstanceAbsent>(journal.facts()).size(), 3u);
}

TEST_F(WatcherTest, PicksUpOpenSessionsAfterARestart) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    ASSERT_TRUE(wait_until_stored());
    watcher->stop();
    fake.on_status({200, fake.status_json("m", "RUNNING", -1, -1, 1800)});
    const auto questions = fake.asked_count();
    begin();
    EXPECT_EQ(watcher->watched(), 1u);
    EXPECT_TRUE(wait_for_state("RUNNING"));
    EXPECT_GT(fake.asked_count(), questions);
    EXPECT_EQ(fake.asked().back().authorization, credential);
    fake.on_status({404, not_loaded});
    EXPECT_TRUE(wait_until_forgotten());
    begin();
    EXPECT_EQ(watcher->watched(), 0u);
}

TEST_F(WatcherTest, LeavesTheCredentialInNoFileLogOrFact) {
    watcher->stop();
    testing::internal::CaptureStderr();
    begin();
    watcher->watch(load(200, std::nullopt), credential);
    EXPECT_TRUE(wait_for_state("DEPLOYING"));
    EXPECT_TRUE(wait_until_stored());
    fake.on_status({401, R"({"status":"error","error":"Key canary-4711-credential"})"});
    EXPECT_TRUE(fake.wait_for_questions(fake.asked_count() + 2));
    fake.on_status({.drop = true});
    EXPECT_TRUE(fake.wait_for_questions(fake.asked_count() + 2));
    journal.refuse(true);
    fake.on_status({200, fake.status_json("m", "RUNNING", -1, -1, 1800)});
    EXPECT_TRUE(fake.wait_for_questions(fake.asked_count() + 2));
    journal.refuse(false);
    EXPECT_TRUE(wait_for_state("RUNNING"));
    watcher->stop();
    std::string everything = testing::internal::GetCapturedStderr() + journal.text();
    EXPECT_NE(everything.find("watcher"), std::string::npos);
    for (const auto& file : std::filesystem::directory_iterator(scratch.path("watch"))) {
        std::ifstream in(file.path(), std::ios::binary);
        everything.append(std::istreambuf_iterator<char>(in), {});
    }
    EXPECT_EQ(everything.find("canary"), std::string::npos) << everything;
}

TEST_F(WatcherTest, NeverInventsAnEnd) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    for (const Answer& answer :
         {Answer{401, not_loaded}, Answer{403, not_loaded}, Answer{500, not_loaded},
          Answer{503, ""}, Answer{404, "<html>"}, Answer{200, "[]"}, Answer{.drop = true}}) {
        fake.on_status(answer);
        ASSERT_TRUE(fake.wait_for_questions(fake.asked_count() + 2));
        EXPECT_EQ(watcher->watched(), 1u);
        fake.on_status({200, fake.status_json("m", "DEPLOYING", -1, -1, 0)});
        ASSERT_TRUE(fake.wait_for_questions(fake.asked_count() + 2)) << "it goes on asking";
    }
    EXPECT_TRUE(of<InstanceAbsent>(journal.facts()).empty());
}

TEST_F(WatcherTest, AsksMoreRarelyWhileTheUpstreamIsAway) {
    fake.on_status({500, ""});
    watcher->watch(load(), credential);
    ASSERT_TRUE(fake.wait_for_questions(6));
    const auto began = platform::monotonic_micros();
    ASSERT_TRUE(fake.wait_for_questions(8));
    EXPECT_GE(platform::monotonic_micros() - began, 300'000) << "10 ms doubled six times and more";
}

TEST_F(WatcherTest, EndsWithTheDelete) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    watcher->heed(deletion(401), credential);
    EXPECT_EQ(watcher->watched(), 1u);
    fake.on_status({404, not_loaded});
    watcher->heed(deletion(200), credential);
    EXPECT_TRUE(wait_until_forgotten());
}

// The fact of the delete itself may be lost with the process that was told of it.
TEST_F(WatcherTest, ADeletedInstanceIsWatchedUntilTheUpstreamDeniesIt) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    fake.on_status({500, "{}"});
    watcher->heed(deletion(200), credential);
    EXPECT_EQ(watcher->watched(), 1u);
    watcher->stop();
    EXPECT_FALSE(std::filesystem::is_empty(scratch.path("watch")));
    fake.on_status({404, not_loaded});
    begin();
    EXPECT_TRUE(wait_until_forgotten());
    EXPECT_FALSE(of<InstanceAbsent>(journal.facts()).empty());
}

// Managed keys share the operator's credential; a fact of one's key is none of the other's account.
TEST_F(WatcherTest, TheEndOfAnInstanceThatAnotherKeyEndedIsRecordedForItsLoader) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    fake.on_status({404, not_loaded});
    auto by_other = deletion(200);
    by_other.key = lifecycle::KeyFingerprint("fedcba9876543210fedcba9876543210");
    watcher->heed(by_other, credential);
    EXPECT_TRUE(journal.wait_until([&](const auto& facts) {
        const auto absent = of<InstanceAbsent>(facts);
        return !absent.empty() && absent.back().key == key;
    }));
    EXPECT_TRUE(wait_until_forgotten());
}

TEST_F(WatcherTest, AnEndThatAnotherKeyWasToldIsRecordedForTheLoader) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    fake.on_status({200, fake.status_json("m", "STOPPED", 0, 1, 1800)});
    InstanceSeen by_other;
    by_other.key = lifecycle::KeyFingerprint("fedcba9876543210fedcba9876543210");
    by_other.model = ModelName("m");
    by_other.asked_at = by_other.modified.emplace(clock.now());
    by_other.state = "STOPPED";
    watcher->heed(by_other, credential);
    EXPECT_TRUE(wait_for_state("STOPPED"));
    EXPECT_EQ(of<InstanceSeen>(journal.facts()).back().key, key);
    EXPECT_TRUE(wait_until_forgotten());
}

TEST_F(WatcherTest, ALoadByAnotherKeyLeavesTheEarlierInstanceWatched) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    auto by_other = load();
    by_other.key = lifecycle::KeyFingerprint("fedcba9876543210fedcba9876543210");
    watcher->watch(by_other, credential);
    EXPECT_EQ(watcher->watched(), 2u);
    fake.on_status({404, not_loaded});
    EXPECT_TRUE(journal.wait_until([&](const auto& facts) {
        const auto absent = of<InstanceAbsent>(facts);
        return std::any_of(absent.begin(), absent.end(),
                           [&](const auto& it) { return it.key == key; });
    }));
}

TEST_F(WatcherTest, AsksAtOnceAfterADeleteOfUnknownOutcome) {
    fake.on_status({200, fake.status_json("m", "RUNNING", -1, -1, 1800)});
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("RUNNING"));
    fake.on_status({404, not_loaded});
    watcher->heed(deletion(0), credential);
    EXPECT_TRUE(wait_until_forgotten());
    EXPECT_EQ(of<InstanceAbsent>(journal.facts()).size(), 3u);
}

TEST_F(WatcherTest, AsksAtOnceAfterALoadOfUnknownOutcome) {
    watcher->watch(load(0), credential);
    EXPECT_TRUE(wait_for_state("DEPLOYING"));
    EXPECT_EQ(watcher->watched(), 1u);
}

TEST_F(WatcherTest, AsksAfterARestartWhatBecameOfALoadUnderWay) {
    std::atomic<int> stored = 0;
    watcher->expect(intent(), credential, [&](bool done) { stored = done ? 1 : -1; });
    ASSERT_TRUE(eventually([&] { return stored != 0; }));
    EXPECT_EQ(stored, 1);
    EXPECT_FALSE(std::filesystem::is_empty(scratch.path("watch"))) << "before `stored` was called";
    EXPECT_EQ(fake.asked_count(), 0u) << "its answer is still to come";
    begin();  // it never came
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    EXPECT_EQ(fake.asked().front().authorization, credential);
    fake.on_status({404, not_loaded});
    watcher->heed(deletion(200), credential);
    EXPECT_TRUE(wait_until_forgotten());
}

TEST_F(WatcherTest, KeepsNoCredentialOfARefusedLoad) {
    std::atomic<int> stored = 0;
    const auto count = [&](bool) { ++stored; };
    watcher->expect(intent(), credential, count);
    watcher->expect(intent(), credential, count);
    watcher->expect_no_more({key, ModelName("m")});
    ASSERT_TRUE(eventually([&] { return stored == 2; }));
    EXPECT_TRUE(wait_until_stored()) << "the other load is still under way";
    watcher->watch(load(404), credential);
    EXPECT_TRUE(wait_until_forgotten());
    EXPECT_EQ(fake.asked_count(), 0u);
}

TEST_F(WatcherTest, AnInstanceStaysWatchedWhenAFurtherLoadIsRefused) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    std::atomic<bool> stored = false;
    watcher->expect(intent(), credential, [&](bool done) { stored = done; });
    ASSERT_TRUE(eventually([&] { return stored.load(); }));
    watcher->expect_no_more({key, ModelName("m")});
    journal.clear();
    begin();
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    EXPECT_EQ(watcher->watched(), 1u);
}

TEST_F(WatcherTest, TheEndOfAnInstanceLeavesTheCredentialOfALoadUnderWay) {
    watcher->watch(load(), credential);
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
    std::atomic<bool> stored = false;
    watcher->expect(intent(), credential, [&](bool done) { stored = done; });
    fake.on_status({404, not_loaded});
    watcher->heed(deletion(200), credential);
    ASSERT_TRUE(eventually([&] { return stored.load() && watcher->watched() == 0; }));
    journal.clear();
    fake.on_status({200, fake.status_json("m", "DEPLOYING", -1, -1, 1800)});
    begin();  // the load's answer never came
    ASSERT_TRUE(wait_for_state("DEPLOYING"));
}

TEST_F(WatcherTest, SaysSoWhenACredentialCannotBeStored) {
    std::filesystem::remove_all(scratch.path("watch"));
    std::ofstream(scratch.path("watch")) << "a file where the folder was";
    std::atomic<int> stored = 0;
    watcher->expect(intent(), credential, [&](bool done) { stored = done ? 1 : -1; });
    ASSERT_TRUE(eventually([&] { return stored != 0; }));
    EXPECT_EQ(stored, -1);
    std::filesystem::remove(scratch.path("watch"));
}

TEST_F(WatcherTest, DoesNotWatchARefusedLoad) {
    for (const int status : {401, 404, 500, 503}) watcher->watch(load(status), credential);
    EXPECT_EQ(watcher->watched(), 0u);
}

TEST_F(WatcherTest, LooksAtWhatALoadIsRefusedForBeingThere) {
    watcher->watch(load(409), credential);
    EXPECT_EQ(watcher->watched(), 1u);
    watcher->watch(load(429), credential);
    EXPECT_EQ(watcher->watched(), 1u) << "one instance";
}

TEST_F(WatcherTest, TakesUpAnInstanceThatPassesBy) {
    InstanceSeen seen;
    seen.key = key;
    seen.model = ModelName("m");
    seen.asked_at = clock.now();
    seen.state = "STOPPED";
    watcher->heed(seen, credential);
    EXPECT_EQ(watcher->watched(), 0u);
    seen.state = "RUNNING";
    seen.created = clock.now();
    watcher->heed(seen, credential);
    EXPECT_EQ(watcher->watched(), 1u);
    seen.key = lifecycle::KeyFingerprint("another key of the same account");
    watcher->heed(seen, "Key another");
    EXPECT_EQ(watcher->watched(), 1u) << "one instance";
    fake.on_status({404, not_loaded});
    EXPECT_TRUE(wait_until_forgotten());
}

TEST_F(WatcherTest, AsksForTheGbWhenTheLoadHadNone) {
    watcher->watch(load(200, std::nullopt), credential);
    ASSERT_TRUE(journal.wait_until(
        [](const auto& facts) { return !of<lifecycle::CatalogueEntry>(facts).empty(); }));
    EXPECT_EQ(of<lifecycle::CatalogueEntry>(journal.facts())[0].gb, "2.50");
    EXPECT_EQ(catalogue->find(ModelName("m"))->required_ram, "2.50");
    ASSERT_TRUE(fake.wait_for_questions(fake.asked_count() + 5));
    int lists = 0;
    for (const auto& asked : fake.asked()) lists += asked.path == "/model/list";
    EXPECT_EQ(lists, 1) << "once an hour";
    EXPECT_EQ(of<lifecycle::CatalogueEntry>(journal.facts()).size(), 1u);
}

TEST_F(WatcherTest, LooksThatPassByDoNotPutOffTheQuestionForTheGb) {
    fake.on_list({500, "busy"});
    watcher->watch(load(200, std::nullopt), credential);
    ASSERT_TRUE(fake.wait_for_questions(2));  // status and list, in vain
    fake.on_list({200, R"([{"name":"m","requiredRAM":2.50,"benchmarked":true}])"});
    InstanceSeen seen{
        key, ModelName("m"), lifecycle::Source::passing, {}, {}, "RUNNING", 1, 0, 1800, {}, {}, {}};
    EXPECT_TRUE(eventually([&] {
        seen.asked_at = clock.now();
        seen.expires_at = clock.now() + Duration::seconds(1800);
        watcher->heed(seen, credential);  // a client that polls faster than we do
        return !of<lifecycle::CatalogueEntry>(journal.facts()).empty();
    }));
}

TEST_F(WatcherTest, RecordsTheGbOnlyWhenItChanged) {
    watcher->watch(load(200, "2.50"), credential);
    ASSERT_TRUE(eventually([&] { return catalogue->find(ModelName("m")).has_value(); }));
    ASSERT_TRUE(fake.wait_for_questions(fake.asked_count() + 3));
    EXPECT_TRUE(of<lifecycle::CatalogueEntry>(journal.facts()).empty());
}

TEST_F(WatcherTest, LearnsNothingThatTheJournalDoesNotTake) {
    journal.refuse(true);
    fake.on_status({200, fake.status_json("m", "STOPPED", -1, 1, 0)});
    watcher->watch(load(), credential);
    ASSERT_TRUE(fake.wait_for_questions(3));
    EXPECT_EQ(watcher->watched(), 1u) << "the end is not on disk";
    journal.refuse(false);
    EXPECT_TRUE(wait_for_state("STOPPED"));
    EXPECT_TRUE(wait_until_forgotten());
}

TEST_F(WatcherTest, AsksOneQuestionAtATimePerInstanceAndFewOverall) {
    fake.on_status({.trickle = true});
    for (int i = 0; i < 10; ++i) {
        auto one = load();
        one.model = ModelName("m" + std::to_string(i));
        watcher->watch(one, credential);
    }
    ASSERT_TRUE(fake.wait_for_questions(3));
    watcher->watch(load(0), credential);
    EXPECT_EQ(fake.most_at_once(), 3);
    const auto began = platform::monotonic_micros();
    watcher->stop();
    EXPECT_LT(platform::monotonic_micros() - began, 4'000'000) << "questions under way are cut";
}

TEST_F(WatcherTest, StopsWhateverItDoes) {
    watcher->watch(load(), credential);
    watcher->stop();
    watcher->stop();
    EXPECT_EQ(watcher->watched(), 1u);
    EXPECT_EQ(store->all().size(), 1u) << "for the next start";
}

}  // namespace
}  // namespace watcher

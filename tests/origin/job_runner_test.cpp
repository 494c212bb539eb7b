// /model/job: the queue, what it remembers over a restart, and that it really measures.
#include "origin/job_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "origin/benchmark.h"
#include "platform/clock.h"
#include "support.h"

namespace origin {
namespace {

using testing::HasSubstr;
using testing_support::eventually;
using testing_support::Folder;
using testing_support::stand_in;

CatalogueEntry named(const std::string& name, CatalogueEntry entry = stand_in()) {
    entry.name = lifecycle::ModelName(name);
    return entry;
}

class JobRunnerTest : public testing::Test {
  protected:
    std::unique_ptr<JobRunner> runner(JobRunner::Benchmark benchmark) {
        return std::make_unique<JobRunner>(clock_, entries_, path_, std::move(benchmark));
    }
    Folder folder_;
    std::string path_ = folder_.path() + "/models.json";
    platform::SystemClock clock_;
    std::vector<CatalogueEntry> entries_{named("a"), named("b")};
};

TEST_F(JobRunnerTest, QueuesThenTellsThenIsAvailable) {
    std::atomic<bool> let_go = false;
    const auto jobs = runner([&](const CatalogueEntry&, const auto&) {
        eventually([&] { return let_go.load(); });
        return MemorySample{std::uint64_t{3} << 29, MemoryMethod::pss};
    });
    const JobAnswer first = jobs->ask(entries_[0]);
    EXPECT_TRUE(first.success);
    EXPECT_EQ(first.message, std::nullopt);
    EXPECT_EQ(jobs->ask(entries_[0]).message, "Model is already queued");
    // One at a time: the second has not begun.
    (void)jobs->ask(entries_[1]);
    EXPECT_TRUE(eventually([&] { return jobs->ask(entries_[0]).started.has_value(); }));
    EXPECT_EQ(jobs->ask(entries_[1]).started, std::nullopt);
    EXPECT_EQ(jobs->find_required_ram(entries_[0]), std::nullopt);
    let_go = true;
    ASSERT_TRUE(eventually([&] { return jobs->ask(entries_[1]).message == "Model available"; }));
    const JobAnswer done = jobs->ask(entries_[0]);
    EXPECT_EQ(done.message, "Model available");
    EXPECT_LE(*done.started, *done.ended);
    EXPECT_EQ(done.modified, done.ended);
    EXPECT_EQ(jobs->find_required_ram(entries_[0]), "1.5");
}

TEST_F(JobRunnerTest, TellsAFailureOnceAndThenTriesAnew) {
    std::atomic<int> tries = 0;
    const auto jobs = runner([&](const CatalogueEntry&, const auto&) -> MemorySample {
        if (++tries == 1) throw std::runtime_error("no weights here");
        return {1 << 30, MemoryMethod::pss};
    });
    (void)jobs->ask(entries_[0]);
    ASSERT_TRUE(eventually([&] { return tries == 1; }));
    JobAnswer answer;
    ASSERT_TRUE(eventually([&] { return !(answer = jobs->ask(entries_[0])).success; }));
    EXPECT_EQ(answer.message, "no weights here");
    EXPECT_TRUE(answer.ended);
    EXPECT_EQ(jobs->find_required_ram(entries_[0]), std::nullopt);
    EXPECT_EQ(jobs->ask(entries_[0]).message, std::nullopt) << "queued anew";
    EXPECT_TRUE(eventually([&] { return jobs->find_required_ram(entries_[0]) == "1"; }));
}

TEST_F(JobRunnerTest, RemembersOverARestart) {
    {
        const auto jobs = runner([&](const CatalogueEntry& entry, const auto& is_wanted) {
            if (entry.name.text() == "a") return MemorySample{1 << 29, MemoryMethod::rss};
            eventually([&] { return !is_wanted(); });  // until the origin ends
            throw std::runtime_error("broken off");
        });
        (void)jobs->ask(entries_[0]);
        (void)jobs->ask(entries_[1]);
        ASSERT_TRUE(eventually([&] { return jobs->ask(entries_[1]).started.has_value(); }));
    }
    const auto jobs = runner([](const CatalogueEntry& entry, const auto&) {
        EXPECT_EQ(entry.name.text(), "b") << "what is known is not measured again";
        return MemorySample{1 << 30, MemoryMethod::pss};
    });
    EXPECT_EQ(jobs->find_required_ram(entries_[0]), "0.5");
    EXPECT_TRUE(eventually([&] { return jobs->find_required_ram(entries_[1]) == "1"; }))
        << "what was broken off is taken up again";
    std::ifstream file(path_);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    EXPECT_THAT(text, HasSubstr("\"rss\"")) << "and how it was measured";
}

TEST_F(JobRunnerTest, AGivenFigureNeedsNoJob) {
    entries_[0].required_ram = "0.50";
    const auto jobs = runner([](const CatalogueEntry&, const auto&) -> MemorySample {
        throw std::runtime_error("nobody asked for this");
    });
    EXPECT_EQ(jobs->ask(entries_[0]).message, "Model available");
    EXPECT_EQ(jobs->find_required_ram(entries_[0]), "0.50");
}

TEST_F(JobRunnerTest, ABrokenBookIsRefusedByName) {
    std::ofstream(path_) << "{\"version\": 1, \"models\": {\"a\": {}}}";
    try {
        (void)runner({});
        FAIL() << "it was read";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(path_));
    }
}

const auto kAlways = [] { return true; };

TEST(Benchmark, MeasuresThePeakOfARealProcess) {
    const MemorySample sample = benchmark(stand_in({"--eat-mebibytes", "100"}), "", kAlways);
    EXPECT_GT(sample.bytes, std::uint64_t{100} << 20);
    EXPECT_LT(sample.bytes, std::uint64_t{200} << 20);
}

std::string failure(const CatalogueEntry& entry,
                    const std::function<bool()>& is_wanted = kAlways) try {
    (void)benchmark(entry, "", is_wanted);
    return "";
} catch (const std::runtime_error& error) {
    return error.what();
}

TEST(Benchmark, SaysWhyItFailed) {
    EXPECT_THAT(failure(stand_in({"--die-at-start"})), HasSubstr("cannot find my weights"));
    CatalogueEntry slow = stand_in({"--never-healthy"});
    slow.boot_limit = calendar::Duration::milliseconds(300);
    EXPECT_THAT(failure(slow), HasSubstr("not ready in time"));
}

TEST(Benchmark, EndsWhenItIsNotWantedAnyMore) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_NE(failure(stand_in({"--never-healthy"}), [] { return false; }), "");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace origin

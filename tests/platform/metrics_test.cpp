#include "platform/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "platform/process_metrics.h"

using calendar::Duration;
using platform::Metrics;

TEST(Metrics, AreWrittenByFamilyWithHelpAndType) {
    Metrics metrics;
    metrics.counter("b_total", "Calls.", {{"call", "run"}, {"code_class", "2xx"}}).add(3);
    metrics.counter("b_total", "Calls.", {{"call", "load"}, {"code_class", "5xx"}}).add();
    metrics.gauge("a_open", "Open \\ now\nhere.").set(-4);
    EXPECT_EQ(metrics.to_prometheus(),
              "# HELP a_open Open \\\\ now\\nhere.\n"
              "# TYPE a_open gauge\n"
              "a_open -4\n"
              "# HELP b_total Calls.\n"
              "# TYPE b_total counter\n"
              "b_total{call=\"load\",code_class=\"5xx\"} 1\n"
              "b_total{call=\"run\",code_class=\"2xx\"} 3\n");
}

TEST(Metrics, EscapeLabelValues) {
    Metrics metrics;
    metrics.gauge("a", "A.", {{"x", "q\"b\\n\n"}});
    EXPECT_THAT(metrics.to_prometheus(), testing::HasSubstr("a{x=\"q\\\"b\\\\n\\n\"} 0\n"));
}

TEST(Metrics, OfTheSameNameAndLabelsAreTheSame) {
    Metrics metrics;
    EXPECT_EQ(&metrics.counter("x_total", "X."), &metrics.counter("x_total", "X."));
    EXPECT_NE(&metrics.counter("x_total", "X."), &metrics.counter("x_total", "X.", {{"a", "b"}}));
}

TEST(Metrics, HistogramsAreCumulativeAndInSeconds) {
    Metrics metrics;
    auto& histogram = metrics.histogram("wait_seconds", "W.", {Duration{500}, Duration::seconds(2)},
                                        {{"a", "b"}});
    for (const std::int64_t micros : {1, 500, 501, 2'000'000, 2'000'001}) {
        histogram.observe({micros});
    }
    EXPECT_EQ(metrics.to_prometheus(),
              "# HELP wait_seconds W.\n"
              "# TYPE wait_seconds histogram\n"
              "wait_seconds_bucket{a=\"b\",le=\"0.0005\"} 2\n"
              "wait_seconds_bucket{a=\"b\",le=\"2\"} 4\n"
              "wait_seconds_bucket{a=\"b\",le=\"+Inf\"} 5\n"
              "wait_seconds_sum{a=\"b\"} 4.001003\n"
              "wait_seconds_count{a=\"b\"} 5\n");
}

TEST(Metrics, ReadingsAreExactAndLastAsLongAsTheirToken) {
    std::shared_ptr<void> longest;
    {
        Metrics metrics;
        std::string value = "12345678901234567890.000000000001";
        auto token = metrics.read_at_scrape(Metrics::Kind::counter, "gb_seconds_total", "G.",
                                            [&] { return value; });
        EXPECT_THAT(metrics.to_prometheus(),
                    testing::EndsWith("gb_seconds_total 12345678901234567890.000000000001\n"));
        value.clear();
        EXPECT_EQ(metrics.to_prometheus(), "");
        value = "1";
        token.reset();
        EXPECT_EQ(metrics.to_prometheus(), "");
        longest = metrics.read_at_scrape(Metrics::Kind::gauge, "g", "G.", [] { return "2"; });
        EXPECT_THAT(metrics.to_prometheus(), testing::HasSubstr("g 2\n"));
    }
    longest.reset();  // after its registry
}

TEST(Metrics, LoseNoCountOfManyThreads) {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            auto& counter = metrics.counter("x_total", "X.");
            for (int i = 0; i < 10'000; ++i) counter.add();
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(metrics.counter("x_total", "X.").value(), 40'000u);
}

TEST(MetricsDeathTest, RefuseNamesThatBreakTheRules) {
    Metrics metrics;
    EXPECT_DEATH(metrics.counter("calls", "C."), "counters end in _total");
    EXPECT_DEATH(metrics.gauge("calls_total", "C."), "counters end in _total");
    EXPECT_DEATH(metrics.gauge("1st", "C."), "a metric's name");
    EXPECT_DEATH(metrics.gauge("a", "A.", {{"le", "x"}}), "a label's name");
    metrics.gauge("a", "A.");
    EXPECT_DEATH(metrics.histogram("a", "A.", {}), "one metric of two types");
}

TEST(ProcessMetrics, TellWhatTheProcessTakes) {
    Metrics metrics;
    {
        const auto token = platform::show_process_metrics(metrics, "1.2.3");
        const std::string text = metrics.to_prometheus();
        EXPECT_THAT(text, testing::HasSubstr("tollgate_build_info{version=\"1.2.3\"} 1\n"));
        for (const char* name : {"\nprocess_cpu_seconds_total ", "\nprocess_resident_memory_bytes ",
                                 "\nprocess_open_fds ", "\nprocess_start_time_seconds "}) {
            EXPECT_THAT(text, testing::HasSubstr(name));
        }
    }
    EXPECT_EQ(metrics.to_prometheus(), "");
}

// The strict reader itself, and what the registry writes, read by it.
#include "console/exposition.h"

#include <gtest/gtest.h>

#include "platform/metrics.h"
#include "platform/process_metrics.h"

using exposition::Malformed;
using exposition::parse;

TEST(Exposition, RefusesWhatPromtoolWould) {
    const std::string head = "# HELP a_total A.\n# TYPE a_total counter\n";
    EXPECT_EQ(parse(head + "a_total{b=\"c\"} 1\n").at("a_total").samples.size(), 1u);
    for (const std::string& text : {
             head + "a_total 1",               // no line feed
             head + "a_total one\n",           // no number
             head + "a_total 1\na_total 2\n",  // twice
             head + "b_total 1\n",             // of no family
             head,                             // empty
             head + "a_total{b=\"c} 1\n",      // open value
             head + "a_total{b=\"\\x\"} 1\n",  // unknown escape
             head + "a_total 1\n\n",           // empty line
             head + "a_total 1\n" + head + "a_total{b=\"c\"} 1\n",
             std::string("a_total 1\n"),
             std::string("# TYPE a_total counter\na_total 1\n"),
             std::string("# HELP a A.\n# TYPE a counter\na 1\n"),
             std::string("# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n"),
             std::string("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\n"),
             std::string("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\n"
                         "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"),
         }) {
        EXPECT_THROW(parse(text), Malformed) << text;
    }
}

TEST(Exposition, OfTheRegistryIsStrictlyRight) {
    platform::Metrics metrics;
    const auto token = platform::show_process_metrics(metrics, "0.1.0");
    metrics.counter("tollgate_requests_total", "Calls.", {{"call", "run"}, {"code_class", "2xx"}});
    metrics.gauge("tollgate_open_sessions", "Sessions.\nTwo lines \\ here.").set(-2);
    metrics.gauge("tollgate_odd", "O.", {{"a", "quote \" back \\ line\nend,}="}});
    auto& histogram = metrics.histogram(
        "tollgate_wait_seconds", "W.",
        {calendar::Duration::milliseconds(1), calendar::Duration::seconds(1)}, {{"call", "run"}});
    for (int i = 0; i < 2'000; i += 7) histogram.observe(calendar::Duration::milliseconds(i));
    metrics.histogram("tollgate_other_seconds", "O.", {});
    const auto decimal =
        metrics.read_at_scrape(platform::Metrics::Kind::counter, "tollgate_gigabyte_seconds_total",
                               "G.", [] { return "0.0166667"; });
    const auto families = parse(metrics.to_prometheus());
    EXPECT_EQ(families.at("tollgate_gigabyte_seconds_total").samples.at(0).value, "0.0166667");
    EXPECT_EQ(families.at("tollgate_odd").samples.at(0).labels.at(0).second,
              "quote \" back \\ line\nend,}=");
    EXPECT_EQ(families.at("tollgate_wait_seconds").samples.size(), 5u);
}

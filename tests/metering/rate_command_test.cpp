// `tollgate rate` as a shell sees it: statuses, streams, memory.
#include <gtest/gtest.h>

#include <algorithm>

#include "metering/rate_run.h"

namespace metering {
namespace {

const std::string good =
    R"({"session":"s","account":"a","model":"m","gb":"0.50","concurrency":1,)"
    R"("loaded_at":"2026-10-05T10:00:00Z","running_at":"2026-10-05T10:00:00Z","expires_at":null,)"
    R"("ended_at":"2026-10-05T10:01:00Z","end_reason":"deleted"})";
const std::string seed = "--plan " + plan_path("bytez-2024-06");

std::size_t line_count(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(RateCommand, PrintsTheKeysInTheirOrder) {
    const auto run = run_rate(seed, good);
    EXPECT_EQ(run.output,
              R"({"session":"s","account":"a","model":"m","plan":"bytez-2024-06","currency":"USD",)"
              R"("concurrency":1,"start":"2026-10-05T10:00:00Z","end":"2026-10-05T10:01:00Z",)"
              R"("used_seconds":"60","minimum_seconds":"0","rounding_seconds":"0",)"
              R"("spin_down_seconds":"0","billable_seconds":"60","estimated":false,)"
              R"("gb_seconds":"30","amount":"0.000500001","status":"rated",)"
              R"("slices":[{"period":"2026-10","seconds":"60","gb_seconds":"30",)"
              R"("amount":"0.000500001"}]})"
              "\n");
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(run.errors, "");
}

TEST(RateCommand, CountsBlankLinesAndTakesAnyLineEnd) {
    const auto run = run_rate(seed, "\n \t\r\n" + good + "\r\n\nbad\n" + good);
    EXPECT_EQ(line_count(run.output), 2u);
    EXPECT_EQ(run.errors, "line 5: not one JSON object\n");
    EXPECT_EQ(run.status, 1);
    const auto empty = run_rate(seed, "");
    EXPECT_EQ(empty.status, 0);
    EXPECT_EQ(empty.output + empty.errors, "");
}

TEST(RateCommand, SkipsALineThatIsTooLongAndGoesOn) {
    const std::string huge = "{\"x\":\"" + std::string(9u << 20, 'x') + "\"}";
    const auto run = run_rate(seed, good + "\n" + huge + "\n" + good + "\n" + huge);
    EXPECT_EQ(line_count(run.output), 2u);
    EXPECT_EQ(run.errors, "line 2: longer than 4 MiB\nline 4: longer than 4 MiB\n");
    EXPECT_EQ(run.status, 1);
}

TEST(RateCommand, TakesALongLineWhole) {
    std::string line = good;
    line.insert(line.size() - 1, ",\"x\":\"" + std::string(3u << 20, 'x') + "\"");
    EXPECT_EQ(run_rate(seed, good + "\n" + line + "\n" + good).output,
              run_rate(seed, good + "\n" + good + "\n" + good).output);
}

TEST(RateCommand, RefusesBadUseWithoutOutput) {
    for (const std::string& options : std::vector<std::string>{
             std::string(""),
             std::string("--plan /nonexistent.json"),
             std::string("--plan /"),
             "--plan " TEST_DATA "/metering/named.sessions.jsonl",
             seed + " --timezone Mars/Olympus",
             seed + " --timezone ../../etc/passwd",
             seed + " --timezone ''",
             seed + " --timezone europe/berlin",
             seed + " --as-of yesterday",
             seed + " --as-of 2026-10-05",
             seed + " --as-of ''",
             seed + " --unknown",
             seed + " argument",
         }) {
        const auto run = run_rate(options, good);
        EXPECT_EQ(run.status, 2) << options;
        EXPECT_EQ(run.output, "") << options;
        EXPECT_NE(run.errors, "") << options;
    }
}

TEST(RateCommand, EndsQuietlyWhenNobodyReads) {
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += good + "\n";
    const support::TemporaryDirectory directory;
    write_file(directory.path() + "/in", many);
    const std::string command = "timeout 60 " TOLLGATE_BINARY " rate " + seed + " <" +
                                directory.path() + "/in 2>" + directory.path() +
                                "/err | head -n 1 >" + directory.path() + "/out";
    EXPECT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(line_count(read_file(directory.path() + "/out")), 1u);
}

TEST(RateCommand, SaysWhenTheOutputCannotBeWritten) {
    const support::TemporaryDirectory directory;
    write_file(directory.path() + "/in", good + "\n");
    const std::string command = "timeout 60 " TOLLGATE_BINARY " rate " + seed + " <" +
                                directory.path() + "/in >/dev/full 2>" + directory.path() + "/err";
    const int result = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(result), 3);
    EXPECT_NE(read_file(directory.path() + "/err").find("cannot write the output"),
              std::string::npos);
}

TEST(RateCommand, AnswersALineBeforeTheInputEnds) {
    // The writer sends its second line only after the answer to the first has come back.
    const support::TemporaryDirectory directory;
    const std::string base = directory.path();
    write_file(base + "/line", good + "\n");
    const std::string script = "cd " + base +
                               " && mkfifo in out && { timeout 60 " TOLLGATE_BINARY " rate " +
                               seed + " <in >out & } && exec 3>in 4<out && cat line >&3 && " +
                               "timeout 30 head -n 1 <&4 >first && cat line >&3 && exec 3>&- && "
                               "timeout 30 cat <&4 >second; wait";
    write_file(base + "/script", script);
    ASSERT_EQ(std::system(("timeout 90 bash " + base + "/script").c_str()), 0);
    EXPECT_EQ(line_count(read_file(base + "/first")), 1u);
    EXPECT_EQ(read_file(base + "/second"), read_file(base + "/first"));
}

TEST(RateCommand, MemoryDoesNotGrowWithTheInput) {
#ifdef TOLLGATE_SANITIZED
    GTEST_SKIP() << "a sanitizer reserves terabytes of addresses";
#endif
    // 180 MB of lines under an address space that could not hold them.
    const support::TemporaryDirectory directory;
    write_file(directory / "line", good + "\n");
    write_file(directory / "script",
               "ulimit -v 131072; line=$(cat " + (directory / "line") +
                   "); yes \"$line\" | head -n 800000 | timeout 100 " TOLLGATE_BINARY " rate " +
                   seed + " | wc -l >" + (directory / "count"));
    // The status is that of `yes`, which ends by a signal when enough was taken of it.
    (void)std::system(("bash " + (directory / "script")).c_str());
    EXPECT_EQ(read_file(directory / "count"), "800000\n");
}

}  // namespace
}  // namespace metering

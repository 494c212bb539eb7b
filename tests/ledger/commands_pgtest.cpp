// The commands as users script them: the real binary on a data directory of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include "platform/command.h"
#include "platform/files.h"
#include "support/temporary_directory.h"

namespace {

using testing::HasSubstr;

class Commands : public testing::Test {
  protected:
    platform::CommandResult run(const std::vector<std::string>& arguments) {
        platform::Command command;
        command.arguments.emplace_back(TOLLGATE_BINARY);
        for (const std::string& argument : arguments) command.arguments.push_back(argument);
        command.arguments.emplace_back("--set");
        command.arguments.push_back("data_dir=" + home_.path());
        command.timeout = calendar::Duration::seconds(60);
        return platform::run_command(command);
    }
    support::TemporaryDirectory home_;
};

TEST_F(Commands, KeepAccountsKeysPlansAndModelsAndExitAsPromised) {
    EXPECT_EQ(run({"account", "create", "Ada", "--timezone", "Europe/Berlin"}).status, 0);
    const auto taken = run({"account", "create", "Ada"});
    EXPECT_EQ(taken.status, 1);
    EXPECT_THAT(taken.output, HasSubstr("there is an account `Ada` already"));
    EXPECT_THAT(run({"key", "create", "Ada"}).output, testing::StartsWith("tg_"));
    EXPECT_THAT(run({"key", "list", "--format", "csv"}).output, HasSubstr(",Ada,,yes,"));
    const std::string plan = std::string(TEST_DATA) + "/plans/bytez-2024-06.json";
    EXPECT_THAT(run({"plan", "add", plan}).output, HasSubstr("added"));
    EXPECT_EQ(run({"plan", "assign", "Ada", "bytez-2024-06"}).status, 0);
    EXPECT_THAT(run({"plan", "list"}).output, HasSubstr("bytez-2024-06  Ada"));
    EXPECT_EQ(run({"model", "set", "a/b", "--gb", "0.548"}).status, 0);
    EXPECT_EQ(run({"model", "set", "a/b", "--gb", "much"}).status, 1);
    EXPECT_THAT(run({"model", "list", "--format", "json"}).output, HasSubstr("\"gb\": \"0.548\""));
    EXPECT_EQ(run({"session", "list", "--format", "jsonl"}).output, "");
    EXPECT_EQ(run({"session", "list", "--month", "october"}).status, 2);
    EXPECT_EQ(run({"session", "show", "none"}).status, 1);
    EXPECT_EQ(run({"session", "explain", "none"}).status, 1);
    EXPECT_EQ(run({"session", "explain", "none", "--format", "csv"}).status, 2);
}

TEST_F(Commands, VerifyTheBooks) {
    const auto found = run({"verify"});
    EXPECT_EQ(found.status, 0) << found.output;
    EXPECT_THAT(found.output, HasSubstr("0 facts in 0 chains"));
    EXPECT_THAT(found.output, HasSubstr("all agree"));
    EXPECT_THAT(run({"verify", "--month", "2026-10", "--format", "json"}).output,
                HasSubstr("\"agrees\": true"));
    EXPECT_EQ(run({"verify", "--month", "october"}).status, 2);
}

TEST_F(Commands, SignCheckpoints) {
    const auto none = run({"checkpoint", "--public-key"});
    EXPECT_EQ(none.status, 1);
    EXPECT_THAT(none.output, HasSubstr("there is no key yet"));
    const auto made = run({"checkpoint"});
    EXPECT_EQ(made.status, 0) << made.output;
    const std::string key = run({"checkpoint", "--public-key"}).output;
    EXPECT_EQ(key.size(), 65u);
    EXPECT_EQ(run({"checkpoint", "--public-key"}).output, key);
    EXPECT_THAT(made.output, testing::StartsWith("checkpoint 1\n{\"checkpoint\":1,"));
    EXPECT_THAT(made.output, HasSubstr("public key " + key));
    EXPECT_THAT(run({"checkpoint"}).output, testing::StartsWith("checkpoint 2\n"));
    EXPECT_THAT(run({"verify"}).output, HasSubstr("2 checkpoints"));
    // Signed by a key that is not ours any more.
    ASSERT_EQ(::unlink((home_ / "sign.key").c_str()), 0);
    EXPECT_EQ(run({"verify"}).status, 0);
    EXPECT_EQ(run({"verify", "--public-key", std::string(64, 'a')}).status, 1);
    EXPECT_EQ(run({"verify", "--public-key", key.substr(0, 64)}).status, 0);
    EXPECT_EQ(run({"verify", "--public-key", "abc"}).status, 2);
}

TEST_F(Commands, HoldAnUpstreamsBillAgainstTheSessions) {
    const auto write = [&](const std::string& name, const std::string& text) {
        platform::write_file_atomically(home_ / name, text);
        return home_ / name;
    };
    const auto bill = write("bill.csv", "model,start\na/b,2026-10-05T10:00:00Z\n");
    const auto only_theirs = run({"reconcile", bill});
    EXPECT_EQ(only_theirs.status, 1) << only_theirs.output;
    EXPECT_THAT(only_theirs.output, HasSubstr("0 agree, 0 differ, 1 only theirs, 0 only ours"));
    EXPECT_THAT(run({"reconcile", bill, "--format", "json"}).output,
                HasSubstr("\"agrees\": false"));
    EXPECT_THAT(run({"reconcile", bill, "--format", "csv"}).output,
                HasSubstr("only_theirs,2,,a/b,start,2026-10-05T10:00:00Z,,"));
    EXPECT_EQ(run({"reconcile", write("none.json", "[]")}).status, 0);
    const auto bad = run({"reconcile", write("bad.csv", "model,start\na,soon\n")});
    EXPECT_EQ(bad.status, 2);
    EXPECT_THAT(bad.output, HasSubstr("bad.csv: line 2: start is not an instant"));
    EXPECT_EQ(run({"reconcile", home_ / "missing.csv"}).status, 2);
    const auto other = write("other.csv", "What,When\na,2026-10-05T10:00:00Z\n");
    EXPECT_EQ(run({"reconcile", other}).status, 2);
    EXPECT_EQ(run({"reconcile", other, "--map", "What=model", "--map", "When=start"}).status, 1);
    EXPECT_EQ(run({"reconcile", other, "--map", "What=nothing"}).status, 2);
}

TEST_F(Commands, SayWhatToDoWhenTheDatabaseCannotBeReached) {
    const auto away = run({"account", "list", "--set", "database.url=postgresql://127.0.0.1:1/x"});
    EXPECT_EQ(away.status, 3);
    EXPECT_THAT(away.output, HasSubstr("the database cannot be reached"));
}

}  // namespace

#include "platform/embedded_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <pqxx/pqxx>
#include <thread>

#include "platform/command.h"
#include "platform/postgres_files.h"
#include "support/temporary_directory.h"

namespace platform {
namespace {

using support::TemporaryDirectory;

EmbeddedPostgresOptions options_for(const std::string& data_dir) {
    EmbeddedPostgresOptions options;
    options.data_dir = data_dir;
    options.fsync = false;
    return options;
}

std::string ask(const EmbeddedPostgres& postgres, const std::string& sql) {
    pqxx::connection connection(postgres.connection_string());
    pqxx::work work(connection);
    const pqxx::result rows = work.exec(sql);
    work.commit();
    return rows.empty() ? "" : rows[0][0].as<std::string>("");
}

std::string refusal(const EmbeddedPostgresOptions& options) {
    try {
        EmbeddedPostgres::open(options);
    } catch (const EmbeddedPostgresError& error) {
        return error.what();
    }
    return "";
}

void await_end(int process_id) {
    for (int i = 0; i < 500 && ::kill(process_id, 0) == 0; ++i) ::usleep(10'000);
}

TEST(EmbeddedPostgres, IsMadeStartedAndStoppedAndKeepsItsData) {
    const TemporaryDirectory home;
    const std::string& data_dir = home.path();
    {
        const auto postgres = EmbeddedPostgres::open(options_for(data_dir));
        EXPECT_TRUE(postgres->started());
        EXPECT_GT(postgres->process_id(), 0);
        EXPECT_EQ(ask(*postgres, "SHOW data_checksums"), "on");
        EXPECT_EQ(ask(*postgres, "SHOW server_encoding"), "UTF8");
        EXPECT_EQ(ask(*postgres, "SHOW listen_addresses"), "");
        EXPECT_EQ(ask(*postgres, "SELECT datcollate FROM pg_database WHERE datname = 'tollgate'"),
                  "C.UTF-8");
        ask(*postgres, "CREATE TABLE kept AS SELECT 7 AS n");
    }
    EXPECT_TRUE(find_cluster_processes(data_dir + "/postgres").empty());
    const auto again = EmbeddedPostgres::open(options_for(data_dir));
    EXPECT_TRUE(again->started());
    EXPECT_EQ(ask(*again, "SELECT n FROM kept"), "7");
}

TEST(EmbeddedPostgres, IsEnteredOnlyByItsUser) {
    const TemporaryDirectory home;
    const auto postgres = EmbeddedPostgres::open(options_for(home.path()));
    const auto running = find_postmaster(home / "postgres");
    ASSERT_TRUE(running);
    struct stat status {};
    ASSERT_EQ(::stat(running->socket_directory.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
    EXPECT_NE(status.st_uid, 0u);
    // Its own session: a Ctrl-C in our terminal is not its.
    EXPECT_NE(::getsid(postgres->process_id()), ::getsid(0));
}

TEST(EmbeddedPostgres, OutlivesItsStarterWhileAnotherUsesIt) {
    const TemporaryDirectory home;
    auto first = EmbeddedPostgres::open(options_for(home.path()));
    auto second = EmbeddedPostgres::open(options_for(home.path()));
    EXPECT_FALSE(second->started());
    EXPECT_EQ(second->process_id(), first->process_id());
    EXPECT_FALSE(first->leave());
    EXPECT_EQ(ask(*second, "SELECT 1"), "1");
    const auto running = find_postmaster(home / "postgres");
    EXPECT_TRUE(second->leave());
    EXPECT_EQ(second->process_id(), 0);
    ASSERT_TRUE(running);
    EXPECT_FALSE(std::filesystem::exists(running->socket_directory));
}

TEST(EmbeddedPostgres, OfAKilledProcessIsAdoptedAndStopped) {
    const TemporaryDirectory home;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto postgres = EmbeddedPostgres::open(options_for(home.path()));
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(find_postmaster(home / "postgres"));
    auto heir = EmbeddedPostgres::open(options_for(home.path()));
    EXPECT_FALSE(heir->started());
    EXPECT_EQ(ask(*heir, "SELECT 1"), "1");
    EXPECT_TRUE(heir->leave());
    EXPECT_TRUE(find_cluster_processes(home / "postgres").empty());
}

TEST(EmbeddedPostgres, StartsAgainAfterItsServerWasKilled) {
    const TemporaryDirectory home;
    const auto postgres = EmbeddedPostgres::open(options_for(home.path()));
    ask(*postgres, "CREATE TABLE kept AS SELECT 7 AS n");
    const int killed = postgres->process_id();
    ASSERT_EQ(::kill(killed, SIGKILL), 0);
    await_end(killed);
    EXPECT_EQ(postgres->process_id(), 0);
    postgres->ensure_running();
    EXPECT_NE(postgres->process_id(), killed);
    EXPECT_EQ(ask(*postgres, "SELECT n FROM kept"), "7");
}

TEST(EmbeddedPostgres, IsNotFooledByAPidFileThatNamesAnotherProgram) {
    const TemporaryDirectory home;
    EmbeddedPostgres::open(options_for(home.path()))->leave();
    std::ofstream(home / "postgres/postmaster.pid") << ::getpid() << "\n/\n0\n5432\n/\n\n\nready\n";
    EXPECT_FALSE(find_postmaster(home / "postgres"));
    const auto postgres = EmbeddedPostgres::open(options_for(home.path()));
    EXPECT_TRUE(postgres->started());
    EXPECT_EQ(ask(*postgres, "SELECT 1"), "1");
}

// A killed server leaves a lock beside its socket; its process id may be another program's by now.
TEST(EmbeddedPostgres, IsNotFooledByASocketLockThatNamesAnotherProgram) {
    const TemporaryDirectory home;
    const auto postgres = EmbeddedPostgres::open(options_for(home.path()));
    struct stat owner {};
    ASSERT_EQ(::stat((home / "postgres").c_str(), &owner), 0);
    const std::string folder = find_postmaster(home / "postgres").value().socket_directory;
    const int killed = postgres->process_id();
    ASSERT_EQ(::kill(killed, SIGKILL), 0);
    await_end(killed);
    const pid_t other = ::fork();
    if (other == 0) {
        if (::setuid(owner.st_uid) != 0) ::_exit(1);
        ::alarm(60);
        while (true) ::pause();
    }
    std::ofstream(folder + "/.s.PGSQL.5432.lock") << other << "\n/\n0\n5432\n" << folder << "\n";
    EXPECT_NO_THROW(postgres->ensure_running());
    EXPECT_EQ(ask(*postgres, "SELECT 1"), "1");
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
}

TEST(EmbeddedPostgres, OfAHalfMadeClusterIsMadeAnew) {
    const TemporaryDirectory home;
    std::filesystem::create_directories(home / "postgres.new/base");
    std::ofstream(home / "postgres.new/PG_VERSION") << "15\n";
    const auto postgres = EmbeddedPostgres::open(options_for(home.path()));
    EXPECT_EQ(ask(*postgres, "SELECT 1"), "1");
}

TEST(EmbeddedPostgres, IsStartedOnceByManyAtOnce) {
    const TemporaryDirectory home;
    std::vector<std::unique_ptr<EmbeddedPostgres>> users(4);
    std::vector<std::thread> threads;
    for (auto& user : users) {
        threads.emplace_back([&] { user = EmbeddedPostgres::open(options_for(home.path())); });
    }
    for (std::thread& thread : threads) thread.join();
    int starters = 0;
    for (const auto& user : users) {
        ASSERT_TRUE(user);
        starters += user->started() ? 1 : 0;
    }
    EXPECT_EQ(starters, 1);
}

TEST(EmbeddedPostgres, SaysWhatToInstallWhenThereIsNoServer) {
    const TemporaryDirectory home;
    EmbeddedPostgresOptions options = options_for(home.path());
    options.installations = {home / "nothing"};
    EXPECT_THAT(refusal(options), testing::HasSubstr("apt install postgresql"));
}

TEST(EmbeddedPostgres, RefusesAClusterOfAnotherVersion) {
    const TemporaryDirectory home;
    EmbeddedPostgres::open(options_for(home.path()))->leave();
    const auto owner = std::filesystem::status(home / "postgres/PG_VERSION").permissions();
    std::ofstream(home / "postgres/PG_VERSION") << "9\n";
    std::filesystem::permissions(home / "postgres/PG_VERSION", owner);
    EXPECT_THAT(refusal(options_for(home.path())),
                testing::AllOf(testing::HasSubstr("made by PostgreSQL 9"),
                               testing::HasSubstr("installed is")));
}

TEST(EmbeddedPostgres, AsRootRefusesADataDirectoryThatItsUserCannotReach) {
    if (::geteuid() != 0) GTEST_SKIP() << "not root";
    const TemporaryDirectory home;  // mode 700
    EXPECT_THAT(refusal(options_for(home / "data")), testing::HasSubstr("out of reach"));
}

TEST(EmbeddedPostgres, RunsForAnUnprivilegedUserToo) {
    if (::geteuid() != 0) GTEST_SKIP() << "the other tests do";
    const TemporaryDirectory home;
    ASSERT_EQ(::chown(home.path().c_str(), 65534, 65534), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(10);
        try {
            const auto postgres = EmbeddedPostgres::open(options_for(home / "data"));
            const bool answered = ask(*postgres, "SELECT 1") == "1";
            ::_exit(postgres->leave() && answered ? 0 : 11);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
            ::_exit(12);
        }
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(RunCommand, IsBoundedInTimeAndOutput) {
    Command endless;
    endless.arguments = {"/bin/sleep", "600"};
    endless.timeout = calendar::Duration::milliseconds(200);
    EXPECT_TRUE(run_command(endless).timed_out);
    Command loud;
    loud.arguments = {"/bin/sh", "-c", "head -c 1000000 /dev/zero; echo end; exit 3"};
    const CommandResult result = run_command(loud);
    EXPECT_EQ(result.status, 3);
    EXPECT_LE(result.output.size(), 64u << 10);
    EXPECT_TRUE(result.output.ends_with("end\n"));
}

TEST(RunCommand, GivesItsInputAndNothingElse) {
    Command command;
    command.arguments = {"/bin/sh", "-c", "cat; pwd; ls /proc/self/fd | wc -l"};
    command.input = "hello\n";
    EXPECT_EQ(run_command(command).output, "hello\n/\n4\n");  // ls itself opens the fourth
    command.arguments = {"/nonexistent"};
    EXPECT_EQ(run_command(command).status, 127);
}

}  // namespace
}  // namespace platform

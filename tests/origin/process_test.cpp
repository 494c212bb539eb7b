// Engines as processes: their ends, their last words, and that nothing outlives the origin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "origin/engine_process.h"
#include "origin/memory.h"
#include "origin/replica.h"
#include "support.h"

namespace origin {
namespace {

using testing::HasSubstr;
using testing_support::eventually;
using testing_support::stand_in;

/// Reads until the process has ended or the bound is over.
bool wait_for_end(EngineProcess& process) {
    return eventually([&] {
        process.read_output();
        process.read_report();
        return process.has_ended();
    });
}

/// Alive and not a zombie that only waits to be reaped.
bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return false;
    const char state = line.at(line.rfind(')') + 2);
    return state != 'Z' && state != 'X';
}

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        std::ifstream file(entry.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        std::istringstream fields(line.substr(line.rfind(')') + 1));
        char state = 0;
        pid_t its_parent = 0;
        fields >> state >> its_parent;
        if (its_parent == parent) children.push_back(std::stoi(entry.path().filename()));
    }
    return children;
}

TEST(EngineProcess, TellsHowItEndedAndItsLastWords) {
    struct Row {
        std::vector<std::string> argv;
        const char* words;
    };
    const Row rows[] = {
        {{"sh", "-c", "echo first; echo last words >&2; exit 3"}, "status 3"},
        {{"sh", "-c", "echo last words; kill -SEGV $$"}, "signal 11"},
        {{"/nowhere/engine"}, "No such file"},
    };
    for (const Row& row : rows) {
        const auto process = EngineProcess::start({row.argv, {}, ""});
        ASSERT_TRUE(wait_for_end(*process));
        EXPECT_THAT(process->last_words(), HasSubstr(row.words));
        EXPECT_THAT(process->last_words(),
                    HasSubstr(row.argv.size() > 1 ? "last words" : "cannot be run"));
    }
}

TEST(EngineProcess, HasItsDirectoryAndItsVariables) {
    const auto process = EngineProcess::start(
        {{"sh", "-c", "echo $PWD $GREETING; exit 1"}, {{"GREETING", "hello"}}, "/"});
    ASSERT_TRUE(wait_for_end(*process));
    EXPECT_THAT(process->last_words(), HasSubstr("/ hello"));
}

TEST(EngineProcess, KeepsOnlyTheEndOfALongOutput) {
    const auto process = EngineProcess::start(
        {{"sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exit 1"},
         {},
         ""});
    ASSERT_TRUE(wait_for_end(*process));
    EXPECT_THAT(process->last_words(), HasSubstr("line 19999"));
    EXPECT_LT(process->last_words().size(), 2500U);
}

TEST(EngineProcess, InheritsNoDescriptors) {
    const auto process =
        EngineProcess::start({{"sh", "-c", "ls /proc/self/fd | tr '\\n' ' '; exit 1"}, {}, ""});
    ASSERT_TRUE(wait_for_end(*process));
    // Three of its own, and the one that ls reads the folder with.
    EXPECT_THAT(process->last_words(), HasSubstr("last words: 0 1 2 3"));
    EXPECT_THAT(process->last_words(), testing::Not(HasSubstr("3 4")));
}

TEST(EngineProcess, ItsWholeGroupEndsWithIt) {
    const auto process =
        EngineProcess::start({{"sh", "-c", "sleep 600 & echo $!; read nothing; exit 0"}, {}, ""});
    pid_t child = 0;
    ASSERT_TRUE(eventually([&] {
        process->read_report();
        if (process->engine_pid() == 0) return false;  // not told yet; 0 is the kernel's
        for (const pid_t pid : children_of(process->engine_pid())) child = pid;
        return child > 0;
    }));
    process->kill();
    EXPECT_TRUE(eventually([&] { return !is_alive(child) && !is_alive(process->engine_pid()); }));
}

TEST(EngineProcess, NothingOutlivesAnOriginThatIsKilled) {
    // A program of its own that starts an engine with a child and is then killed hard.
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t origin = ::fork();
    if (origin == 0) {
        const auto process =
            EngineProcess::start({{"sh", "-c", "trap '' TERM; sleep 600 & wait"}, {}, ""});
        while (process->engine_pid() == 0) process->read_report();
        const pid_t pids[] = {process->group(), process->engine_pid()};
        if (::write(pipe_ends[1], pids, sizeof pids) < 0) ::_exit(1);
        for (;;) ::pause();
    }
    pid_t pids[2] = {0, 0};
    ASSERT_EQ(::read(pipe_ends[0], pids, sizeof pids), static_cast<ssize_t>(sizeof pids));
    pid_t child = 0;
    ASSERT_TRUE(eventually([&] {
        for (const pid_t pid : children_of(pids[1])) child = pid;
        return child > 0;
    }));
    ::kill(origin, SIGKILL);
    ::waitpid(origin, nullptr, 0);
    for (const pid_t pid : {pids[0], pids[1], child}) {
        EXPECT_TRUE(eventually([&] { return !is_alive(pid); })) << pid;
    }
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

TEST(EngineProcess, AnEngineEndsWithItsGuardian) {
    const auto process = EngineProcess::start({{"sleep", "600"}, {}, ""});
    ASSERT_TRUE(eventually([&] {
        process->read_report();
        return process->engine_pid() > 0;
    }));
    ::kill(process->group(), SIGKILL);
    EXPECT_TRUE(wait_for_end(*process));
    EXPECT_TRUE(eventually([&] { return !is_alive(process->engine_pid()); }));
}

/// What a replica told, in order.
struct Story {
    std::mutex mutex;
    std::vector<std::string> events;
    std::string last_words;

    ReplicaEvents listen() {
        ReplicaEvents on;
        const auto add = [this](const char* event) {
            return [this, event] {
                const std::lock_guard lock(mutex);
                events.emplace_back(event);
            };
        };
        on.on_started = add("started");
        on.on_listening = add("listening");
        on.on_ready = add("ready");
        on.on_end = [this](const std::string& words) {
            const std::lock_guard lock(mutex);
            events.emplace_back("end");
            last_words = words;
        };
        return on;
    }
    bool has(const std::string& event) {
        const std::lock_guard lock(mutex);
        return std::find(events.begin(), events.end(), event) != events.end();
    }
};

constexpr auto kGrace = calendar::Duration::milliseconds(200);

TEST(Replica, BootsTellsItsPortAndEndsWhenAsked) {
    Story story;
    {
        Replica replica(stand_in(), "", kGrace, story.listen());
        ASSERT_TRUE(eventually([&] { return story.has("ready"); }));
        EXPECT_NE(replica.port(), 0);
    }
    EXPECT_THAT(story.events, testing::ElementsAre("started", "listening", "ready", "end"));
}

TEST(Replica, GivesAPortToACommandThatWantsOne) {
    Story story;
    Replica replica(stand_in({"--port", "{port}"}), "", kGrace, story.listen());
    ASSERT_TRUE(eventually([&] { return story.has("ready"); }));
}

TEST(Replica, IsNotReadyBeforeItsHealthPathSaysSo) {
    Story story;
    Replica replica(stand_in({"--never-healthy"}), "", kGrace, story.listen());
    ASSERT_TRUE(eventually([&] { return story.has("listening"); }));
    EXPECT_FALSE(eventually([&] { return story.has("ready"); }, std::chrono::milliseconds(200)));
}

TEST(Replica, AnEngineThatIgnoresThePoliteEndIsKilledWithItsChildren) {
    Story story;
    auto replica = std::make_unique<Replica>(stand_in({"--ignore-term", "--child"}), "", kGrace,
                                             story.listen());
    ASSERT_TRUE(eventually([&] { return story.has("ready"); }));
    const auto begin = std::chrono::steady_clock::now();
    replica.reset();
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(200));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_TRUE(story.has("end"));
}

TEST(Replica, MeasuresItsEngineAndWhatThatStarted) {
    Story story;
    Replica replica(stand_in({"--eat-mebibytes", "64", "--child"}), "", kGrace, story.listen());
    ASSERT_TRUE(eventually([&] { return story.has("ready"); }));
    const MemorySample sample = replica.measure();
    EXPECT_GT(sample.bytes, std::uint64_t{64} << 20);
    EXPECT_LT(sample.bytes, std::uint64_t{200} << 20);
    EXPECT_EQ(sample.method, MemoryMethod::pss);
}

}  // namespace
}  // namespace origin

// A gateway in a process of its own that may open few files, and more clients than that: it takes
// as many as it can serve, the others' turn comes, and waiting costs it nothing.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "proxy/wire_fixture.h"

namespace proxy {
namespace {

using support::Peer;
using support::SeenRequest;
using support::TestUpstream;

// The thread sanitizer cannot serve in a forked process; the other one opens a pipe to look at an
// object, and takes it for none where no descriptor is left.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

/// The gateway's process. It serves until told to stop, and tells what CPU time that took.
class Apart {
  public:
    /// `limit_before`: holds when the gateway is made; `limit_after`: from its start on.
    struct Files {
        rlim_t limit_before;
        rlim_t limit_after;
    };
    Apart(Options options, Files files) {
        EXPECT_EQ(::pipe(to_child_), 0);
        EXPECT_EQ(::pipe(from_child_), 0);
        child_ = ::fork();
        if (child_ == 0) ::_exit(serve(std::move(options), files));
        ::close(to_child_[0]);
        ::close(from_child_[1]);
        EXPECT_EQ(::read(from_child_[0], &port, sizeof port), ssize_t{sizeof port});
    }
    ~Apart() {
        if (child_ > 0) end();
        ::close(to_child_[1]);
        ::close(from_child_[0]);
    }
    /// CPU time in all, µs; the process must end well.
    std::int64_t end() {
        std::int64_t micros = -1;
        EXPECT_EQ(::write(to_child_[1], "x", 1), 1);
        EXPECT_EQ(::read(from_child_[0], &micros, sizeof micros), ssize_t{sizeof micros});
        int status = -1;
        ::waitpid(child_, &status, 0);
        EXPECT_EQ(status, 0);
        child_ = -1;
        return micros;
    }
    std::int64_t cpu_micros() const {
        std::ifstream stat("/proc/" + std::to_string(child_) + "/stat");
        std::string word;
        std::int64_t user = 0, system = 0;
        for (int i = 1; i <= 13; ++i) stat >> word;
        stat >> user >> system;
        return (user + system) * 1'000'000 / ::sysconf(_SC_CLK_TCK);
    }

    std::uint16_t port = 0;

  private:
    static void limit_files(rlim_t count) {
        const rlimit limit{count, count};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    int serve(Options options, Files files) {
        limit_files(files.limit_before);
        const platform::SystemClock clock;
        SetOfKeys keys;
        KeepingObserver observer;
        bytez::Catalogue catalogue;
        Gateway gateway(std::move(options), nullptr, keys, observer, catalogue, clock);
        gateway.start();
        limit_files(files.limit_after);
        const std::uint16_t bound = gateway.port();
        char byte;
        if (::write(from_child_[1], &bound, sizeof bound) < 0) return 1;
        if (::read(to_child_[0], &byte, 1) != 1) return 1;
        gateway.stop({});
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        const std::int64_t micros = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000ll +
                                    usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
        return ::write(from_child_[1], &micros, sizeof micros) < 0 ? 1 : 0;
    }

    int to_child_[2];
    int from_child_[2];
    pid_t child_ = -1;
};

class Descriptors : public WireFixture {
  protected:
    Descriptors() : lists([](const SeenRequest&) { return fine; }) {
        options.upstream_url = "http://127.0.0.1:" + std::to_string(lists.port());
        options.listen = "127.0.0.1:0";
    }

    /// More clients than files. `served`: how many are in service at once.
    void crowd(const Apart& apart, std::size_t served) {
        std::vector<std::unique_ptr<Peer>> peers;
        for (int i = 0; i < 60; ++i) {
            peers.push_back(support::connect_to(apart.port));
            peers.back()->send(get("/x"));
        }
        for (std::size_t i = 0; i < served; ++i) {
            ASSERT_EQ(support::read_answer(*peers[i]).status, 200) << i;
        }
        const std::int64_t before = apart.cpu_micros();
        const std::size_t seen = lists.seen().size();
        EXPECT_EQ(seen, served);
        // Nothing happens now: the time that passes is what is measured.
        std::this_thread::sleep_for(std::chrono::milliseconds(600));
        EXPECT_LT(apart.cpu_micros() - before, 200'000) << "a busy loop";
        EXPECT_EQ(lists.seen().size(), seen);
        peers[0]->send(get("/x"));
        EXPECT_EQ(support::read_answer(*peers[0]).status, 200) << "those in service go on";
        for (std::size_t i = 0; i < peers.size(); ++i) {
            if (i >= served) {
                ASSERT_EQ(support::read_answer(*peers[i]).status, 200) << i;
            }
            peers[i].reset();
        }
    }
    TestUpstream lists;
};

TEST_F(Descriptors, TooFewAreNotTakenFromThoseInService) {
    if (is_sanitized) GTEST_SKIP() << "a sanitizer needs what is taken away";
    Apart apart(options, {92, 92});
    crowd(apart, 10);  // (92 - 72) / 2
    apart.end();
}

TEST_F(Descriptors, ThatRunOutPauseAccepting) {
    if (is_sanitized) GTEST_SKIP() << "a sanitizer needs what is taken away";
    Apart apart(options, {1000, 64});
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 100; ++i) peers.push_back(support::connect_to(apart.port));
    // The last ones wait in the kernel's queue: nothing comes of them to be answered or closed.
    const std::int64_t before = apart.cpu_micros();
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    EXPECT_LT(apart.cpu_micros() - before, 200'000) << "a busy loop";
    peers.front()->send(post("/model/run", R"({"model":"m"})"));
    const auto refused = support::read_answer(*peers.front());
    EXPECT_EQ(refused.status, 503) << "taken in with the last descriptor";
    EXPECT_EQ(refused.field("tollgate-error"), "no-descriptor");
    peers.back()->send(get("/x"));
    for (std::size_t i = 0; i + 1 < peers.size(); ++i) peers[i].reset();
    EXPECT_EQ(support::read_answer(*peers.back()).status, 200);
    apart.end();
}

TEST_F(Descriptors, NotEvenForOneClientAreSaidSo) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit few{60, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::string said;
    try {
        const Gateway refused(options, nullptr, keys, observer, catalogue, clock);
    } catch (const std::runtime_error& error) {
        said = error.what();
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(said.starts_with("RLIMIT_NOFILE: 60")) << said;
}

}  // namespace
}  // namespace proxy

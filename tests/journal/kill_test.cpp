// A real process, a real disk, kill -9 in the middle of writing.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "journal/journal.h"
#include "journal/reader.h"
#include "platform/clock.h"
#include "platform/disk.h"
#include "support/temporary_directory.h"

namespace journal {
namespace {

Options options_in(const std::string& directory) {
    Options options;
    options.directory = directory;
    options.segment_bytes = 256 << 10;
    options.seal_interval = calendar::Duration::milliseconds(5);
    return options;
}

/// Appends until killed; after each record is durable, tells its thread and number down the pipe.
[[noreturn]] void write_until_killed(const std::string& directory, int acknowledge) {
    const platform::SystemClock clock;
    const auto journal = Journal::open(platform::posix_disk(), clock, options_in(directory));
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint32_t i = 1;; ++i) {
                journal->append_and_wait(std::to_string(t) + ":" + std::to_string(i) + " " +
                                         std::string(i % 300, 'x'));
                const std::uint32_t told[2] = {t, i};
                if (::write(acknowledge, told, sizeof told) != sizeof told) ::_exit(1);
            }
        });
    }
    while (true) ::pause();
}

/// Highest acknowledged number by thread, read until `count` came and then to the end.
std::map<std::uint32_t, std::uint32_t> kill_after(pid_t child, int acknowledged, int count) {
    std::map<std::uint32_t, std::uint32_t> highest;
    std::uint32_t told[2];
    for (int i = 0; ::read(acknowledged, told, sizeof told) == sizeof told; ++i) {
        highest[told[0]] = told[1];
        if (i == count) ::kill(child, SIGKILL);
    }
    return highest;
}

}  // namespace

TEST(Kill, EverythingAcknowledgedIsThereAndTheNextLifeGoesOn) {
    const support::TemporaryDirectory directory;
    Sequence after = 0;
    for (int life = 0; life < 5; ++life) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(pipe[0]);
            ::alarm(60);
            write_until_killed(directory / "journal", pipe[1]);
        }
        ::close(pipe[1]);
        const auto acknowledged = kill_after(child, pipe[0], 200 + life * 37);
        ::close(pipe[0]);
        ::waitpid(child, nullptr, 0);
        ASSERT_EQ(acknowledged.size(), 3u);

        const platform::SystemClock clock;
        Journal::open(platform::posix_disk(), clock, options_in(directory / "journal"))->close();
        Reader reader(platform::posix_disk(), directory / "journal");
        std::map<std::uint32_t, std::uint32_t> found;
        while (const auto batch = reader.next(after)) {
            for (const Record& record : batch->records) {
                ASSERT_EQ(record.sequence, ++after);
                const auto thread = static_cast<std::uint32_t>(std::stoul(record.payload));
                ASSERT_EQ(record.payload.substr(2, record.payload.find(' ') - 2),
                          std::to_string(++found[thread]));
            }
        }
        for (const auto& [thread, number] : acknowledged) EXPECT_GE(found[thread], number) << life;
    }
}

}  // namespace journal

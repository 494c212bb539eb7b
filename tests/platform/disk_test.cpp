#include "platform/disk.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "support/temporary_directory.h"

using platform::Disk;

namespace {

unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
}

}  // namespace

TEST(PosixDisk, ReadsBackWhatItWrote) {
    const support::TemporaryDirectory directory;
    Disk& disk = platform::posix_disk();
    {
        const auto file = disk.open(directory / "f", Disk::Mode::create);
        file->preallocate(3'000'000);
        EXPECT_EQ(file->size(), 3'000'000u);
        file->write_at(1'000, std::string_view("hello"));
        file->sync();
    }
    const auto file = disk.open(directory / "f", Disk::Mode::read);
    EXPECT_EQ(file->read_at(999, 7), std::string("\0hello\0", 7));
    EXPECT_EQ(file->read_at(2'999'999, 100), std::string(1, '\0'));
    EXPECT_EQ(file->read_at(4'000'000, 100), "");
    EXPECT_EQ(mode_of(directory / "f"), 0600u);
}

TEST(PosixDisk, DoesNotCreateOverAFile) {
    const support::TemporaryDirectory directory;
    Disk& disk = platform::posix_disk();
    disk.open(directory / "f", Disk::Mode::create);
    EXPECT_THROW(disk.open(directory / "f", Disk::Mode::create), std::system_error);
    EXPECT_THROW(disk.open(directory / "g", Disk::Mode::write), std::system_error);
}

TEST(PosixDisk, NamesThePathThatFailed) {
    const support::TemporaryDirectory directory;
    try {
        platform::posix_disk().open(directory / "absent", Disk::Mode::read);
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(directory / "absent"));
        EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    }
}

// The system writes what still fits and says so; the rest is tried again and fails.
TEST(PosixDisk, AWriteThatWasCutShortIsNoSuccess) {
    const support::TemporaryDirectory directory;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{10'000, 10'000};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
        try {
            platform::posix_disk()
                .open(directory / "f", Disk::Mode::create)
                ->write_at(0, std::string(30'000, 'x'));
            ::_exit(3);
        } catch (const std::system_error& error) {
            ::_exit(error.code() == std::errc::file_too_large ? 0 : 4);
        }
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    const auto file = platform::posix_disk().open(directory / "f", Disk::Mode::read);
    EXPECT_EQ(file->size(), 10'000u);
}

TEST(PosixDisk, MakesDirectoriesForTheirOwnerAlone) {
    const support::TemporaryDirectory directory;
    Disk& disk = platform::posix_disk();
    disk.make_directories(directory / "a/b/c");
    disk.make_directories(directory / "a/b/c");
    EXPECT_EQ(mode_of(directory / "a"), 0700u);
    EXPECT_EQ(mode_of(directory / "a/b/c"), 0700u);
    std::ofstream(directory / "file") << "x";
    EXPECT_THROW(disk.make_directories(directory / "file"), std::system_error);
    EXPECT_THROW(disk.make_directories(directory / "file/below"), std::system_error);
}

TEST(PosixDisk, ListsRenamesAndRemoves) {
    const support::TemporaryDirectory directory;
    Disk& disk = platform::posix_disk();
    for (const char* name : {"b", "a", "c"}) disk.open(directory / name, Disk::Mode::create);
    disk.rename(directory / "b", directory / "d");
    disk.remove(directory / "a");
    disk.sync_directory(directory.path());
    EXPECT_THAT(disk.list(directory.path()), testing::ElementsAre("c", "d"));
    EXPECT_THROW(disk.remove(directory / "a"), std::system_error);
    EXPECT_THROW(disk.list(directory / "a"), std::system_error);
}

TEST(PosixDisk, LocksOnceAtATime) {
    const support::TemporaryDirectory directory;
    Disk& disk = platform::posix_disk();
    auto held = disk.try_lock(directory / "lock");
    ASSERT_TRUE(held);
    EXPECT_FALSE(disk.try_lock(directory / "lock"));
    EXPECT_EQ(disk.open(directory / "lock", Disk::Mode::read)->read_at(0, 100),
              std::to_string(::getpid()) + "\n");
    held.reset();
    EXPECT_TRUE(disk.try_lock(directory / "lock"));
}

TEST(PosixDisk, GivesTheLockOfAKilledProcessToTheNext) {
    const support::TemporaryDirectory directory;
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lock = platform::posix_disk().try_lock(directory / "lock");
        [[maybe_unused]] const ssize_t told = ::write(ready[1], lock ? "y" : "n", 1);
        ::pause();
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    EXPECT_FALSE(platform::posix_disk().try_lock(directory / "lock"));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(platform::posix_disk().try_lock(directory / "lock"));
    ::close(ready[0]);
    ::close(ready[1]);
}

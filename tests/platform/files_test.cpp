#include "platform/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <thread>

#include "support/temporary_directory.h"

TEST(Files, AreReplacedWhole) {
    const support::TemporaryDirectory directory;
    platform::write_file_atomically(directory / "f", std::string(100'000, 'a'));
    platform::write_file_atomically(directory / "f", "second");
    EXPECT_EQ(platform::read_file(directory / "f", 100), "second");
    struct stat status {};
    ASSERT_EQ(::stat((directory / "f").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(Files, LongerThanTheLimitAreRefused) {
    const support::TemporaryDirectory directory;
    platform::write_file_atomically(directory / "f", "12345");
    EXPECT_EQ(platform::read_file(directory / "f", 5), "12345");
    EXPECT_THROW(platform::read_file(directory / "f", 4), std::runtime_error);
    EXPECT_THROW(platform::read_file(directory / "absent", 4), std::system_error);
}

TEST(Files, MadeByManyAtOnceHoldOneContent) {
    const support::TemporaryDirectory directory;
    std::vector<std::string> seen(8);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        threads.emplace_back([&, i] {
            seen[i] = platform::read_or_make_file(directory / "id", std::to_string(i), 100);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1u);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(Files, KnowTheirDirectory) {
    EXPECT_EQ(platform::directory_of("a/b/c"), "a/b");
    EXPECT_EQ(platform::directory_of("/a"), "/");
    EXPECT_EQ(platform::directory_of("a"), ".");
}

TEST(Files, MakeRelativeDirectories) {
    const support::TemporaryDirectory directory;
    const auto earlier = std::filesystem::current_path();
    std::filesystem::current_path(directory.path());
    platform::make_directories("var");
    platform::make_directories("one/two");
    std::filesystem::current_path(earlier);
    EXPECT_TRUE(std::filesystem::is_directory(directory / "var"));
    EXPECT_TRUE(std::filesystem::is_directory(directory / "one/two"));
}

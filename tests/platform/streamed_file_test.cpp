#include "platform/streamed_file.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <system_error>

#include "support/temporary_directory.h"

namespace platform {
namespace {

class StreamedFileTest : public testing::Test {
  protected:
    std::size_t files() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry :
             std::filesystem::directory_iterator(folder_.path()))
            ++count;
        return count;
    }
    support::TemporaryDirectory folder_;
    std::string path_ = folder_ / "file";
};

TEST_F(StreamedFileTest, IsThereWithAllPiecesOnceCommitted) {
    write_file_atomically(path_, "old");
    {
        StreamedFile file(path_);
        file.append("one, ");
        file.append("");
        file.append(std::string(100'000, 'x'));
        EXPECT_EQ(read_file(path_, 10), "old");
        file.commit();
    }
    EXPECT_EQ(read_file(path_, 1 << 20), "one, " + std::string(100'000, 'x'));
    EXPECT_EQ(files(), 1u);
}

TEST_F(StreamedFileTest, ThatIsNotCommittedChangesNothingAndLeavesNothing) {
    write_file_atomically(path_, "old");
    { StreamedFile(path_).append("new"); }
    EXPECT_EQ(read_file(path_, 10), "old");
    EXPECT_EQ(files(), 1u);
}

TEST_F(StreamedFileTest, IsRefusedWhereItsFolderIsNot) {
    EXPECT_THROW(StreamedFile(folder_ / "none/file"), std::system_error);
}

TEST_F(StreamedFileTest, OfANameThatIsAFolderIsRefusedAndRemoved) {
    std::filesystem::create_directory(path_);
    {
        StreamedFile file(path_);
        file.append("x");
        EXPECT_THROW(file.commit(), std::system_error);
    }
    EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace platform

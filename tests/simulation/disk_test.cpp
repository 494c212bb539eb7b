// The disk's bad days as the simulation uses them: what was synced stands, what was not is lost,
// kept or garbled. (The journal's own crash tests are in tests/journal.)
#include <gtest/gtest.h>

#include "simulation/lying_disk.h"
#include "support/simulated_disk.h"

namespace simulation {
namespace {

using support::SimulatedDisk;
using Mode = platform::Disk::Mode;

std::string read(SimulatedDisk& disk, const std::string& path) {
    return disk.open(path, Mode::read)->read_at(0, 100);
}

void write(platform::Disk& disk, std::uint64_t offset, std::string_view bytes, bool synced) {
    const auto file = disk.open("/d/f", Mode::write);
    file->write_at(offset, bytes);
    if (synced) file->sync();
}

class DiskTest : public testing::Test {
  protected:
    DiskTest() {
        disk_.open("/d/f", Mode::create)->preallocate(12);
        disk_.sync_directory("/d");
    }
    SimulatedDisk disk_;
};

TEST_F(DiskTest, APowerCutGarblesOnlyWhatWasNotSynced) {
    write(disk_, 0, "synced", true);
    write(disk_, 6, "unsync", false);
    const auto names = SimulatedDisk::Names::synced_only;
    for (std::uint64_t seed = 1; seed < 50; ++seed) {
        const auto cut = disk_.after_power_cut(2, names, seed);
        const std::string left = read(*cut, "/d/f");
        EXPECT_EQ(left.substr(0, 8), "syncedun") << seed;
        EXPECT_NE(left.substr(8), "sync") << seed;
        EXPECT_EQ(left, read(*disk_.after_power_cut(2, names, seed), "/d/f"));
    }
    EXPECT_EQ(read(*disk_.after_power_cut(2, names), "/d/f"), std::string("syncedun\0\0\0\0", 12));
}

/// A disk writes a sector whole: bytes that a write would not have changed are as they were.
TEST_F(DiskTest, GarblesNothingThatIsWrittenAgainAsItStands) {
    write(disk_, 0, "synced", true);
    write(disk_, 0, "synced", false);
    const auto cut = disk_.after_power_cut(0, SimulatedDisk::Names::synced_only, 7);
    EXPECT_EQ(read(*cut, "/d/f").substr(0, 6), "synced");
}

TEST_F(DiskTest, ALyingDiskLosesWhatItSaysItSynced) {
    LyingDisk lying(disk_, {.files = 2});
    write(lying, 0, "first", true);
    write(lying, 5, "second", true);
    const auto cut = disk_.after_power_cut(0, SimulatedDisk::Names::synced_only);
    EXPECT_EQ(read(*cut, "/d/f").substr(0, 11), std::string("first\0\0\0\0\0\0", 11));
    EXPECT_EQ(read(disk_, "/d/f").substr(0, 11), "firstsecond");
}

}  // namespace
}  // namespace simulation

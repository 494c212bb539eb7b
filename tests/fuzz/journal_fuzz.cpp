// A journal of one segment, any bytes: the start mends it or names what is damaged, a second start
// finds nothing to mend, and what is read is dense and the same each time.
#include "fuzz/require.h"
#include "journal/reader.h"
#include "journal/recovery.h"
#include "journal/segment.h"
#include "support/simulated_disk.h"

using namespace fuzz;

namespace {

std::vector<std::string> read_all(support::SimulatedDisk& disk) {
    std::vector<std::string> payloads;
    journal::Reader reader(disk, "/journal");
    journal::Sequence after = 0;
    while (const auto batch = reader.next(after)) {
        require(batch->first == after + 1 && !batch->records.empty(), "batches follow each other");
        for (const journal::Record& record : batch->records) {
            require(record.sequence == ++after, "records are dense");
            payloads.push_back(record.payload);
        }
        require(batch->last == after, "a batch ends with its last record");
    }
    return payloads;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    support::SimulatedDisk disk;
    disk.make_directories("/journal");
    const std::string path = journal::segment_path("/journal", 1);
    disk.open(path, platform::Disk::Mode::create);
    disk.set_content(path, std::string(text_of(data, size)));
    try {
        const journal::Recovered once = journal::recover(disk, "/journal");
        const std::string mended = disk.content(path);
        const journal::Recovered again = journal::recover(disk, "/journal");
        require(again.next() == once.next(), "a second start finds the same");
        require(disk.content(path) == mended, "and mends nothing");
        require(read_all(disk) == read_all(disk), "what is read is the same each time");
    } catch (const std::runtime_error&) {
    }
    return 0;
}

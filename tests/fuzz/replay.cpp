// Runs a fuzz target over its seeds and over some thousand changes of each, always the same ones:
// replay FOLDER CHANGES. For compilers without libFuzzer, and for every run of the tests.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "fuzz/require.h"

namespace {

void run(const std::string& bytes) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string changed(std::string bytes, const std::string& other, std::mt19937& dice) {
    const auto place = [&](std::size_t size) { return size == 0 ? 0 : dice() % size; };
    for (auto left = 1 + dice() % 4; left > 0; --left) {
        const std::size_t at = place(bytes.size() + 1);
        switch (dice() % 6) {
            case 0:
                if (at < bytes.size()) bytes[at] = static_cast<char>(dice());
                break;
            case 1:
                bytes.insert(at, 1, static_cast<char>(dice()));
                break;
            case 2:
                bytes.erase(at, 1 + place(8));
                break;
            case 3:
                bytes.resize(at);
                break;
            case 4: {
                const std::size_t from = place(other.size());
                bytes.insert(at, other.substr(from, 1 + place(32)));
                break;
            }
            default:
                if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice() % 8));
        }
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> seeds;
    for (const std::string& path : paths) {
        std::ifstream file(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    fuzz::require(!seeds.empty(), "there are seeds");
    std::mt19937 dice(1);
    for (const std::string& seed : seeds) {
        run(seed);
        for (int i = std::stoi(argv[2]); i > 0; --i)
            run(changed(seed, seeds[dice() % seeds.size()], dice));
    }
    return 0;
}

#include "journal/gateway_id.h"

#include <algorithm>
#include <stdexcept>

#include "platform/crypto.h"
#include "platform/files.h"

namespace journal {
namespace {

constexpr std::size_t length = 22;  // 131 bits

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string load_or_make_gateway_id(const std::string& data_directory) {
    platform::make_directories(data_directory);
    const std::string path = data_directory + "/gateway-id";
    std::string id = platform::read_or_make_file(path, platform::random_text(length) + "\n", 4096);
    while (!id.empty() && id.back() == '\n') id.pop_back();
    if (id.size() != length || !std::all_of(id.begin(), id.end(), is_letter_or_digit)) {
        throw std::runtime_error(path + " holds no gateway id (22 letters and digits)");
    }
    return id;
}

}  // namespace journal

#include <stdexcept>

#include "journal/format.h"
#include "journal/journal.h"

namespace journal {

void Batch::add(std::string_view payload) {
    if (payload.size() > max_record_bytes) {
        throw std::length_error("a journal record of " + std::to_string(payload.size()) + " bytes");
    }
    bytes_ += payload;
    lengths_.push_back(static_cast<std::uint32_t>(payload.size()));
}

void Batch::clear() {
    bytes_.clear();
    lengths_.clear();
    essential_ = false;
}

}  // namespace journal

#include "cli/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace cli {
namespace {

constexpr std::size_t block_size = 256u << 10;

std::system_error failure(const char* what) {
    return std::system_error(errno, std::generic_category(), what);
}

}  // namespace

LineReader::LineReader(int descriptor, std::size_t padding)
    : descriptor_(descriptor), padding_(padding), buffer_(block_size + padding) {}

LineReader::Next LineReader::next() {
    const char* const data = buffer_.data();
    const void* found =
        scanned_ < end_ ? std::memchr(data + scanned_, '\n', end_ - scanned_) : nullptr;
    if (found) {
        const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - data);
        return take(at - begin_, at + 1);
    }
    scanned_ = end_;
    if (at_end_) return begin_ == end_ && !skipping_ ? Next::end : take(end_ - begin_, end_);
    if (end_ - begin_ > line_limit) {
        skipping_ = true;
        begin_ = scanned_ = end_ = 0;
    }
    return Next::starved;
}

LineReader::Next LineReader::take(std::size_t size, std::size_t consumed) {
    const bool too_long = skipping_ || size > line_limit;
    line_ = too_long ? std::string_view{} : std::string_view(buffer_.data() + begin_, size);
    begin_ = scanned_ = consumed;
    skipping_ = false;
    ++number_;
    return too_long ? Next::too_long : Next::line;
}

void LineReader::refill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        scanned_ -= begin_;
        begin_ = 0;
    }
    if (end_ + padding_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    ssize_t count = -1;
    do {
        count = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - padding_ - end_);
    } while (count < 0 && errno == EINTR);
    if (count < 0) throw failure("cannot read the input");
    if (count == 0) at_end_ = true;
    end_ += static_cast<std::size_t>(count);
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw failure("cannot write the output");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace cli

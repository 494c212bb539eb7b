// Bytes that wait to be sent: appended at the end, taken from the front.
#pragma once

#include <string>
#include <string_view>

namespace proxy {

class ByteQueue {
  public:
    bool empty() const { return begin_ == bytes_.size(); }
    std::size_t size() const { return bytes_.size() - begin_; }
    std::string_view view() const { return std::string_view(bytes_).substr(begin_); }
    void append(std::string_view more) { bytes_.append(more); }
    void consume(std::size_t count) {
        begin_ += count;
        if (begin_ == bytes_.size()) clear();
    }
    /// A large buffer is given back: an idle connection should hold next to nothing.
    void clear() {
        begin_ = 0;
        bytes_.clear();
        if (bytes_.capacity() > kept_bytes) bytes_.shrink_to_fit();
    }

  private:
    static constexpr std::size_t kept_bytes = 4096;
    std::string bytes_;
    std::size_t begin_ = 0;
};

}  // namespace proxy

// Lines of a file descriptor, in constant memory: a line beyond the limit is reported and skipped,
// never held whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cli {

class LineReader {
  public:
    static constexpr std::size_t line_limit = 4u << 20;  // bytes, without the line's end

    /// At least `padding` bytes behind each line are readable.
    LineReader(int descriptor, std::size_t padding);

    enum class Next {
        line,      // line() and number() are set
        too_long,  // number() is; the line is skipped
        starved,   // nothing whole in the buffer: call refill(), which may wait
        end,
    };
    Next next();
    /// Reads once. Throws std::system_error.
    void refill();

    std::string_view line() const { return line_; }   // until the next call
    std::uint64_t number() const { return number_; }  // counted from 1

  private:
    Next take(std::size_t size, std::size_t consumed);

    int descriptor_;
    std::size_t padding_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;    // of what is not handed out
    std::size_t scanned_ = 0;  // up to here there is no line end
    std::size_t end_ = 0;      // of what was read
    bool at_end_ = false;
    bool skipping_ = false;  // inside a line that is too long
    std::string_view line_;
    std::uint64_t number_ = 0;
};

/// All of it, or std::system_error.
void write_all(int descriptor, std::string_view bytes);

}  // namespace cli

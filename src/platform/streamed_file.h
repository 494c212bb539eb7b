// A whole file that is written piece by piece: under its name there is the old content or, after
// commit(), all of the new; what is not committed is removed. Errors are std::system_error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/files.h"

namespace platform {

class StreamedFile {
  public:
    /// Makes the temporary file, mode 600, beside `path`.
    explicit StreamedFile(std::string path);
    ~StreamedFile();
    StreamedFile(const StreamedFile&) = delete;
    StreamedFile& operator=(const StreamedFile&) = delete;

    void append(std::string_view bytes);
    /// fsync, rename, fsync of the directory.
    void commit();

  private:
    std::string path_;
    std::string temporary_;
    Descriptor descriptor_;
    std::uint64_t written_ = 0;
};

}  // namespace platform

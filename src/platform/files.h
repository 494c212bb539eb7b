// Small whole files: read with a limit, written so that a reader, or a crash, meets the old content
// or the new, never a part. Errors are std::system_error: what failed, on which path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace platform {

/// Owns a descriptor.
class Descriptor {
  public:
    explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
    Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { reset(); }
    int get() const { return descriptor_; }
    int release();
    void reset();

  private:
    int descriptor_;
};

/// Throws the system error in `errno` with "what path".
[[noreturn]] void throw_errno(std::string_view what, const std::string& path);

/// Writes all of it at `offset`, past interruptions and short writes.
void write_all_at(int descriptor, std::string_view bytes, std::uint64_t offset,
                  const std::string& path);

/// The content; throws std::runtime_error when it is longer than `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit);

/// Temporary file beside it, fsync, rename, fsync of the directory; mode 600.
void write_file_atomically(const std::string& path, std::string_view bytes);

/// The file's content; where there is none it is first made with `bytes`, mode 600, durably, and if
/// two processes try at once both return the same.
std::string read_or_make_file(const std::string& path, std::string_view bytes, std::size_t limit);

/// Makes the directory and those above it, mode 700 for those it makes.
void make_directories(const std::string& path);
void sync_directory(const std::string& path);
/// The directory part of a path, "." where it has none.
std::string directory_of(const std::string& path);

}  // namespace platform

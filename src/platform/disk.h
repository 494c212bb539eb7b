// The disk as the journal needs it: whole-file operations that say what is durable. An interface,
// so that a simulated disk can lose, garble or refuse what was not synced; the real one is
// posix_disk().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace platform {

/// An open file. Methods throw std::system_error (what failed, on which path).
class File {
  public:
    virtual ~File() = default;
    virtual void write_at(std::uint64_t offset, std::span<const char> bytes) = 0;
    /// Reads up to `size` bytes; fewer only at the end of the file.
    virtual std::string read_at(std::uint64_t offset, std::size_t size) const = 0;
    virtual std::uint64_t size() const = 0;
    virtual void sync() = 0;  // fdatasync
    virtual void preallocate(
        std::uint64_t size) = 0;  // zeroed and synced, so that writes need no space
};

class Disk {
  public:
    enum class Mode { create, write, read };
    virtual ~Disk() = default;
    virtual std::unique_ptr<File> open(const std::string& path,
                                       Mode mode) = 0;                        // create: exclusive
    virtual void make_directories(const std::string& path) = 0;               // mode 700
    virtual std::vector<std::string> list(const std::string& directory) = 0;  // names, sorted
    virtual void remove(const std::string& path) = 0;
    virtual void rename(const std::string& from, const std::string& to) = 0;
    virtual void sync_directory(const std::string& path) = 0;
    /// Holds an exclusive lock file until the token goes; absent when another process holds it.
    virtual std::shared_ptr<void> try_lock(const std::string& path) = 0;
};

Disk& posix_disk();

}  // namespace platform

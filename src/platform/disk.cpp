#include "platform/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/files.h"

namespace platform {
namespace {

constexpr std::size_t zero_chunk_bytes = 1u << 20;

class PosixFile : public File {
  public:
    PosixFile(Descriptor descriptor, std::string path)
        : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

    void write_at(std::uint64_t offset, std::span<const char> bytes) override {
        write_all_at(descriptor_.get(), {bytes.data(), bytes.size()}, offset, path_);
    }

    std::string read_at(std::uint64_t offset, std::size_t size) const override {
        std::string out(size, '\0');
        std::size_t have = 0;
        while (have < size) {
            const ssize_t count = ::pread(descriptor_.get(), out.data() + have, size - have,
                                          static_cast<off_t>(offset + have));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw_errno("read", path_);
            if (count == 0) break;
            have += static_cast<std::size_t>(count);
        }
        out.resize(have);
        return out;
    }

    std::uint64_t size() const override {
        struct stat status {};
        if (::fstat(descriptor_.get(), &status) != 0) throw_errno("look at", path_);
        return static_cast<std::uint64_t>(status.st_size);
    }

    void sync() override {
        // Never retried: after a failure the kernel may have dropped the pages it could not write.
        if (::fdatasync(descriptor_.get()) != 0) throw_errno("sync", path_);
    }

    void preallocate(std::uint64_t size) override {
        // Written, not fallocate'd: turning unwritten extents into written ones would cost every
        // later sync a journal entry of the file system.
        const std::string zeros(zero_chunk_bytes, '\0');
        for (std::uint64_t at = 0; at < size; at += zeros.size()) {
            const auto count = std::min<std::uint64_t>(zeros.size(), size - at);
            write_all_at(descriptor_.get(), std::string_view(zeros).substr(0, count), at, path_);
        }
        if (::fsync(descriptor_.get()) != 0) throw_errno("sync", path_);
    }

  private:
    Descriptor descriptor_;
    std::string path_;
};

class PosixDisk : public Disk {
  public:
    std::unique_ptr<File> open(const std::string& path, Mode mode) override {
        const int flags = mode == Mode::create  ? O_RDWR | O_CREAT | O_EXCL
                          : mode == Mode::write ? O_RDWR
                                                : O_RDONLY;
        Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600));
        if (descriptor.get() < 0) throw_errno(mode == Mode::create ? "create" : "open", path);
        return std::make_unique<PosixFile>(std::move(descriptor), path);
    }

    void make_directories(const std::string& path) override { platform::make_directories(path); }

    std::vector<std::string> list(const std::string& directory) override {
        const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(directory.c_str()), ::closedir);
        if (!handle) throw_errno("list", directory);
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(handle.get())) {
            const std::string name = entry->d_name;
            if (name != "." && name != "..") names.push_back(name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    void remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) throw_errno("remove", path);
    }

    void rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) throw_errno("rename", from);
    }

    void sync_directory(const std::string& path) override { platform::sync_directory(path); }

    std::shared_ptr<void> try_lock(const std::string& path) override {
        auto lock =
            std::make_shared<Descriptor>(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (lock->get() < 0) throw_errno("open", path);
        if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return nullptr;
            throw_errno("lock", path);
        }
        // The holder's process id, for the message of whoever is refused.
        if (::ftruncate(lock->get(), 0) != 0) throw_errno("truncate", path);
        write_all_at(lock->get(), std::to_string(::getpid()) + "\n", 0, path);
        return lock;
    }
};

}  // namespace

Disk& posix_disk() {
    static PosixDisk disk;
    return disk;
}

}  // namespace platform

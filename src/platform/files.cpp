#include "platform/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "platform/crypto.h"

namespace platform {
namespace {

/// Writes a new file of a name of its own beside `path`, durably; its name.
std::string write_beside(const std::string& path, std::string_view bytes) {
    std::string name = path + "." + random_text(8) + ".tmp";
    const Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) throw_errno("create", name);
    try {
        write_all_at(file.get(), bytes, 0, name);
        if (::fsync(file.get()) != 0) throw_errno("sync", name);
    } catch (...) {
        ::unlink(name.c_str());
        throw;
    }
    return name;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        reset();
        descriptor_ = other.release();
    }
    return *this;
}

int Descriptor::release() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
}

void Descriptor::reset() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

void throw_errno(std::string_view what, const std::string& path) {
    throw std::system_error(errno, std::generic_category(), std::string(what) + " " + path);
}

void write_all_at(int descriptor, std::string_view bytes, std::uint64_t offset,
                  const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            throw_errno("write", path);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

std::string read_file(const std::string& path, std::size_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) throw_errno("open", path);
    std::string content;
    char buffer[1 << 14];
    while (true) {
        const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
        if (count < 0) {
            if (errno == EINTR) continue;
            throw_errno("read", path);
        }
        if (count == 0) return content;
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > limit) {
            throw std::runtime_error(path + " is longer than " + std::to_string(limit) + " bytes");
        }
    }
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
    const std::string name = write_beside(path, bytes);
    if (::rename(name.c_str(), path.c_str()) != 0) {
        const int error = errno;
        ::unlink(name.c_str());
        errno = error;
        throw_errno("rename to", path);
    }
    sync_directory(directory_of(path));
}

std::string read_or_make_file(const std::string& path, std::string_view bytes, std::size_t limit) {
    if (::access(path.c_str(), F_OK) != 0) {
        const std::string name = write_beside(path, bytes);
        // link, not rename: whoever comes second finds the first one's file and keeps it.
        const int error = ::link(name.c_str(), path.c_str()) == 0 ? 0 : errno;
        ::unlink(name.c_str());
        if (error != 0 && error != EEXIST) {
            errno = error;
            throw_errno("create", path);
        }
        sync_directory(directory_of(path));
    }
    return read_file(path, limit);
}

void make_directories(const std::string& path) {
    if (path.empty() || ::mkdir(path.c_str(), 0700) == 0) return;
    if (errno == ENOENT) {
        const std::string parent = directory_of(path);
        if (parent == path || parent == ".") throw_errno("make directory", path);
        make_directories(parent);
        sync_directory(directory_of(parent));
        if (::mkdir(path.c_str(), 0700) == 0) return;
    }
    struct stat status {};
    if (errno != EEXIST) throw_errno("make directory", path);
    if (::stat(path.c_str(), &status) != 0) throw_errno("look at", path);
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        throw_errno("make directory", path);
    }
}

void sync_directory(const std::string& path) {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) throw_errno("open directory", path);
    if (::fsync(directory.get()) != 0) throw_errno("sync directory", path);
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace platform

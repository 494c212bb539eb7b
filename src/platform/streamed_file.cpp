#include "platform/streamed_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace platform {

StreamedFile::StreamedFile(std::string path)
    : path_(std::move(path)), temporary_(path_ + "." + std::to_string(::getpid()) + ".part") {
    descriptor_ =
        Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (descriptor_.get() < 0) throw_errno("create", temporary_);
}

StreamedFile::~StreamedFile() {
    if (descriptor_.get() >= 0) ::unlink(temporary_.c_str());
}

void StreamedFile::append(std::string_view bytes) {
    write_all_at(descriptor_.get(), bytes, written_, temporary_);
    written_ += bytes.size();
}

void StreamedFile::commit() {
    if (::fsync(descriptor_.get()) != 0) throw_errno("sync", temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw_errno("rename to", path_);
    descriptor_.reset();
    sync_directory(directory_of(path_));
}

}  // namespace platform

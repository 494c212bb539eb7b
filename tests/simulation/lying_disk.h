// A disk that says it has synced and has not, every so many times: the planted bug of a product
// that forgets an fsync, put where the product cannot see it.
#pragma once

#include <atomic>

#include "platform/disk.h"

namespace simulation {

class LyingDisk : public platform::Disk {
  public:
    /// Each `honest` + 1st sync of a file does nothing; absent: none does.
    LyingDisk(platform::Disk& disk, std::optional<int> honest) : disk_(disk), honest_(honest) {}

    std::unique_ptr<platform::File> open(const std::string& path, Mode mode) override {
        return std::make_unique<LyingFile>(disk_.open(path, mode), *this);
    }
    void make_directories(const std::string& path) override { disk_.make_directories(path); }
    std::vector<std::string> list(const std::string& directory) override {
        return disk_.list(directory);
    }
    void remove(const std::string& path) override { disk_.remove(path); }
    void rename(const std::string& from, const std::string& to) override { disk_.rename(from, to); }
    void sync_directory(const std::string& path) override { disk_.sync_directory(path); }
    std::shared_ptr<void> try_lock(const std::string& path) override {
        return disk_.try_lock(path);
    }

  private:
    class LyingFile : public platform::File {
      public:
        LyingFile(std::unique_ptr<platform::File> file, LyingDisk& disk)
            : file_(std::move(file)), disk_(disk) {}
        void write_at(std::uint64_t offset, std::span<const char> bytes) override {
            file_->write_at(offset, bytes);
        }
        std::string read_at(std::uint64_t offset, std::size_t size) const override {
            return file_->read_at(offset, size);
        }
        std::uint64_t size() const override { return file_->size(); }
        void sync() override {
            if (!disk_.skips()) file_->sync();
        }
        void preallocate(std::uint64_t size) override { file_->preallocate(size); }

      private:
        std::unique_ptr<platform::File> file_;
        LyingDisk& disk_;
    };

    bool skips() { return honest_ && ++syncs_ % (*honest_ + 1) == 0; }

    platform::Disk& disk_;
    const std::optional<int> honest_;
    std::atomic<int> syncs_{0};
};

}  // namespace simulation

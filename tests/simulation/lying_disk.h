// A disk that says it has synced and has not: the planted bug of a product that forgets an fsync,
// put where the product cannot see it.
#pragma once

#include <atomic>

#include "platform/disk.h"

namespace simulation {

/// Which syncs do nothing.
struct Lies {
    int files = 0;             // every so-manieth sync of a file; 0: none
    bool directories = false;  // those of a directory
};

class LyingDisk : public platform::Disk {
  public:
    LyingDisk(platform::Disk& disk, Lies lies) : disk_(disk), lies_(lies) {}

    std::unique_ptr<platform::File> open(const std::string& path, Mode mode) override {
        return std::make_unique<LyingFile>(disk_.open(path, mode), *this);
    }
    void make_directories(const std::string& path) override { disk_.make_directories(path); }
    std::vector<std::string> list(const std::string& directory) override {
        return disk_.list(directory);
    }
    void remove(const std::string& path) override { disk_.remove(path); }
    void rename(const std::string& from, const std::string& to) override { disk_.rename(from, to); }
    void sync_directory(const std::string& path) override {
        if (!lies_.directories) disk_.sync_directory(path);
    }
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

    bool skips() { return lies_.files > 0 && ++syncs_ % lies_.files == 0; }

    platform::Disk& disk_;
    const Lies lies_;
    std::atomic<int> syncs_{0};
};

}  // namespace simulation

// A disk in memory that behaves like a bad day: what was not synced is lost, or kept up to any
// byte; names that were not synced are lost or kept; a sync or a write fails; space runs out.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/disk.h"

namespace support {

class SimulatedDisk : public platform::Disk {
  public:
    enum class Names { synced_only, all };

    /// The disk as a power cut leaves it: of the writes since each file's last sync only the first
    /// `kept_bytes` of each file came through, in order; with `garbage` (a seed), noise stands
    /// where the others would have changed something.
    std::unique_ptr<SimulatedDisk> after_power_cut(std::size_t kept_bytes, Names names,
                                                   std::optional<std::uint64_t> garbage = {}) const;
    /// As a kill leaves it: all that was written is there.
    std::unique_ptr<SimulatedDisk> after_kill() const;

    void fail_syncs_from(int count);   // the count-th sync from now on and all later ones: EIO
    void fail_writes_from(int count);  // the same of writes
    void hold_syncs(bool hold);  // a sync that begins while they are held does not return before
    enum class Operation { write, sync, remove, rename, sync_directory };
    /// The nth from now on of these alone fails with this error and does nothing.
    void fail_once(Operation operation, int nth = 1, std::errc error = std::errc::io_error);
    void set_space(std::optional<std::size_t> bytes);  // for all files together

    std::string content(const std::string& path) const;
    void set_content(const std::string& path, std::string bytes);
    std::vector<std::string> paths() const;
    int syncs() const;
    std::size_t largest_unsynced() const;

    std::unique_ptr<platform::File> open(const std::string& path, Mode mode) override;
    void make_directories(const std::string& path) override;
    std::vector<std::string> list(const std::string& directory) override;
    void remove(const std::string& path) override;
    void rename(const std::string& from, const std::string& to) override;
    void sync_directory(const std::string& path) override;
    std::shared_ptr<void> try_lock(const std::string& path) override;

  private:
    friend class SimulatedFile;
    struct Write {
        std::size_t offset;
        std::string bytes;
    };
    struct Inode {
        std::string durable;
        std::string current;
        std::vector<Write> unsynced;
    };
    using Names_ = std::map<std::string, std::shared_ptr<Inode>>;

    void write(Inode& inode, std::size_t offset, std::string bytes, const std::string& path);
    void sync(Inode& inode, const std::string& path);
    void wait_for_syncs();
    std::size_t used() const;
    void fail_if_due(Operation operation, const std::string& path);  // under mutex_

    mutable std::mutex mutex_;
    std::condition_variable released_;
    bool holds_syncs_ = false;
    Names_ names_;
    Names_ durable_names_;
    std::shared_ptr<std::set<std::string>> locks_ = std::make_shared<std::set<std::string>>();
    std::optional<std::size_t> space_;
    int syncs_ = 0;
    int writes_ = 0;
    int failing_sync_ = 0;  // 0: none
    int failing_write_ = 0;
    struct Failure {
        int countdown;
        std::errc error;
    };
    std::map<Operation, Failure> failures_;
};

}  // namespace support

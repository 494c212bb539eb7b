#include "support/simulated_disk.h"

#include <algorithm>
#include <random>

namespace support {
namespace {

[[noreturn]] void fail(std::errc error, const std::string& what) {
    throw std::system_error(std::make_error_code(error), what);
}

void overwrite(std::string& content, std::size_t offset, const std::string& bytes) {
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
    content.replace(offset, bytes.size(), bytes);
}

std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

}  // namespace

class SimulatedFile : public platform::File {
  public:
    SimulatedFile(SimulatedDisk& disk, std::shared_ptr<SimulatedDisk::Inode> inode,
                  std::string path)
        : disk_(disk), inode_(std::move(inode)), path_(std::move(path)) {}

    void write_at(std::uint64_t offset, std::span<const char> bytes) override {
        const std::lock_guard lock(disk_.mutex_);
        disk_.write(*inode_, offset, std::string(bytes.begin(), bytes.end()), path_);
    }
    std::string read_at(std::uint64_t offset, std::size_t size) const override {
        const std::lock_guard lock(disk_.mutex_);
        return offset < inode_->current.size() ? inode_->current.substr(offset, size) : "";
    }
    std::uint64_t size() const override {
        const std::lock_guard lock(disk_.mutex_);
        return inode_->current.size();
    }
    void sync() override {
        disk_.wait_for_syncs();
        const std::lock_guard lock(disk_.mutex_);
        disk_.sync(*inode_, path_);
    }
    void preallocate(std::uint64_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        if (disk_.space_ && disk_.used() + size > *disk_.space_) {
            fail(std::errc::no_space_on_device, "write " + path_);
        }
        inode_->durable.assign(size, '\0');
        inode_->current = inode_->durable;
    }

  private:
    SimulatedDisk& disk_;
    std::shared_ptr<SimulatedDisk::Inode> inode_;
    std::string path_;
};

std::unique_ptr<SimulatedDisk> SimulatedDisk::after_power_cut(
    std::size_t kept_bytes, Names names, std::optional<std::uint64_t> garbage) const {
    const std::lock_guard lock(mutex_);
    std::minstd_rand noise(static_cast<std::minstd_rand::result_type>(garbage.value_or(0) + 1));
    auto disk = std::make_unique<SimulatedDisk>();
    for (const auto& [path, inode] : names == Names::all ? names_ : durable_names_) {
        auto left = std::make_shared<Inode>();
        left->durable = inode->durable;
        std::size_t kept = kept_bytes;
        for (const Write& write : inode->unsynced) {
            const std::size_t count = std::min(kept, write.bytes.size());
            overwrite(left->durable, write.offset, write.bytes.substr(0, count));
            kept -= count;
            if (!garbage) continue;
            for (std::size_t i = count; i < write.bytes.size(); ++i) {
                const std::size_t at = write.offset + i;
                if (at >= left->durable.size()) break;
                if (left->durable[at] != write.bytes[i]) {
                    left->durable[at] = static_cast<char>(noise());
                }
            }
        }
        left->current = left->durable;
        disk->names_[path] = disk->durable_names_[path] = left;
    }
    return disk;
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::after_kill() const {
    const std::lock_guard lock(mutex_);
    auto disk = std::make_unique<SimulatedDisk>();
    for (const auto& [path, inode] : names_) {
        disk->names_[path] = std::make_shared<Inode>(*inode);
        if (durable_names_.contains(path)) disk->durable_names_[path] = disk->names_[path];
    }
    return disk;
}

void SimulatedDisk::fail_syncs_from(int count) {
    const std::lock_guard lock(mutex_);
    failing_sync_ = count == 0 ? 0 : syncs_ + count;
}

void SimulatedDisk::fail_writes_from(int count) {
    const std::lock_guard lock(mutex_);
    failing_write_ = count == 0 ? 0 : writes_ + count;
}

void SimulatedDisk::hold_syncs(bool hold) {
    const std::lock_guard lock(mutex_);
    holds_syncs_ = hold;
    released_.notify_all();
}

void SimulatedDisk::wait_for_syncs() {
    std::unique_lock lock(mutex_);
    released_.wait(lock, [this] { return !holds_syncs_; });
}

void SimulatedDisk::fail_once(Operation operation, int nth, std::errc error) {
    const std::lock_guard lock(mutex_);
    failures_[operation] = {nth, error};
}

void SimulatedDisk::fail_if_due(Operation operation, const std::string& path) {
    const auto found = failures_.find(operation);
    if (found == failures_.end() || --found->second.countdown > 0) return;
    const std::errc error = found->second.error;
    failures_.erase(found);
    fail(error, "at " + path);
}

void SimulatedDisk::set_space(std::optional<std::size_t> bytes) {
    const std::lock_guard lock(mutex_);
    space_ = bytes;
}

std::string SimulatedDisk::content(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return names_.at(path)->current;
}

void SimulatedDisk::set_content(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    Inode& inode = *names_.at(path);
    inode.durable = inode.current = std::move(bytes);
    inode.unsynced.clear();
}

std::vector<std::string> SimulatedDisk::paths() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> paths;
    for (const auto& [path, inode] : names_) paths.push_back(path);
    return paths;
}

int SimulatedDisk::syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
}

std::size_t SimulatedDisk::largest_unsynced() const {
    const std::lock_guard lock(mutex_);
    std::size_t largest = 0;
    for (const auto& [path, inode] : names_) {
        std::size_t bytes = 0;
        for (const Write& write : inode->unsynced) bytes += write.bytes.size();
        largest = std::max(largest, bytes);
    }
    return largest;
}

std::unique_ptr<platform::File> SimulatedDisk::open(const std::string& path, Mode mode) {
    const std::lock_guard lock(mutex_);
    if (mode == Mode::create) {
        if (names_.contains(path)) fail(std::errc::file_exists, "create " + path);
        names_[path] = std::make_shared<Inode>();
    }
    const auto found = names_.find(path);
    if (found == names_.end()) fail(std::errc::no_such_file_or_directory, "open " + path);
    return std::make_unique<SimulatedFile>(*this, found->second, path);
}

void SimulatedDisk::make_directories(const std::string&) {}

std::vector<std::string> SimulatedDisk::list(const std::string& directory) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [path, inode] : names_) {
        if (directory_of(path) == directory) names.push_back(path.substr(directory.size() + 1));
    }
    return names;
}

void SimulatedDisk::remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    fail_if_due(Operation::remove, path);
    if (names_.erase(path) == 0) fail(std::errc::no_such_file_or_directory, "remove " + path);
}

void SimulatedDisk::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    fail_if_due(Operation::rename, from);
    const auto found = names_.find(from);
    if (found == names_.end()) fail(std::errc::no_such_file_or_directory, "rename " + from);
    auto inode = found->second;
    names_.erase(found);
    names_[to] = std::move(inode);
}

void SimulatedDisk::sync_directory(const std::string& path) {
    const std::lock_guard lock(mutex_);
    fail_if_due(Operation::sync_directory, path);
    std::erase_if(durable_names_,
                  [&](const auto& entry) { return directory_of(entry.first) == path; });
    for (const auto& entry : names_) {
        if (directory_of(entry.first) == path) durable_names_.insert(entry);
    }
}

std::shared_ptr<void> SimulatedDisk::try_lock(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!locks_->insert(path).second) return nullptr;
    if (!names_.contains(path)) names_[path] = std::make_shared<Inode>();
    return std::shared_ptr<void>(locks_.get(),
                                 [locks = locks_, path](void*) { locks->erase(path); });
}

void SimulatedDisk::write(Inode& inode, std::size_t offset, std::string bytes,
                          const std::string& path) {
    fail_if_due(Operation::write, path);
    if (++writes_ >= failing_write_ && failing_write_ != 0) {
        fail(std::errc::io_error, "write " + path);
    }
    overwrite(inode.current, offset, bytes);
    inode.unsynced.push_back({offset, std::move(bytes)});
}

void SimulatedDisk::sync(Inode& inode, const std::string& path) {
    fail_if_due(Operation::sync, path);
    if (++syncs_ >= failing_sync_ && failing_sync_ != 0) {
        fail(std::errc::io_error, "sync " + path);
    }
    for (const Write& write : inode.unsynced) overwrite(inode.durable, write.offset, write.bytes);
    inode.unsynced.clear();
}

std::size_t SimulatedDisk::used() const {
    std::size_t bytes = 0;
    for (const auto& [path, inode] : names_) bytes += inode->current.size();
    return bytes;
}

}  // namespace support

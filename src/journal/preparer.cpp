#include "journal/preparer.h"

#include <cerrno>
#include <chrono>
#include <system_error>

#include "journal/segment.h"
#include "platform/log.h"

namespace journal {
namespace {

constexpr auto retry_interval = std::chrono::seconds(1);

bool is_lack_of_space(const std::system_error& error) {
    return error.code() == std::errc::no_space_on_device || error.code().value() == EDQUOT;
}

}  // namespace

Preparer::Preparer(platform::Disk& disk, std::string path, std::uint64_t bytes)
    : disk_(disk), path_(std::move(path)), bytes_(bytes) {
    remove_if_present(disk_, path_);  // left by a crash
    thread_ = std::thread([this] { run(); });
}

Preparer::~Preparer() {
    stop();
}

std::unique_ptr<platform::File> Preparer::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_ || failure_ || (given_up_ && lacks_space_); });
    if (failure_) std::rethrow_exception(failure_);
    return std::move(ready_);
}

void Preparer::next() {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
    changed_.notify_all();
}

void Preparer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (!thread_.joinable()) return;
    thread_.join();
    ready_.reset();
    try {
        remove_if_present(disk_, path_);
    } catch (const std::system_error& error) {
        platform::log(platform::Severity::warning, "journal", "left the prepared segment",
                      {{"error", error.what()}});
    }
}

void Preparer::give_up() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
}

void Preparer::retry() {
    const std::lock_guard lock(mutex_);
    retry_ = true;
    changed_.notify_all();
}

void Preparer::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (!wanted_) {
            changed_.wait(lock);
            continue;
        }
        retry_ = false;
        lock.unlock();
        std::unique_ptr<platform::File> file;
        std::exception_ptr failure;
        try {
            file = make();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (file || failure) {
            ready_ = std::move(file);
            failure_ = failure;
            wanted_ = false;
            changed_.notify_all();
        } else {
            changed_.notify_all();
            changed_.wait_for(lock, retry_interval, [this] { return retry_ || stopping_; });
        }
    }
}

std::unique_ptr<platform::File> Preparer::make() {
    try {
        auto file = disk_.open(path_, platform::Disk::Mode::create);
        file->preallocate(bytes_);
        lacks_space_.store(false, std::memory_order_relaxed);
        return file;
    } catch (const std::system_error& error) {
        if (!is_lack_of_space(error)) throw;
        if (!lacks_space_.exchange(true, std::memory_order_relaxed)) {
            platform::log(platform::Severity::error, "journal", "no space for the next segment",
                          {{"error", error.what()}});
        }
        remove_if_present(disk_, path_);
        return nullptr;
    }
}

}  // namespace journal

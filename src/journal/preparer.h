// Makes the next segment's file ahead of time, zeroed, on a thread of its own, so that the writer
// never waits for 16 MiB of zeros. Owns the file "prepared" until it is taken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "platform/disk.h"

namespace journal {

class Preparer {
  public:
    Preparer(platform::Disk& disk, std::string path, std::uint64_t bytes);
    ~Preparer();

    const std::string& path() const { return path_; }
    /// Waits for the file; the caller renames it and then calls next(). Throws what kept it from
    /// being made; absent after give_up() or stop().
    std::unique_ptr<platform::File> take();
    /// The file that was taken has another name now.
    void next();
    /// No space for it: tried again every second, and at retry(), until there is.
    bool lacks_space() const { return lacks_space_.load(std::memory_order_relaxed); }
    void retry();
    /// From now on take() does not wait for space.
    void give_up();
    /// Ends the thread and removes the file.
    void stop();

  private:
    void run();
    /// Absent: no space. Throws other failures.
    std::unique_ptr<platform::File> make();

    // Constant after construction.
    platform::Disk& disk_;
    const std::string path_;
    const std::uint64_t bytes_;

    std::atomic<bool> lacks_space_{false};

    // Under mutex_.
    std::mutex mutex_;
    std::condition_variable changed_;
    bool wanted_ = true;
    bool retry_ = false;
    bool given_up_ = false;
    bool stopping_ = false;
    std::unique_ptr<platform::File> ready_;
    std::exception_ptr failure_;

    std::thread thread_;
};

}  // namespace journal

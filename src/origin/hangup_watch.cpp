#include "origin/hangup_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>
#include <vector>

namespace origin {

HangupWatch::HangupWatch() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    thread_ = std::thread([this] { watch(); });
}

HangupWatch::~HangupWatch() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    thread_.join();
}

void HangupWatch::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void HangupWatch::watch() {
    for (;;) {
        std::vector<pollfd> events{{wake_.get(), POLLIN, 0}};
        std::vector<std::uint64_t> ids{0};
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            for (const auto& [id, pair] : pairs_) {
                if (pair.gone) continue;
                events.push_back({pair.client, POLLRDHUP, 0});
                ids.push_back(id);
            }
        }
        if (::poll(events.data(), events.size(), -1) < 0) continue;
        std::uint64_t count = 0;
        [[maybe_unused]] const auto drained = ::read(wake_.get(), &count, sizeof count);
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 1; i < events.size(); ++i) {
            if (events[i].revents == 0) continue;
            // A run that ended meanwhile is not in the map any more, whoever has its descriptor.
            const auto found = pairs_.find(ids[i]);
            if (found == pairs_.end()) continue;
            found->second.gone = true;
            if (found->second.engine >= 0) ::shutdown(found->second.engine, SHUT_RDWR);
        }
    }
}

HangupWatch::Run::Run(HangupWatch& watch, int client) : watch_(watch) {
    {
        const std::lock_guard lock(watch.mutex_);
        id_ = watch.next_id_++;
        watch.pairs_[id_] = Pair{client};
    }
    watch.wake();
}

HangupWatch::Run::~Run() {
    {
        const std::lock_guard lock(watch_.mutex_);
        watch_.pairs_.erase(id_);
    }
    // A poll that sleeps on a connection keeps it open in the kernel, also after it was closed
    // here.
    watch_.wake();
}

void HangupWatch::Run::set_engine(int descriptor) {
    const std::lock_guard lock(watch_.mutex_);
    Pair& pair = watch_.pairs_.at(id_);
    pair.engine = descriptor;
    if (pair.gone && descriptor >= 0) ::shutdown(descriptor, SHUT_RDWR);
}

bool HangupWatch::Run::client_has_gone() const {
    const std::lock_guard lock(watch_.mutex_);
    return watch_.pairs_.at(id_).gone;
}

}  // namespace origin

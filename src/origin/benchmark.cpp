#include "origin/benchmark.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "origin/engine_client.h"
#include "origin/replica.h"
#include "platform/clock.h"

namespace origin {
namespace {

constexpr std::chrono::milliseconds kLookEvery(25);
constexpr calendar::Duration kKillGrace = calendar::Duration::milliseconds(600);
constexpr calendar::Duration kSilenceLimit = calendar::Duration::seconds(120);

/// What the replica's thread tells the benchmark's.
struct Progress {
    std::mutex mutex;
    std::condition_variable changed;
    bool ready = false;
    std::optional<std::string> last_words;
};

ReplicaEvents events_into(Progress& progress) {
    ReplicaEvents events;
    events.on_ready = [&progress] {
        const std::lock_guard lock(progress.mutex);
        progress.ready = true;
        progress.changed.notify_all();
    };
    events.on_end = [&progress](const std::string& last_words) {
        const std::lock_guard lock(progress.mutex);
        progress.last_words = last_words;
        progress.changed.notify_all();
    };
    return events;
}

/// Looks at the engine's memory on a thread of its own until it goes.
class Sampler {
  public:
    Sampler(const Replica& replica, const std::function<bool()>& is_wanted, Replica& to_end)
        : replica_(replica), thread_([this, is_wanted, &to_end] {
              while (!done_) {
                  look();
                  if (!is_wanted()) to_end.request_end();
                  std::this_thread::sleep_for(kLookEvery);
              }
          }) {}
    ~Sampler() { end_thread(); }
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    /// Looks once more: an engine may have grown since the last time, and answered at once.
    MemorySample stop() {
        end_thread();
        look();
        return peak_;
    }

  private:
    void end_thread() {
        done_ = true;
        if (thread_.joinable()) thread_.join();
    }
    void look() {
        const MemorySample sample = replica_.measure();
        if (sample.bytes > peak_.bytes) peak_ = sample;
    }
    const Replica& replica_;
    std::atomic<bool> done_ = false;
    MemorySample peak_;  // owned by the thread until it is joined
    std::thread thread_;
};

void wait_until_ready(Progress& progress, calendar::Duration limit) {
    std::unique_lock lock(progress.mutex);
    progress.changed.wait_for(lock, std::chrono::microseconds(limit.micros),
                              [&] { return progress.ready || progress.last_words; });
    if (progress.last_words) throw std::runtime_error(*progress.last_words);
    if (!progress.ready) throw std::runtime_error("the engine was not ready in time");
}

void run_prompt(const CatalogueEntry& entry, const Replica& replica, Progress& progress) try {
    const nlohmann::json body = {{"model", entry.name.text()},
                                 {"prompt", "Once upon a time there was a"},
                                 {"max_tokens", 64},
                                 {"temperature", 0},
                                 {"stream", false}};
    CompletionCall call;
    call.body = body.dump();
    (void)complete({replica.port(), kSilenceLimit}, call);
} catch (const std::runtime_error& error) {
    std::unique_lock lock(progress.mutex);
    // Where the call failed because the engine died, its last words say more.
    progress.changed.wait_for(lock, std::chrono::milliseconds(200),
                              [&] { return progress.last_words.has_value(); });
    throw std::runtime_error("the first run failed: " + progress.last_words.value_or(error.what()));
}

}  // namespace

MemorySample benchmark(const CatalogueEntry& entry, const std::string& engine_directory,
                       const std::function<bool()>& is_wanted) {
    Progress progress;
    Replica replica(entry, engine_directory, kKillGrace, events_into(progress));
    Sampler sampler(replica, is_wanted, replica);
    wait_until_ready(progress, entry.boot_limit);
    run_prompt(entry, replica, progress);
    const MemorySample peak = sampler.stop();
    if (peak.bytes == 0) throw std::runtime_error("the engine's memory could not be read");
    return peak;
}

}  // namespace origin

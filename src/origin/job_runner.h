// The queue behind /model/job: one benchmark at a time, its outcome kept in the job book. Also says
// how much memory a model takes: measured here, or given by the catalogue.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "calendar/clock.h"
#include "origin/catalogue.h"
#include "origin/job_book.h"
#include "origin/memory.h"

namespace origin {

/// The answer to /model/job.
struct JobAnswer {
    bool success = true;
    std::optional<std::string> message;  // absent: just queued
    std::optional<calendar::Instant> started;
    std::optional<calendar::Instant> ended;  // printed only where there is one
    calendar::Instant modified;
};

class JobRunner {
  public:
    using Benchmark =
        std::function<MemorySample(const CatalogueEntry&, const std::function<bool()>& is_wanted)>;

    /// `path`: the job book's file. Jobs left over from an earlier run are taken up again.
    JobRunner(const calendar::Clock& clock, const std::vector<CatalogueEntry>& catalogue,
              const std::string& path, Benchmark benchmark);
    ~JobRunner();  // breaks off a running benchmark; it is queued again at the next start
    JobRunner(const JobRunner&) = delete;
    JobRunner& operator=(const JobRunner&) = delete;

    /// Queues the model or tells how its job stands. A failure is told once; asking again after
    /// that queues it anew. `entry` is of the catalogue.
    JobAnswer ask(const CatalogueEntry& entry);
    /// GiB as exact decimal text; absent: not known, so the model is not loadable.
    std::optional<std::string> find_required_ram(const CatalogueEntry& entry) const;

  private:
    void run();
    void work_on(const lifecycle::ModelName& model, std::unique_lock<std::mutex>& lock);

    // constant after construction
    const calendar::Clock& clock_;
    const std::map<lifecycle::ModelName, CatalogueEntry> entries_;
    const Benchmark benchmark_;
    const calendar::Instant started_;

    // under mutex_
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    JobBook book_;
    bool stopping_ = false;

    std::thread thread_;
};

}  // namespace origin

// What /model/job has found out: which models are queued, being measured, available or failed, and
// how much memory they take. Kept in one small file, written whole at each change.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "calendar/instant.h"
#include "lifecycle/ids.h"

namespace origin {

struct JobRecord {
    enum class State { queued, running, available, failed };
    State state = State::queued;
    calendar::Instant modified;
    std::optional<calendar::Instant> started;
    std::optional<calendar::Instant> ended;
    std::string required_ram;  // GiB, exact; available only
    std::string method;        // how it was measured: "pss" or "rss"
    std::string failure;       // failed only
    bool was_told = false;     // the failure has been answered once
};

/// Not thread-safe: the job runner owns it.
class JobBook {
  public:
    /// Reads the file, if there is one. A job that was running when the program ended is queued
    /// again. Throws std::runtime_error naming the file when it cannot be read.
    explicit JobBook(std::string path);

    const JobRecord* find(const lifecycle::ModelName& model) const;
    /// Replaces the model's record, durably. Throws std::system_error.
    void put(const lifecycle::ModelName& model, JobRecord record);
    /// Of those queued, the one that has waited longest.
    std::optional<lifecycle::ModelName> find_next() const;

  private:
    void write() const;
    std::string path_;
    std::map<lifecycle::ModelName, JobRecord> records_;
};

}  // namespace origin

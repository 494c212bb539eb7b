#include "origin/job_runner.h"

#include <stdexcept>

#include "origin/text.h"
#include "platform/log.h"

namespace origin {
namespace {

std::map<lifecycle::ModelName, CatalogueEntry> by_name(const std::vector<CatalogueEntry>& list) {
    std::map<lifecycle::ModelName, CatalogueEntry> map;
    for (const CatalogueEntry& entry : list) map.emplace(entry.name, entry);
    return map;
}

JobAnswer answer_of(const JobRecord& record) {
    JobAnswer answer;
    answer.started = record.started;
    answer.modified = record.modified;
    switch (record.state) {
        case JobRecord::State::queued:
        case JobRecord::State::running:
            answer.message = "Model is already queued";
            return answer;
        case JobRecord::State::available:
            answer.message = "Model available";
            break;
        case JobRecord::State::failed:
            answer.success = false;
            answer.message = record.failure;
            break;
    }
    answer.ended = record.ended;
    return answer;
}

}  // namespace

JobRunner::JobRunner(const calendar::Clock& clock, const std::vector<CatalogueEntry>& catalogue,
                     const std::string& path, Benchmark benchmark)
    : clock_(clock),
      entries_(by_name(catalogue)),
      benchmark_(std::move(benchmark)),
      started_(clock.now()),
      book_(path) {
    thread_ = std::thread([this] { run(); });
}

JobRunner::~JobRunner() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

JobAnswer JobRunner::ask(const CatalogueEntry& entry) {
    const std::lock_guard lock(mutex_);
    JobAnswer answer;
    if (entry.required_ram) {  // given: there is nothing to find out
        answer.message = "Model available";
        answer.modified = started_;
        return answer;
    }
    if (const JobRecord* record = book_.find(entry.name)) {
        if (record->state != JobRecord::State::failed) return answer_of(*record);
        if (!record->was_told) {
            JobRecord told = *record;
            told.was_told = true;
            book_.put(entry.name, told);
            return answer_of(told);
        }
    }
    JobRecord queued;
    queued.modified = clock_.now();
    book_.put(entry.name, queued);
    changed_.notify_all();
    answer.modified = queued.modified;
    return answer;
}

std::optional<std::string> JobRunner::find_required_ram(const CatalogueEntry& entry) const {
    if (entry.required_ram) return entry.required_ram;
    const std::lock_guard lock(mutex_);
    const JobRecord* record = book_.find(entry.name);
    if (record == nullptr || record->state != JobRecord::State::available) return std::nullopt;
    return record->required_ram;
}

void JobRunner::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (const auto next = book_.find_next()) {
            work_on(*next, lock);
        } else {
            changed_.wait(lock);
        }
    }
}

void JobRunner::work_on(const lifecycle::ModelName& model, std::unique_lock<std::mutex>& lock) try {
    JobRecord record;
    record.state = JobRecord::State::running;
    record.started = record.modified = clock_.now();
    book_.put(model, record);
    lock.unlock();
    try {
        const auto entry = entries_.find(model);
        if (entry == entries_.end()) throw std::runtime_error("the catalogue has no such model");
        const MemorySample sample = benchmark_(entry->second, [this] {
            const std::lock_guard inner(mutex_);
            return !stopping_;
        });
        record.state = JobRecord::State::available;
        record.required_ram = gibibytes_text(sample.bytes);
        record.method = to_text(sample.method);
        platform::log(platform::Severity::info, "origin", "measured",
                      {{"model", model.text()}, {"gib", record.required_ram}});
    } catch (const std::exception& error) {
        record.state = JobRecord::State::failed;
        record.failure = error.what();
        platform::log(platform::Severity::warning, "origin", "measuring failed",
                      {{"model", model.text()}});
    }
    lock.lock();
    if (stopping_ && record.state == JobRecord::State::failed) return;  // broken off by us
    record.ended = record.modified = clock_.now();
    book_.put(model, record);
} catch (const std::system_error& error) {
    // The book's disk. Without it nothing can be promised; tell, and look again in a while.
    if (!lock.owns_lock()) lock.lock();
    platform::log(platform::Severity::error, "origin", "the job book cannot be written",
                  {{"error", error.what()}});
    changed_.wait_for(lock, std::chrono::seconds(5));
}

}  // namespace origin

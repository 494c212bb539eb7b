// What is counted, for operators: one registry for the process, like the log. Every room counts
// into it (a relaxed atomic addition); the console writes it out in Prometheus' text format 0.0.4.
//
// Names: `tollgate_` and the room's noun, base units last (_seconds, _bytes), counters end in
// _total. Labels have few values, known beforehand: never an account, a key or a model, which would
// make the series grow with the customers and tell who they are.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"

namespace platform {

/// Only grows. In its own cache line: threads that count different things do not meet.
class alignas(64) Counter {
  public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down.
class alignas(64) Gauge {
  public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// How long things took; shown in seconds.
class Histogram {
  public:
    /// `bounds`: upper ones, inclusive, ascending; one for all beyond is added.
    explicit Histogram(std::vector<calendar::Duration> bounds);
    void observe(calendar::Duration duration);

    const std::vector<calendar::Duration>& bounds() const { return bounds_; }
    /// One more than bounds; not cumulative.
    std::vector<std::uint64_t> counts() const;
    calendar::Duration sum() const { return {sum_.load(std::memory_order_relaxed)}; }

  private:
    const std::vector<calendar::Duration> bounds_;
    std::vector<std::atomic<std::uint64_t>> counts_;
    std::atomic<std::int64_t> sum_{0};
};

/// In seconds, exact: "0.0005", "2". For readings.
std::string to_seconds(calendar::Duration duration);

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Thread-safe. What it hands out lives as long as it does: ask once, at construction. The same
/// name and labels give the same object. A name that breaks the rules above, or is used for two
/// kinds of thing, is an invariant broken.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
    Histogram& histogram(std::string_view name, std::string_view help,
                         std::vector<calendar::Duration> bounds, Labels labels = {});

    /// A value that its owner knows anyway, asked at each scrape, on the scraper's thread: the text
    /// of an exact decimal; empty leaves the line out. It must not throw, nor use the registry.
    enum class Kind { counter, gauge };
    using Reading = std::function<std::string()>;
    /// The reading is asked until the token goes, and not any more when its destructor returns.
    [[nodiscard]] std::shared_ptr<void> read_at_scrape(Kind kind, std::string_view name,
                                                       std::string_view help, Reading reading,
                                                       Labels labels = {});

    /// Families by name, series by labels. Ends with a line feed unless empty.
    std::string to_prometheus() const;

  private:
    struct Family;
    struct State;
    Family& family(std::string_view name, std::string_view help, std::string_view type);

    std::shared_ptr<State> state_;  // shared with the tokens, which may go later
};

/// The process's registry.
Metrics& metrics();

}  // namespace platform

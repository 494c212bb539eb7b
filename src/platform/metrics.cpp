#include "platform/metrics.h"

#include <algorithm>
#include <variant>

#include "platform/invariant.h"

namespace platform {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view name) {
    return !name.empty() && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string escaped(std::string_view text, std::string_view special) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else {
            if (special.find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
    }
    return out;
}

/// `{a="b"}`, or nothing.
std::string to_text(const Labels& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out += (out.empty() ? "{" : ",") + name + "=\"" + escaped(value, "\\\"") + "\"";
    }
    return out.empty() ? out : out + "}";
}

/// The labels with one more, as a histogram's buckets have it.
std::string with_bound(const std::string& labels, const std::string& bound) {
    const std::string last = "le=\"" + bound + "\"}";
    return labels.empty() ? "{" + last : labels.substr(0, labels.size() - 1) + "," + last;
}

using Series = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                            std::unique_ptr<Histogram>, Metrics::Reading>;

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
    const std::vector<std::uint64_t> counts = histogram.counts();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        sum += counts[i];
        const std::string bound =
            i < histogram.bounds().size() ? to_seconds(histogram.bounds()[i]) : "+Inf";
        out += name + "_bucket" + with_bound(labels, bound) + " " + std::to_string(sum) + "\n";
    }
    out += name + "_sum" + labels + " " + to_seconds(histogram.sum()) + "\n";
    out += name + "_count" + labels + " " + std::to_string(sum) + "\n";
}

}  // namespace

std::string to_seconds(calendar::Duration duration) {
    std::string text = std::to_string(duration.micros / 1'000'000);
    std::string fraction = std::to_string(duration.micros % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return fraction.empty() ? text : text + "." + fraction;
}

Histogram::Histogram(std::vector<calendar::Duration> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
    invariant(std::is_sorted(bounds_.begin(), bounds_.end()), "a histogram's bounds");
}

void Histogram::observe(calendar::Duration duration) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), duration);
    const auto index = static_cast<std::size_t>(bound - bounds_.begin());
    counts_[index].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(duration.micros, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
    std::vector<std::uint64_t> counts;
    for (const auto& count : counts_) counts.push_back(count.load(std::memory_order_relaxed));
    return counts;
}

struct Metrics::Family {
    std::string type;
    std::string help;
    std::map<std::string, Series> series;  // by the labels' text

    void append_to(std::string& out, const std::string& name) const;
};

struct Metrics::State {
    std::mutex mutex;
    std::map<std::string, Family, std::less<>> families;
};

void Metrics::Family::append_to(std::string& out, const std::string& name) const {
    std::string lines;
    for (const auto& [labels, value] : series) {
        if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&value)) {
            append_histogram(lines, name, labels, **histogram);
            continue;
        }
        std::string text;
        if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&value)) {
            text = std::to_string((*counter)->value());
        } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&value)) {
            text = std::to_string((*gauge)->value());
        } else {
            text = std::get<Reading>(value)();
        }
        if (!text.empty()) lines += name + labels + " " + text + "\n";
    }
    if (lines.empty()) return;
    out += "# HELP " + name + " " + escaped(help, "\\") + "\n";
    out += "# TYPE " + name + " " + type + "\n";
    out += lines;
}

Metrics::Metrics() : state_(std::make_shared<State>()) {}
Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(std::string_view name, std::string_view help,
                                 std::string_view type) {
    invariant(is_name(name), "a metric's name", name);
    invariant(name.ends_with("_total") == (type == "counter"), "counters end in _total", name);
    auto found = state_->families.find(name);
    if (found == state_->families.end()) {
        Family made{std::string(type), std::string(help), {}};
        found = state_->families.emplace(std::string(name), std::move(made)).first;
    }
    invariant(found->second.type == type, "one metric of two types", name);
    return found->second;
}

namespace {

template <class Kind, class Make>
Kind& find_or_make(std::map<std::string, Series>& series, const Labels& labels, Make make) {
    for (const auto& label : labels) {
        invariant(is_name(label.first) && label.first != "le", "a label's name", label.first);
    }
    const std::string key = to_text(labels);
    auto found = series.find(key);
    if (found == series.end()) found = series.emplace(key, make()).first;
    const auto* held = std::get_if<std::unique_ptr<Kind>>(&found->second);
    invariant(held != nullptr, "a metric that is counted and read", key);
    return **held;
}

}  // namespace

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
    const std::lock_guard lock(state_->mutex);
    return find_or_make<Counter>(family(name, help, "counter").series, labels,
                                 [] { return std::make_unique<Counter>(); });
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
    const std::lock_guard lock(state_->mutex);
    return find_or_make<Gauge>(family(name, help, "gauge").series, labels,
                               [] { return std::make_unique<Gauge>(); });
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::vector<calendar::Duration> bounds, Labels labels) {
    const std::lock_guard lock(state_->mutex);
    return find_or_make<Histogram>(family(name, help, "histogram").series, labels,
                                   [&] { return std::make_unique<Histogram>(std::move(bounds)); });
}

std::shared_ptr<void> Metrics::read_at_scrape(Kind kind, std::string_view name,
                                              std::string_view help, Reading reading,
                                              Labels labels) {
    const std::lock_guard lock(state_->mutex);
    Family& owner = family(name, help, kind == Kind::counter ? "counter" : "gauge");
    const std::string key = to_text(labels);
    const bool is_new = owner.series.emplace(key, std::move(reading)).second;
    invariant(is_new, "a reading under a name that is taken", name, key);
    return std::shared_ptr<void>(state_.get(),
                                 [state = state_, family_name = std::string(name), key](void*) {
                                     const std::lock_guard removal(state->mutex);
                                     state->families.find(family_name)->second.series.erase(key);
                                 });
}

std::string Metrics::to_prometheus() const {
    const std::lock_guard lock(state_->mutex);
    std::string out;
    for (const auto& [name, family] : state_->families) family.append_to(out, name);
    return out;
}

Metrics& metrics() {
    static Metrics registry;
    return registry;
}

}  // namespace platform

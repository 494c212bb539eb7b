#include "calendar/tz_file.h"

#include <algorithm>
#include <chrono>

#include "calendar/period.h"

namespace calendar {
namespace {

constexpr std::size_t header_size = 44;
constexpr std::int64_t before_all_time = -400LL * 366 * 86400 * 100;

std::int64_t big_endian(std::string_view bytes) {
    auto value = static_cast<std::uint64_t>(bytes[0] < 0 ? -1 : 0);
    for (char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

/// The six counts of a block's header.
struct Counts {
    std::size_t utc_flags, wall_flags, leaps, times, types, characters;

    std::size_t block_size(std::size_t time_size) const {
        return times * (time_size + 1) + types * 6 + characters + leaps * (time_size + 4) +
               wall_flags + utc_flags;
    }
};

std::optional<Counts> parse_header(std::string_view bytes) {
    if (bytes.size() < header_size || !bytes.starts_with("TZif") || bytes[4] < '2') return {};
    const auto count = [&](std::size_t index) {
        return static_cast<std::size_t>(big_endian(bytes.substr(20 + index * 4, 4))) & 0xffffff;
    };
    return Counts{count(0), count(1), count(2), count(3), count(4), count(5)};
}

}  // namespace

std::optional<std::vector<Transition>> parse_tz_file(std::string_view bytes, int last_year) {
    const auto first = parse_header(bytes);
    if (!first) return {};
    // The first block has 32-bit times, for readers of old; the second is the one to read.
    const std::size_t skipped = header_size + first->block_size(4);
    if (bytes.size() < skipped) return {};
    bytes.remove_prefix(skipped);
    const auto counts = parse_header(bytes);
    if (!counts || counts->types == 0 || counts->leaps != 0) return {};
    bytes.remove_prefix(header_size);
    if (bytes.size() < counts->block_size(8) + 2) return {};
    const std::string_view times = bytes.substr(0, counts->times * 8);
    const std::string_view indices = bytes.substr(times.size(), counts->times);
    const std::string_view types = bytes.substr(times.size() + indices.size(), counts->types * 6);

    const auto offset_of = [&](std::size_t type) {
        return static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4)));
    };
    std::vector<Transition> transitions{{before_all_time, offset_of(0)}};
    for (std::size_t i = 0; i < counts->times; ++i) {
        const auto type = static_cast<unsigned char>(indices[i]);
        if (type >= counts->types) return {};
        const std::int64_t at = big_endian(times.substr(i * 8, 8));
        if (at <= before_all_time) continue;
        if (at <= transitions.back().at) return {};
        transitions.push_back({at, offset_of(type)});
    }

    const std::string_view footer = bytes.substr(counts->block_size(8));
    const std::size_t end = footer.find('\n', 1);
    if (footer[0] != '\n' || end == std::string_view::npos) return {};
    if (end == 1) return transitions;  // no rule: the last offset stays
    const auto rule = FooterRule::parse(footer.substr(1, end - 1));
    if (!rule) return {};
    const std::int64_t last = transitions.back().at;
    const int first_year = last == before_all_time
                               ? 0
                               : day_from_epoch(last / 86400 - (last % 86400 < 0 ? 1 : 0)).year;
    for (int year = first_year; year <= last_year; ++year) {
        for (const Transition& transition : rule->transitions(year)) {
            if (transition.at > last) transitions.push_back(transition);
        }
    }
    return transitions;
}

/// A cursor over the text; each take_ moves on, or leaves `failed`.
class FooterReader {
  public:
    explicit FooterReader(std::string_view text) : rest_(text) {}

    std::optional<FooterRule> read() {
        FooterRule rule;
        take_name();
        rule.standard_ = -take_time();
        if (rest_.empty()) return result(rule);
        take_name();
        rule.summer_ = rest_.starts_with(',') ? rule.standard_ + 3600 : -take_time();
        rule.to_summer_ = take_change();
        rule.to_standard_ = take_change();
        return result(rule);
    }

  private:
    std::optional<FooterRule> result(const FooterRule& rule) const {
        if (failed_ || !rest_.empty()) return {};
        return rule;
    }

    bool take(char wanted) {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void take_name() {
        std::size_t size = 0;
        if (take('<')) {
            size = rest_.find('>');
            if (size == std::string_view::npos) return fail();
            rest_.remove_prefix(size + 1);
            return;
        }
        while (size < rest_.size() && ((rest_[size] | 0x20) >= 'a') &&
               ((rest_[size] | 0x20) <= 'z'))
            ++size;
        if (size < 3) return fail();
        rest_.remove_prefix(size);
    }

    int take_number() {
        int value = 0;
        std::size_t size = 0;
        for (; size < rest_.size() && size < 4 && rest_[size] >= '0' && rest_[size] <= '9'; ++size)
            value = value * 10 + (rest_[size] - '0');
        if (size == 0) fail();
        rest_.remove_prefix(size);
        return value;
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    std::int32_t take_time() {
        const bool negative = take('-');
        if (!negative) take('+');
        int seconds = take_number() * 3600;
        if (take(':')) seconds += take_number() * 60;
        if (take(':')) seconds += take_number();
        return negative ? -seconds : seconds;
    }

    FooterRule::Change take_change() {
        using Kind = FooterRule::Change::Kind;
        FooterRule::Change change{Kind::zero_based};
        if (!take(',')) fail();
        if (take('M')) {
            change.kind = Kind::month_week_day;
            change.month = take_number();
            if (!take('.')) fail();
            change.week = take_number();
            if (!take('.')) fail();
            change.day = take_number();
            if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 ||
                change.day > 6)
                fail();
        } else {
            if (take('J')) change.kind = Kind::julian_without_leap_day;
            change.day = take_number();
        }
        if (take('/')) change.time = take_time();
        return change;
    }

    void fail() {
        failed_ = true;
        rest_ = {};
    }

    std::string_view rest_;
    bool failed_ = false;
};

std::optional<FooterRule> FooterRule::parse(std::string_view text) {
    return FooterReader(text).read();
}

std::int64_t FooterRule::day_of(const Change& change, int year) {
    const std::int64_t new_year = days_from_epoch({year, 1, 1});
    switch (change.kind) {
        case Change::Kind::zero_based:
            return new_year + change.day;
        case Change::Kind::julian_without_leap_day: {
            const bool leap = std::chrono::year(year).is_leap() && change.day >= 60;
            return new_year + change.day - 1 + (leap ? 1 : 0);
        }
        case Change::Kind::month_week_day:
            break;
    }
    const Month month{year, change.month};
    const std::int64_t first = first_day_from_epoch(month);
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    std::int64_t day = first + (change.day - weekday + 7) % 7 + (change.week - 1) * 7;
    if (day >= first_day_from_epoch(month.next())) day -= 7;  // week 5 is the last one
    return day;
}

std::vector<Transition> FooterRule::transitions(int year) const {
    if (!to_summer_ || !to_standard_) return {};
    std::vector<Transition> both{
        {day_of(*to_summer_, year) * 86400 + to_summer_->time - standard_, summer_},
        {day_of(*to_standard_, year) * 86400 + to_standard_->time - summer_, standard_}};
    if (both[1].at < both[0].at) std::swap(both[0], both[1]);
    return both;
}

}  // namespace calendar

#include "reconciling/matching.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

namespace reconciling {
namespace {

using calendar::Duration;
using calendar::Instant;
using money::Decimal;

Duration distance(Instant a, Instant b) {
    return a < b ? b - a : a - b;
}

Decimal seconds_of(Duration duration) {
    return Decimal::scaled(duration.micros, 6);
}

Decimal absolute(const Decimal& value) {
    return value.is_negative() ? -value : value;
}

struct Span {
    Instant from;
    Instant to;
};

Span span_of(const BillLine& line) {
    const Instant from = *line.since();
    Instant to = line.end.value_or(line.start.value_or(from));
    if (line.created && line.start) return {std::min(*line.created, *line.start), to};
    return {from, std::max(from, to)};
}

Span span_of(const OurSession& session) {
    const Instant from = std::min({session.loaded, session.start.value_or(session.loaded),
                                   session.created.value_or(session.loaded)});
    const Instant to = session.end.value_or(session.gone.value_or(session.loaded));
    return {from, std::max(session.loaded, to)};
}

/// How well a line and a session go together: less is better.
struct Pair {
    int unlike = 0;  // 0: the same id, 1: the same instance, 2: one account's, 3: the same time
    Duration apart;
    std::size_t line = 0;
    std::size_t session = 0;
    friend auto operator<=>(const Pair&, const Pair&) = default;
};

class Matcher {
  public:
    Matcher(const std::vector<BillLine>& lines, const std::vector<OurSession>& sessions,
            Duration tolerance)
        : lines_(lines), sessions_(sessions), tolerance_(tolerance) {
        std::map<std::string, std::vector<std::size_t>> by_model;
        for (std::size_t i = 0; i < sessions.size(); ++i) by_model[sessions[i].model].push_back(i);
        std::map<std::string, std::vector<std::size_t>> lines_by_model;
        for (std::size_t i = 0; i < lines.size(); ++i) lines_by_model[lines[i].model].push_back(i);
        for (const auto& [model, of_lines] : lines_by_model) {
            const auto ours = by_model.find(model);
            if (ours != by_model.end()) add_pairs(of_lines, ours->second);
        }
        std::sort(pairs_.begin(), pairs_.end());
    }

    /// Session by line.
    std::map<std::size_t, std::size_t> match() const {
        std::map<std::size_t, std::size_t> matched;
        std::set<std::size_t> taken;
        for (const Pair& pair : pairs_) {
            if (matched.contains(pair.line) || taken.contains(pair.session)) continue;
            matched.emplace(pair.line, pair.session);
            taken.insert(pair.session);
        }
        return matched;
    }

  private:
    /// A sweep over both, in order of their beginnings: what overlaps is open at the same time.
    void add_pairs(std::vector<std::size_t> lines, std::vector<std::size_t> sessions) {
        add_named(lines, sessions);
        const auto from = [&](std::size_t i) { return span_of(lines_[i]).from - tolerance_; };
        const auto since = [&](std::size_t i) { return span_of(sessions_[i]).from; };
        std::ranges::sort(lines, {}, from);
        std::ranges::sort(sessions, {}, since);
        std::vector<std::size_t> open_lines;
        std::vector<std::size_t> open_sessions;
        std::size_t session = 0;
        for (std::size_t line = 0; line < lines.size() || session < sessions.size();) {
            const bool is_line =
                session == sessions.size() ||
                (line < lines.size() && from(lines[line]) <= since(sessions[session]));
            if (is_line) {
                const std::size_t one = lines[line++];
                std::erase_if(open_sessions,
                              [&](std::size_t i) { return span_of(sessions_[i]).to < from(one); });
                for (const std::size_t other : open_sessions) add_pair(one, other);
                open_lines.push_back(one);
            } else {
                const std::size_t one = sessions[session++];
                std::erase_if(open_lines, [&](std::size_t i) {
                    return span_of(lines_[i]).to + tolerance_ < since(one);
                });
                for (const std::size_t other : open_lines) add_pair(other, one);
                open_sessions.push_back(one);
            }
        }
    }

    /// Those that name each other belong together whenever they were.
    void add_named(const std::vector<std::size_t>& lines,
                   const std::vector<std::size_t>& sessions) {
        std::map<std::string, std::size_t> by_id;
        std::multimap<Instant, std::size_t> by_created;
        for (const std::size_t i : sessions) {
            by_id.emplace(sessions_[i].id, i);
            if (sessions_[i].created) by_created.emplace(*sessions_[i].created, i);
        }
        for (const std::size_t i : lines) {
            if (const auto found = by_id.find(lines_[i].instance); found != by_id.end())
                add_pair(i, found->second);
            if (!lines_[i].created) continue;
            const auto [begin, end] = by_created.equal_range(*lines_[i].created);
            for (auto found = begin; found != end; ++found) add_pair(i, found->second);
        }
    }

    void add_pair(std::size_t line_index, std::size_t session_index) {
        if (pairs_.size() == pairs_limit)
            throw TooManyPairs("more than " + std::to_string(pairs_limit) +
                               " lines and sessions of one model overlap: compare a shorter time, "
                               "or one account's");
        const BillLine& line = lines_[line_index];
        const OurSession& session = sessions_[session_index];
        Pair pair{3, {}, line_index, session_index};
        if (!line.instance.empty() && line.instance == session.id) {
            pair.unlike = 0;
        } else if (line.created && session.created && line.created == session.created) {
            pair.unlike = 1;
        } else if (!line.account.empty() && line.account == session.account) {
            pair.unlike = 2;
        }
        const Instant start = session.start.value_or(session.loaded);
        pair.apart = line.start ? distance(*line.start, start)
                                : distance(*line.created, session.created.value_or(session.loaded));
        if (line.end && session.end) pair.apart = pair.apart + distance(*line.end, *session.end);
        pairs_.push_back(pair);
    }

    const std::vector<BillLine>& lines_;
    const std::vector<OurSession>& sessions_;
    Duration tolerance_;
    std::vector<Pair> pairs_;
};

/// What one line and its session disagree about.
class Comparison {
  public:
    Comparison(const BillLine& line, const OurSession& session, Duration tolerance)
        : tolerance_(seconds_of(tolerance)) {
        if (session.created) compare("created", line.created, session.created);
        compare("start", line.start, session.start);
        // Of an open session nobody knows the end yet, nor what it will cost.
        if (!session.is_open || line.end)
            compare("end", line.end, session.is_open ? std::nullopt : session.end);
        if (session.is_open) return;
        compare("seconds", line.seconds, session.seconds, tolerance_);
        compare("billed_seconds", line.billed_seconds, session.billed_seconds, tolerance_);
        if (!line.amount) return;
        // Half a unit of their last digit, twice over: 2 × |difference| ≤ 10^−digits.
        const Decimal unit = unit_of(line.amount->decimals());
        if (!session.amount) {
            add("amount", to_text(*line.amount), "unpriced", "");
        } else {
            const Decimal by = *line.amount - *session.amount;
            if (absolute(by) + absolute(by) > unit)
                add("amount", to_text(*line.amount), to_text(*session.amount), to_text(by));
        }
    }

    std::vector<Difference> take() { return std::move(differences_); }

  private:
    /// 10^−decimals.
    static Decimal unit_of(unsigned decimals) {
        Decimal unit(1);
        for (; decimals > 0; --decimals) unit = unit * Decimal::scaled(1, 1);
        return unit;
    }

    void add(const char* field, std::string theirs, std::string ours, std::string by) {
        differences_.push_back({field, std::move(theirs), std::move(ours), std::move(by)});
    }

    void compare(const char* field, const std::optional<Instant>& theirs,
                 const std::optional<Instant>& ours) {
        if (!theirs) return;
        if (!ours) return add(field, calendar::to_text(*theirs), "none", "");
        const Decimal by = seconds_of(*theirs - *ours);
        if (absolute(by) > tolerance_)
            add(field, calendar::to_text(*theirs), calendar::to_text(*ours), to_text(by));
    }

    void compare(const char* field, const std::optional<Decimal>& theirs, const Decimal& ours,
                 const Decimal& tolerance) {
        if (!theirs) return;
        const Decimal by = *theirs - ours;
        if (absolute(by) > tolerance) add(field, to_text(*theirs), to_text(ours), to_text(by));
    }

    Decimal tolerance_;
    std::vector<Difference> differences_;
};

Sums sum_of(const std::vector<BillLine>& lines) {
    Sums sums;
    for (const BillLine& line : lines) {
        ++sums.count;
        if (line.seconds) sums.seconds += *line.seconds;
        if (line.billed_seconds) sums.billed_seconds += *line.billed_seconds;
        if (line.amount) sums.amount += *line.amount;
    }
    return sums;
}

void add(Sums& sums, const OurSession& session) {
    ++sums.count;
    sums.seconds += session.seconds;
    sums.billed_seconds += session.billed_seconds;
    if (session.amount) sums.amount += *session.amount;
}

/// From the first beginning that the bill tells to its last end.
Span time_of(const std::vector<BillLine>& lines) {
    Span time = span_of(lines.front());
    for (const BillLine& line : lines) {
        const Span span = span_of(line);
        time = {std::min(time.from, span.from), std::max(time.to, span.to)};
    }
    return time;
}

}  // namespace

bool Reconciliation::agrees() const {
    return only_theirs.empty() && only_ours.empty() &&
           std::ranges::all_of(matches,
                               [](const Match& match) { return match.differences.empty(); });
}

Reconciliation reconcile(std::vector<BillLine> lines, std::vector<OurSession> sessions,
                         Duration tolerance) {
    // By what they say, so that the order of the file does not matter.
    const auto says = [](const BillLine& line) {
        return std::tie(line.model, line.created, line.start, line.end, line.instance, line.account,
                        line.key, line.seconds, line.billed_seconds, line.amount, line.number);
    };
    std::ranges::sort(lines, [&](const auto& a, const auto& b) { return says(a) < says(b); });
    std::ranges::sort(sessions, [](const OurSession& a, const OurSession& b) {
        return std::tie(a.start, a.id) < std::tie(b.start, b.id);
    });
    Reconciliation result;
    result.lines = std::move(lines);
    result.sessions = std::move(sessions);
    result.theirs = sum_of(result.lines);
    const auto matched = Matcher(result.lines, result.sessions, tolerance).match();
    std::set<std::size_t> taken;
    for (std::size_t i = 0; i < result.lines.size(); ++i) {
        const auto found = matched.find(i);
        if (found == matched.end()) {
            result.only_theirs.push_back(i);
            continue;
        }
        const OurSession& session = result.sessions[found->second];
        taken.insert(found->second);
        add(result.ours, session);
        result.matches.push_back(
            {i, found->second, Comparison(result.lines[i], session, tolerance).take()});
    }
    const auto number = [&](std::size_t line) { return result.lines[line].number; };
    std::ranges::sort(result.only_theirs, {}, number);
    std::ranges::sort(result.matches, {}, [&](const Match& match) { return number(match.line); });
    if (result.lines.empty()) return result;
    const Span time = time_of(result.lines);
    for (std::size_t i = 0; i < result.sessions.size(); ++i) {
        const OurSession& session = result.sessions[i];
        if (taken.contains(i) || !session.start) continue;
        const Span span = span_of(session);
        if (span.to + tolerance < time.from || span.from > time.to + tolerance) continue;
        result.only_ours.push_back(i);
        add(result.ours, session);
    }
    return result;
}

}  // namespace reconciling

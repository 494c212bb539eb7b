#include "simulation/bounds.h"

#include <algorithm>
#include <cstdio>

namespace simulation {
namespace {

using Kind = Evidence::Kind;

constexpr Micros never = INT64_MAX / 4;

struct Interval {
    Micros low = 0;
    Micros high = 0;
    void include(Interval other) {
        low = std::min(low, other.low);
        high = std::max(high, other.high);
    }
};

class Reckoning {
  public:
    Reckoning(const Truth& truth, const Life& life, const std::string& account,
              const AuditRules& rules)
        : truth_(truth), life_(life), rules_(rules), error_(rules.clock_error) {
        for (const Evidence& seen : truth.evidence) {
            if (seen.account != account) {
                // Another account's run of the same instance may be known to be of it, or not.
                if (seen.life == life.id && seen.kind == Kind::run_taken) guests_.push_back(&seen);
                continue;
            }
            const Life& other = truth.lives[seen.life];
            if (seen.life == life.id) {
                mine_.push_back(&seen);
            } else if (other.id > life.id && other.model == life.model &&
                       other.upstream_account == life.upstream_account) {
                later_.push_back(&seen);
            }
        }
        for (const Evidence* seen : mine_)
            if (seen->kind == Kind::delete_answered) horizon_ = std::min(horizon_, seen->asked);
    }

    Bounds bounds() const {
        if (!life_.running) return {};
        const Interval start = find_start();
        Interval end = find_end();
        cap(end, start);
        Bounds bounds;
        if (start.high < never) bounds.low = billable(end.low - start.high);
        bounds.high = billable(end.high - start.low);
        bounds.text = "; start " + clock_text(start.low) + " to " +
                      (start.high == never ? "never" : clock_text(start.high)) + ", end " +
                      clock_text(end.low) + " to " + clock_text(end.high);
        return bounds;
    }

  private:
    static Micros round_up(Micros value, Micros step) { return (value + step - 1) / step * step; }

    std::int64_t billable(Micros used) const {
        const Tariff& tariff = rules_.tariff;
        const Micros step = tariff.increment_seconds * second;
        return std::max(round_up(std::max<Micros>(used, 0), step) / second, tariff.minimum_seconds);
    }

    /// Before a delete was sent, on whichever clocks.
    bool precedes_delete(const Evidence& seen) const {
        return horizon_ == never || seen.asked < horizon_ - error_;
    }

    Interval find_start() const {
        Interval start{*life_.running, never};
        for (const Evidence* seen : mine_) {
            if (!seen->certain) continue;
            if (seen->kind == Kind::running && precedes_delete(*seen)) {
                if (seen->unused) return {*life_.running, *life_.running};
                start.high = std::min(start.high, seen->answered + error_);
            } else if (seen->kind == Kind::run_taken) {
                start.high =
                    std::min(start.high, round_up(seen->answered + error_, minute) + error_);
            } else if (seen->kind == Kind::ended_report && seen->unused && seen->expires &&
                       *life_.ended >= *seen->expires) {
                return {*life_.running, *life_.running};
            }
        }
        return start;
    }

    /// When the upstream's clock stood at the delete's answer, as far as it told.
    Interval answer_of(const Evidence& deletion) const {
        const Micros last = deletion.date + second - 1;
        if (error_ == 0) {
            const Micros at = std::min(deletion.answered, last);
            return {at, at};
        }
        return {std::max(deletion.date, deletion.answered - error_ > last ? last : deletion.date),
                last};
    }

    Interval find_end() const {
        const Micros ended = *life_.ended;
        std::vector<Interval> possible;
        std::vector<const Evidence*> deletes;
        for (const Evidence* seen : mine_)
            if (seen->kind == Kind::delete_answered) deletes.push_back(seen);
        std::sort(deletes.begin(), deletes.end(),
                  [](const auto* a, const auto* b) { return a->asked < b->asked; });
        // One that was sent after the end, which the upstream told of, only confirms it.
        const bool confirmed = std::all_of(deletes.begin(), deletes.end(), [&](const auto* it) {
            return earliest_departure(*it) > ended + error_;
        });
        bool reported = false, surely_deleted = false;
        for (const Evidence* seen : mine_) {
            if (seen->kind != Kind::ended_report) continue;
            possible.push_back({ended, ended});
            reported = reported || (confirmed && seen->certain && seen->asked > last_sight());
        }
        for (const Evidence* deletion : deletes) {
            if (reported) break;
            possible.push_back(answer_of(*deletion));
            surely_deleted = surely_deleted || (deletion->certain && counts(*deletion));
            if (surely_deleted) break;
        }
        // A delete that met a later instance, which this account may never have seen.
        for (const Evidence* seen : later_)
            if (seen->kind == Kind::delete_answered && !reported && !surely_deleted)
                possible.push_back(answer_of(*seen));
        // Denied before a delete, the end is reckoned from the denial.
        if (!reported && (!surely_deleted || was_denied())) possible.push_back(reckoned_end());
        Interval end = possible.front();
        for (const Interval& other : possible) end.include(other);
        return end;
    }

    /// A delete whose answer came after another load's may be taken for that one's; one that was
    /// sent before its own load was answered, for an earlier one's.
    bool counts(const Evidence& deletion) const {
        for (const Evidence* seen : later_)
            if (seen->asked <= deletion.answered + error_) return false;
        for (const Evidence* seen : mine_)
            if (seen->kind == Kind::load_accepted && deletion.asked <= seen->answered + error_)
                return false;
        return true;
    }

    bool was_denied() const {
        return std::any_of(mine_.begin(), mine_.end(),
                           [](const auto* seen) { return seen->kind == Kind::denial; });
    }

    /// A key's denial says something where the key could see the instance.
    bool is_witness(const std::string& key) const {
        return std::any_of(mine_.begin(), mine_.end(), [&](const auto* seen) {
            return seen->key == key && seen->certain &&
                   (seen->kind == Kind::load_accepted || seen->kind == Kind::alive ||
                    seen->kind == Kind::running);
        });
    }

    /// When a question left, on the upstream's clock: an answer that took long is late by its Date,
    /// and nobody can tell on which way the time went.
    static Micros earliest_departure(const Evidence& seen) {
        return seen.asked - (seen.answered - seen.handled);
    }

    /// When it was last said to live, rightly or not.
    Micros last_sight() const {
        Micros last = 0;
        for (const Evidence* seen : mine_)
            if (seen->kind == Kind::alive || seen->kind == Kind::running)
                last = std::max(last, seen->asked + error_);
        return last;
    }

    static bool proves_life(const Evidence& seen) {
        return seen.kind == Kind::load_accepted || seen.kind == Kind::alive ||
               seen.kind == Kind::running || seen.kind == Kind::run_taken;
    }

    /// The latest instant that may be taken for the first denial: of the one that was asked first
    /// and is known for sure, or of one before it that may be known.
    Micros first_denial() const {
        const Micros sight = last_sight();
        std::vector<const Evidence*> denials;
        for (const Evidence* seen : mine_)
            if (seen->kind == Kind::denial && is_witness(seen->key) &&
                seen->handled >= *life_.ended && seen->asked > sight)
                denials.push_back(seen);
        std::sort(denials.begin(), denials.end(),
                  [](const auto* a, const auto* b) { return a->asked < b->asked; });
        Micros latest = 0;
        for (const Evidence* seen : denials) {
            latest = std::max(latest, std::min(seen->answered, seen->date + second - 1) + error_);
            if (seen->certain) return latest;
        }
        return never;
    }

    Interval reckoned_end() const {
        Micros sure_proof = life_.created - error_;
        Micros last_proof = life_.created + error_;
        for (const Evidence* seen : mine_) {
            if (!proves_life(*seen)) continue;
            last_proof = std::max(last_proof, seen->answered + error_);
            const Micros early =
                seen->kind == Kind::run_taken ? seen->handled : earliest_departure(*seen);
            if (seen->certain && precedes_delete(*seen))
                sure_proof = std::max(sure_proof, early - error_);
        }
        Micros denial = first_denial();
        for (const Evidence* seen : later_)
            if (seen->certain && (seen->kind == Kind::load_accepted || seen->kind == Kind::running))
                denial = std::min(denial, seen->answered + error_);
        for (const Evidence* seen : guests_)
            last_proof = std::max(last_proof, seen->answered + error_);
        const Micros limit = std::max(last_proof + 2 * minute, last_expiry_told());
        return {std::min(sure_proof, *life_.ended),
                std::max(*life_.ended, std::min(denial, limit))};
    }

    Micros period() const { return life_.period_seconds * second; }

    /// The latest instant that anything names as its expiry.
    Micros last_expiry_told() const {
        Micros latest = std::max(*life_.running + period(), life_.expires.value_or(0));
        for (const auto* list : {&mine_, &guests_}) {
            for (const Evidence* seen : *list) {
                latest = std::max(latest, seen->expires.value_or(0));
                if (seen->kind == Kind::run_taken)
                    latest = std::max(latest, seen->answered + error_ + period());
            }
        }
        return latest;
    }

    /// The latest instant up to which it may be taken not to have expired.
    Micros last_known_expiry() const {
        Micros latest = life_.expires.value_or(never);
        Micros last_run = 0, last_report = 0;
        for (const Evidence* seen : mine_) {
            if (seen->kind == Kind::run_taken) last_run = std::max(last_run, seen->answered);
            if (seen->kind == Kind::ended_report && seen->certain && seen->expires)
                last_report = std::max(last_report, seen->asked);
            // One that was asked while a run was in flight: no expiry is known.
            if (seen->kind == Kind::running && !seen->expires) latest = never;
        }
        for (const Evidence* seen : guests_) last_run = std::max(last_run, seen->answered);
        if (last_report > last_run + error_ && life_.expires) return *life_.expires;
        if (last_run > 0 && latest < never) latest = std::max(latest, last_run + error_ + period());
        return latest;
    }

    /// The earliest.
    Micros first_known_expiry() const {
        Micros sure = *life_.running + period();
        for (const Evidence* seen : mine_) {
            if (!seen->certain) continue;
            const bool report = seen->kind == Kind::ended_report ||
                                (seen->kind == Kind::running && precedes_delete(*seen));
            if (report && seen->expires) sure = std::max(sure, *seen->expires);
            if (seen->kind == Kind::run_taken)
                sure = std::max(sure, seen->handled + period() - error_);
        }
        return std::min(sure, life_.expires.value_or(sure));
    }

    void cap(Interval& end, const Interval& start) const {
        const Micros grace = rules_.tariff.grace_seconds * second;
        end.low = std::min(end.low, first_known_expiry() + grace);
        end.high = std::min(end.high, last_known_expiry() + grace);
        end.high = std::max(end.high, start.low);
    }

    const Truth& truth_;
    const Life& life_;
    const AuditRules& rules_;
    const Micros error_;
    std::vector<const Evidence*> mine_;    // of this life, by the account
    std::vector<const Evidence*> later_;   // of its successors
    std::vector<const Evidence*> guests_;  // runs of other accounts
    Micros horizon_ = never;               // when the first delete was sent
};

}  // namespace

Bounds find_bounds(const Truth& truth, const Life& life, const std::string& account,
                   const AuditRules& rules) {
    return Reckoning(truth, life, account, rules).bounds();
}

std::string clock_text(Micros at) {
    const Micros of_day = at % day;
    char text[40];
    std::snprintf(text, sizeof text, "day %lld %02lld:%02lld:%02lld.%06lld",
                  static_cast<long long>(at / day % 100), static_cast<long long>(of_day / hour),
                  static_cast<long long>(of_day / minute % 60),
                  static_cast<long long>(of_day / second % 60),
                  static_cast<long long>(of_day % second));
    return text;
}

std::string describe(const Life& life) {
    static const char* const ends[] = {"lives", "deleted", "expired", "failed"};
    const auto maybe = [](std::optional<Micros> at) { return at ? clock_text(*at) : "never"; };
    return std::to_string(life.id) + " of " + life.upstream_account + " by " +
           (life.ticket.empty() ? "elsewhere" : life.ticket) + ": created " +
           clock_text(life.created) + ", running " + maybe(life.running) + ", expires " +
           maybe(life.expires) + ", " + ends[static_cast<int>(life.end)] + " " + maybe(life.ended);
}

}  // namespace simulation

#include "lifecycle/life.h"

#include <algorithm>
#include <map>
#include <set>

namespace lifecycle {
namespace {

using calendar::Duration;
using calendar::Instant;

constexpr Instant never{INT64_MAX};

/// So many denials in a row are no lagging replica's: the watcher asks as often.
constexpr int believed_denials = 3;

/// An instant of the upstream's own is where it is.
constexpr ClockOffset moved_by_nothing{Duration{}, Duration{}};

// A caller may ask for any number of seconds; an instant ends with the year 9999.
constexpr std::int64_t longest_period_seconds = 100ll * 366 * 86'400;

Duration as_period(std::int64_t seconds) {
    return Duration::seconds(std::clamp<std::int64_t>(seconds, 0, longest_period_seconds));
}

/// One session's reasoning.
class Derivation {
  public:
    explicit Derivation(const Life& life) : life_(life) {
        take_options();
        find_deletion();
        find_alive();
        find_terminal();
        take_runs();
        find_denial();
    }

    Session session() {
        session_.created = life_.opening.created;
        session_.loaded_at = life_.opening.loaded_at;
        if (const Load* load = life_.opening.load; load && load->accepted)
            rest_on(load->stamp.offset);
        find_running();
        count_runs();
        session_.expires_at = expiry();
        find_end();
        keep_order();
        session_.last_proof_of_life = last_proof(session_.ended_at.value_or(never)).at;
        rest_on(running_offset_);
        rest_on(end_offset_);
        session_.clock = clock_.value_or(moved_by_nothing);
        find_span();
        return std::move(session_);
    }

  private:
    void take_options() {
        LoadOptions options;
        if (const Load* load = life_.opening.load) {
            options = load->options;
            session_.discovered = !load->accepted;
            session_.key = load->key;
            witnesses_.insert(load->key);
        } else {
            session_.discovered = true;
            session_.key = life_.opening.found->key;
            options.expiration_seconds =
                first_told(&Observation::expiration_seconds, options.expiration_seconds);
        }
        session_.concurrency = told_concurrency().value_or(options.concurrency);
        session_.expiration_seconds = options.expiration_seconds;
        for (const Observation* seen : life_.observations)
            if (seen->is_alive()) witnesses_.insert(seen->key);
    }

    std::int64_t first_told(std::optional<std::int64_t> Observation::*field,
                            std::int64_t otherwise) const {
        for (const Observation* seen : life_.observations)
            if (seen->*field && *(seen->*field) > 0) return *(seen->*field);
        return otherwise;
    }

    /// The replicas that the upstream runs, whatever was asked for: its first sane word while
    /// RUNNING, else while booting. A load that got no answer may have begun nothing, and the
    /// instance be another's: there even what is told when it has ended says more.
    std::optional<std::int64_t> told_concurrency() const {
        std::optional<std::int64_t> booting, ended;
        for (const Observation* seen : life_.observations) {
            if (is_stale(*seen) || !seen->concurrency || !is_sane_concurrency(*seen->concurrency))
                continue;
            if (seen->sight == Sight::running) return seen->concurrency;
            if (seen->is_alive() && !booting) booting = seen->concurrency;
            if (session_.discovered && is_of_this_instance(*seen) && !ended)
                ended = seen->concurrency;
        }
        return booting ? booting : ended;
    }

    /// The first delete that was sent when the load had been answered: one that raced with the load
    /// may have come before it.
    void find_deletion() {
        for (const Deletion* deletion : life_.deletions) {
            if (!deletion->accepted || deletion->stamp.asked < life_.opening.loaded_at) continue;
            deletion_ = deletion;
            horizon_ = deletion->stamp.asked;
            return;
        }
    }

    /// What was asked after a delete had been sent proves no life.
    bool is_before_deletion(const Observation& seen) const { return seen.stamp.asked < horizon_; }

    void find_alive() {
        for (const Observation* seen : life_.observations)
            if (seen->is_alive() && is_before_deletion(*seen)) last_alive_ = seen;
    }

    static bool began_after(const RunProof& run, Instant at) {
        return run.arrived.value_or(run.ended) > at;
    }

    /// Runs that arrived when it was known to be over were taken by another instance: of an account
    /// that shares the credential, or one that nobody looked at.
    void take_runs() {
        Instant over = never;
        if (deletion_) over = deletion_->stamp.answered;
        if (terminal_) over = std::min(over, terminal_->stamp.answered);
        for (const RunProof* run : life_.runs)
            if (!began_after(*run, over)) runs_.push_back(run);
    }

    /// A run that arrived after a denial was taken by an instance all the same: the denial came
    /// from a replica that lagged, unless it was repeated until it had to be believed.
    bool is_outlived(const Observation& denial) const {
        for (const RunProof* run : runs_) {
            if (!run->arrived || *run->arrived < denial.stamp.answered || *run->arrived >= horizon_)
                continue;
            return count_denials(denial, *run->arrived) < believed_denials;
        }
        return false;
    }

    int count_denials(const Observation& first, Instant until) const {
        int count = 0;
        for (const Observation* seen : life_.observations)
            if (seen->sight == Sight::absent && seen->stamp.asked >= first.stamp.asked &&
                seen->stamp.answered <= until && witnesses_.contains(seen->key))
                ++count;
        return count;
    }

    bool is_contradicted(const Observation& seen) const {
        return last_alive_ && seen.stamp.asked < last_alive_->stamp.asked;
    }

    bool is_older(const Observation& seen) const {
        const Load* load = life_.opening.load;
        return seen.modified &&
               *seen.modified < (load ? load->stamp.asked : life_.opening.loaded_at);
    }

    bool is_of_this_instance(const Observation& seen) const {
        return seen.created && seen.created == life_.opening.created;
    }

    /// A report from before the load: FAILED is sticky until then.
    bool is_stale(const Observation& seen) const {
        return !is_of_this_instance(seen) && is_older(seen);
    }

    /// What ended stays so until the next load: whoever tells later that it lives lags behind.
    bool is_final(const Observation& terminal) const {
        return is_of_this_instance(terminal) && !is_older(terminal);
    }

    static bool is_terminal(const Observation& seen) {
        return seen.sight == Sight::failed || seen.sight == Sight::stopped;
    }

    /// The upstream's own word that it ended; the earliest instant it names.
    void find_terminal() {
        for (const Observation* seen : life_.observations) {
            if (!is_terminal(*seen) || !seen->modified) continue;
            if (is_stale(*seen) || (is_contradicted(*seen) && !is_final(*seen))) continue;
            if (!terminal_ || *seen->modified < *terminal_->modified) terminal_ = seen;
        }
    }

    /// The first denial that nothing contradicts, by a key that could see the instance. A terminal
    /// report that does not say when is no more than that.
    void find_denial() {
        for (const Observation* seen : life_.observations) {
            if (seen->is_alive() || (is_terminal(*seen) && seen->modified)) continue;
            if (!is_before_deletion(*seen) || is_contradicted(*seen)) continue;
            if (seen->stamp.asked < life_.opening.loaded_at || !witnesses_.contains(seen->key))
                continue;
            if (is_outlived(*seen)) continue;
            denial_ = seen;
            std::erase_if(runs_, [&](const RunProof* run) {
                return began_after(*run, seen->stamp.answered);
            });
            return;
        }
    }

    Duration period_of(const Observation& seen) const {
        return as_period(seen.expiration_seconds.value_or(session_.expiration_seconds));
    }

    /// A STOPPED at or after its own expiry ran its idle time out, so it ran.
    static bool proves_running(const Observation& seen) {
        if (seen.sight == Sight::running) return true;
        return seen.sight == Sight::stopped && seen.expires_at && seen.modified &&
               *seen.modified >= *seen.expires_at;
    }

    void offer_running(RunningEvidence evidence, Instant at, const ClockOffset& moved_by) {
        const bool better = session_.running_evidence == RunningEvidence::none ||
                            evidence < session_.running_evidence;
        if (!better && (evidence != session_.running_evidence || at >= *session_.running_at))
            return;
        session_.running_evidence = evidence;
        session_.running_at = at;
        running_offset_ = moved_by;
    }

    void find_running() {
        for (const Observation* seen : life_.observations) {
            if (!proves_running(*seen) || is_stale(*seen)) continue;
            if (seen->sight == Sight::running && !is_before_deletion(*seen)) {
                // The delete may have overtaken the question. Of this very instance, what the
                // upstream says of the time before is true all the same.
                if (is_of_this_instance(*seen))
                    offer_reported_running(*seen, deletion_->stamp.answered);
                continue;
            }
            offer_reported_running(*seen, never);
            if (seen->sight == Sight::running)
                offer_running(RunningEvidence::observed, seen->stamp.answered, seen->stamp.offset);
        }
        offer_first_run();
    }

    /// By the upstream's own clock; not after `latest`.
    void offer_reported_running(const Observation& seen, Instant latest) {
        const auto offer = [&](RunningEvidence evidence, Instant at) {
            if (at <= latest) offer_running(evidence, at, moved_by_nothing);
        };
        if (seen.inferences != 0) return;
        if (seen.expires_at)
            offer(RunningEvidence::expiry_clock, *seen.expires_at - period_of(seen));
        if (seen.sight == Sight::running && seen.modified)
            offer(RunningEvidence::modified, *seen.modified);
    }

    /// A run and a look prove the same: that it runs by then. The earlier counts.
    void offer_first_run() {
        if (runs_.empty()) return;
        const RunProof& run = *runs_.front();
        if (session_.running_evidence < RunningEvidence::observed && session_.running_at) return;
        if (session_.running_at && *session_.running_at <= run.ended) return;
        session_.running_evidence = RunningEvidence::run;
        session_.running_at = run.ended;
        running_offset_ = run.offset;
    }

    void count_runs() {
        std::uint64_t ended = 0;
        std::map<KeyFingerprint, KeptWarm> guests;
        for (const RunProof* run : runs_) {
            if (run->by_guest) {
                KeptWarm& guest =
                    guests.try_emplace(run->key, KeptWarm{run->key, 0, run->ended, {}})
                        .first->second;
                guest.runs += run->count;
                guest.first_at = std::min(guest.first_at, run->arrived.value_or(run->ended));
                guest.last_at = run->ended;
            } else {
                ended += run->count;
                session_.last_run_at = run->ended;
            }
        }
        for (auto& [key, guest] : guests) session_.kept_warm_by.push_back(std::move(guest));
        const auto tallied = static_cast<std::uint64_t>(std::max<std::int64_t>(life_.run_tally, 0));
        session_.runs = std::max(ended, tallied);
    }

    struct Proof {
        Instant at;
        ClockOffset offset;
    };

    /// The last proof of life not after `limit`.
    Proof last_proof(Instant limit) const {
        Proof proof{session_.loaded_at, clock_.value_or(moved_by_nothing)};
        const auto offer = [&](Instant at, const ClockOffset& offset) {
            if (at <= limit && at > proof.at) proof = {at, offset};
        };
        if (last_alive_) offer(last_alive_->stamp.asked, last_alive_->stamp.offset);
        for (const RunProof* run : runs_) offer(run->ended, run->offset);
        return proof;
    }

    /// The best word on when it expires: the upstream's, unless a run ended since.
    std::optional<Instant> expiry() const {
        if (!session_.running_at) return std::nullopt;
        const Observation* told = nullptr;
        for (const Observation* seen : life_.observations) {
            if (is_stale(*seen)) continue;
            const bool running = seen->sight == Sight::running && is_before_deletion(*seen);
            if (running || (seen->sight == Sight::stopped && seen->expires_at)) told = seen;
        }
        // Of what has stopped the upstream knows every run, however a gateway's clock moves ours.
        const bool is_last_word = told && told->sight == Sight::stopped && is_final(*told);
        if (told && (is_last_word || runs_.empty() || told->stamp.asked >= runs_.back()->ended))
            return told->expires_at;
        const Duration period = told ? period_of(*told) : as_period(session_.expiration_seconds);
        return (runs_.empty() ? *session_.running_at : runs_.back()->ended) + period;
    }

    void find_end() {
        if (terminal_ && is_before_end_of(*terminal_)) {
            end_at_report();
        } else if (deletion_ && !denial_) {
            session_.ended_at = deletion_->stamp.answered;
            end_offset_ = deletion_->stamp.offset;
            session_.end_reason = EndReason::deleted;
            session_.end_evidence = EndEvidence::delete_answer;
        } else if (denial_) {
            end_between({denial_->stamp.answered, denial_->stamp.offset});
            if (denial_->sight == Sight::failed) session_.end_reason = EndReason::failed;
        } else if (life_.next) {
            const Load* load = life_.next->load;
            end_between({life_.next->loaded_at, load ? load->stamp.offset : moved_by_nothing});
            session_.end_reason = EndReason::replaced;
        }
    }

    /// A crash or an expiry that a later delete only confirmed.
    bool is_before_end_of(const Observation& terminal) const {
        return !deletion_ || *terminal.modified < deletion_->stamp.asked;
    }

    bool is_expired_by(Instant at) const {
        return session_.expires_at && at >= *session_.expires_at - expiry_slack;
    }

    void end_at_report() {
        session_.ended_at = terminal_->modified;
        session_.end_evidence = EndEvidence::upstream_report;
        session_.end_reason = terminal_->sight == Sight::failed     ? EndReason::failed
                              : is_expired_by(*terminal_->modified) ? EndReason::expired
                                                                    : EndReason::deleted;
    }

    /// Known only to lie between the last proof of life and `denied`: the expiry if that lies
    /// between them, else the last proof plus at most the grace.
    void end_between(const Proof& denial) {
        const Instant denied = denial.at;
        Proof proof = last_proof(denied);
        if (proof.at > denied) proof = denial;
        const auto expires = session_.expires_at;
        const bool at_expiry = expires && *expires >= proof.at && *expires <= denied;
        const Duration gap = denied - proof.at;
        session_.ended_at = at_expiry ? *expires : proof.at + std::min(shutdown_grace, gap);
        if (!at_expiry) end_offset_ = gap <= shutdown_grace ? denial.offset : proof.offset;
        session_.first_denial = denied;
        session_.end_evidence = EndEvidence::bounded;
        session_.estimated = true;
        session_.end_reason = is_expired_by(*session_.ended_at)       ? EndReason::expired
                              : has_doubtful_delete(proof.at, denied) ? EndReason::deleted
                                                                      : EndReason::vanished;
    }

    bool has_doubtful_delete(Instant proof, Instant denied) const {
        return std::any_of(life_.deletions.begin(), life_.deletions.end(), [&](const auto* it) {
            return it->stamp.answered >= proof && it->stamp.asked <= denied;
        });
    }

    /// loaded ≤ running ≤ ended ≤ the next one's load, whatever the clocks said.
    void keep_order() {
        const auto move = [&](std::optional<Instant>& at, Instant low, Instant high) {
            if (!at || (*at >= low && *at <= high)) return;
            at = std::clamp(*at, low, high);
            session_.adjusted = true;
        };
        const Instant loaded = session_.loaded_at;
        move(session_.ended_at, loaded, life_.next ? life_.next->loaded_at : never);
        move(session_.running_at, loaded, session_.ended_at.value_or(never));
    }

    /// The least certain of what an instant was moved by: nothing is known of it, or the widest.
    void rest_on(const std::optional<ClockOffset>& offset) {
        if (!offset || *offset == moved_by_nothing) return;
        const bool is_worse = !clock_ || !offset->uncertainty ||
                              (clock_->uncertainty && *clock_->uncertainty < *offset->uncertainty);
        if (is_worse) clock_ = offset;
    }

    void find_span() {
        std::optional<Instant> first;
        Instant last;
        const auto take = [&](Instant recorded) {
            last = first ? std::max(last, recorded) : recorded;
            first = first ? std::min(*first, recorded) : recorded;
        };
        if (life_.opening.load) take(life_.opening.load->stamp.recorded);
        for (const Observation* seen : life_.observations) take(seen->stamp.recorded);
        for (const Deletion* deletion : life_.deletions) take(deletion->stamp.recorded);
        for (const RunProof* run : life_.runs)
            if (!run->by_guest) take(run->recorded);
        if (life_.opening.found) take(life_.opening.found->stamp.recorded);
        session_.facts_from = first.value_or(session_.loaded_at);
        session_.facts_until = first ? last : session_.loaded_at;
    }

    const Life& life_;
    Session session_;
    std::vector<const RunProof*> runs_;   // by ended
    std::set<KeyFingerprint> witnesses_;  // keys that loaded it or saw it alive
    const Deletion* deletion_ = nullptr;
    Instant horizon_ = never;  // when that delete was sent
    const Observation* last_alive_ = nullptr;
    const Observation* terminal_ = nullptr;
    const Observation* denial_ = nullptr;
    std::optional<ClockOffset> running_offset_;
    std::optional<ClockOffset> end_offset_;
    std::optional<ClockOffset> clock_;
};

}  // namespace

Session derive_session(const Life& life) {
    return Derivation(life).session();
}

}  // namespace lifecycle

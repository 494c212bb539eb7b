#include "simulation/auditor.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "simulation/bounds.h"

namespace simulation {
namespace {

__extension__ typedef __int128 Wide;

/// A decimal in units of 10^-`places`, exactly; throws what does not fit.
Wide units(const std::string& text, int places) {
    Wide value = 0;
    int decimals = -1;
    for (const char c : text) {
        if (c == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9') throw std::invalid_argument("not a decimal: " + text);
        if (decimals >= 0 && ++decimals > places)
            throw std::invalid_argument("too many decimals: " + text);
        value = value * 10 + (c - '0');
    }
    for (int at = std::max(decimals, 0); at < places; ++at) value *= 10;
    return value;
}

constexpr int gb_places = 15;
constexpr int rate_places = 10;
constexpr int time_places = 6;  // a month's slice is cut at any microsecond
constexpr int amount_places = gb_places + rate_places + time_places;

class Audit {
  public:
    Audit(const Truth& truth, const Books& books, const AuditRules& rules)
        : truth_(truth), books_(books), rules_(rules) {}

    Verdict verdict() {
        count_calls();
        for (const std::string& rest : books_.unshipped) find(Finding::Kind::unsettled, rest);
        match_sessions();
        for (const Life& life : truth_.lives) check(life);
        for (const Billed& session : books_.sessions) {
            if (session.open)
                find(Finding::Kind::unsettled, "open, though all ended: " + session.session,
                     session.account, session.model, life_of(session));
        }
        verdict_.lives = truth_.lives.size();
        return std::move(verdict_);
    }

  private:
    void find(Finding::Kind kind, const std::string& text, const std::string& account = "",
              const std::string& model = "", std::optional<std::size_t> life = {}) {
        verdict_.findings.push_back({kind, text, account, model, life});
    }

    // Nothing acknowledged is lost, nothing is there twice ----------------------------------------

    void count_calls() {
        std::map<std::pair<std::string, std::uint64_t>, int> rows;
        std::map<std::string, int> entries;
        std::map<std::string, std::int64_t> arrivals;
        for (const BookEntry& entry : books_.entries) {
            if (++rows[{entry.gateway, entry.sequence}] == 2)
                find(Finding::Kind::doubled, "record " + std::to_string(entry.sequence) + " of " +
                                                 entry.gateway + " is in the books twice");
            if (entry.kind == BookEntry::Kind::runs)
                arrivals[run_name(entry.gateway, entry.key, entry.model)] +=
                    static_cast<std::int64_t>(entry.arrived);
            if (entry.kind == BookEntry::Kind::load || entry.kind == BookEntry::Kind::remove)
                ++entries[call_name(entry.gateway, entry.boot, entry.number)];
        }
        for (const auto& [name, count] : entries)
            if (count > 1) find(Finding::Kind::doubled, "call " + name + " is in the books twice");
        std::map<std::string, std::int64_t> acknowledged, attempted;
        for (const Call& call : truth_.calls) {
            if (call.kind == Call::Kind::run) {
                const std::string name = run_name(call.gateway, call.key, call.model);
                ++attempted[name];
                if (call.acknowledged) ++acknowledged[name];
            } else if (call.acknowledged &&
                       !entries.contains(call_name(call.gateway, call.boot, call.number))) {
                find(Finding::Kind::lost,
                     "answered, and not in the books: call " +
                         call_name(call.gateway, call.boot, call.number),
                     rules_.accounts.at(call.key), call.model);
            }
        }
        for (const auto& [name, count] : acknowledged)
            if (arrivals[name] < count)
                find(Finding::Kind::lost,
                     std::to_string(count - arrivals[name]) +
                         " runs were answered, and are not in the books: " + name);
        for (const auto& [name, count] : arrivals)
            if (count > attempted[name])
                find(Finding::Kind::doubled, std::to_string(count - attempted[name]) +
                                                 " runs more in the books than were made: " + name);
    }

    static std::string call_name(const std::string& gateway, std::uint64_t boot,
                                 std::uint64_t number) {
        return gateway + "-" + std::to_string(boot) + "-" + std::to_string(number);
    }
    static std::string run_name(const std::string& gateway, const std::string& key,
                                const std::string& model) {
        return gateway + " " + key.substr(0, 4) + " " + model;
    }

    // Each life is billed once, to the right account ----------------------------------------------

    /// By the instance's identity; by the load where nobody ever saw the instance.
    std::optional<std::size_t> life_of(const Billed& session) const {
        for (const auto& [life, sessions] : sessions_)
            if (std::find(sessions.begin(), sessions.end(), &session) != sessions.end())
                return life;
        return std::nullopt;
    }

    void match_sessions() {
        std::map<std::pair<std::string, Micros>, std::vector<std::size_t>> by_identity;
        std::map<std::string, std::size_t> by_ticket;
        for (const Life& life : truth_.lives) {
            by_identity[{life.model, life.created}].push_back(life.id);
            if (!life.ticket.empty()) by_ticket[life.ticket] = life.id;
        }
        for (const Billed& session : books_.sessions) {
            std::optional<std::size_t> life;
            if (session.created) {
                for (const std::size_t id : by_identity[{session.model, *session.created}])
                    if (is_payable_by(truth_.lives[id], session.account)) life = id;
            } else if (const auto found = by_ticket.find(session.session);
                       found != by_ticket.end()) {
                life = found->second;
            }
            if (life) {
                sessions_[*life].push_back(&session);
            } else if (amount_of(session) != 0) {
                find(Finding::Kind::wrong_amount, "billed for no instance: " + session.session,
                     session.account, session.model);
            }
        }
    }

    /// A key of the account is a key of the life's upstream account.
    bool is_payable_by(const Life& life, const std::string& account) const {
        for (const auto& [key, owner] : rules_.accounts)
            if (owner == account && rules_.upstream_accounts.at(key) == life.upstream_account)
                return true;
        return false;
    }

    static Wide amount_of(const Billed& session) {
        if (session.amount.empty()) return 0;
        return units(session.amount, amount_places);
    }

    std::optional<std::string> known_loader(const Life& life) const {
        for (const Evidence& seen : truth_.evidence)
            if (seen.life == life.id && seen.kind == Evidence::Kind::load_accepted && seen.certain)
                return seen.account;
        return std::nullopt;
    }

    /// An instance that no known load began counts once it was seen RUNNING.
    bool was_seen_running(const Life& life, const std::string& account) const {
        for (const Evidence& seen : truth_.evidence)
            if (seen.life == life.id && seen.account == account && seen.certain &&
                seen.kind == Evidence::Kind::running)
                return true;
        return false;
    }

    void check(const Life& life) {
        if (!life.ended)
            return find(Finding::Kind::unsettled, "lives on: " + describe(life), "", life.model,
                        life.id);
        const auto loader = known_loader(life);
        const Billed* paying = nullptr;
        for (const Billed* session : sessions_[life.id]) {
            if (!paying) paying = session;
            if (paying == session || amount_of(*session) == 0) continue;
            if (amount_of(*paying) != 0)
                find(Finding::Kind::doubled,
                     "one instance is billed as " + paying->session + " of " + paying->account +
                         " and as " + session->session,
                     session->account, life.model, life.id);
            paying = session;
        }
        if (paying) {
            if (loader && paying->account != *loader && amount_of(*paying) != 0)
                find(Finding::Kind::wrong_amount,
                     paying->account + " pays for what " + *loader + " loaded", *loader, life.model,
                     life.id);
            return check_amount(life, *paying);
        }
        std::set<std::string> payers;
        for (const auto& [key, account] : rules_.accounts)
            if (loader ? account == *loader : is_payable_by(life, account)) payers.insert(account);
        for (const std::string& account : payers) {
            if (bounds_of(life, account).low.value_or(0) == 0) continue;
            if (!loader && !was_seen_running(life, account)) continue;
            find(Finding::Kind::lost, "an instance that ran is not billed, " + describe(life),
                 account, life.model, life.id);
        }
    }

    // The amount ----------------------------------------------------------------------------------

    Bounds bounds_of(const Life& life, const std::string& account) const {
        return find_bounds(truth_, life, account, rules_);
    }

    Wide price(const Life& life, std::int64_t seconds) const {
        const std::int64_t replicas = rules_.tariff.per_replica ? life.concurrency : 1;
        return units(rules_.gb.at(life.model), gb_places) * seconds * replicas *
               units(rules_.tariff.rate, rate_places) * second;
    }

    /// What a customer pays is the sum of the months' slices.
    Wide billed_amount(const Billed& session, bool& adds_up) const {
        Wide sum = 0;
        for (const std::string& slice : session.slices) sum += units(slice, amount_places);
        adds_up = sum == amount_of(session);
        return sum;
    }

    void check_amount(const Life& life, const Billed& session) {
        const Bounds bounds = bounds_of(life, session.account);
        bool adds_up = true;
        Wide amount = 0;
        try {
            amount = billed_amount(session, adds_up);
        } catch (const std::invalid_argument& error) {
            return find(Finding::Kind::wrong_amount, error.what(), session.account, life.model);
        }
        const Wide low = bounds.low ? price(life, *bounds.low) : 0;
        const Wide high = bounds.high ? price(life, *bounds.high) : 0;
        if (bounds.high && *bounds.high > 0) ++verdict_.billed;
        if (bounds.low && bounds.high && low == high && low != 0) ++verdict_.exact;
        const Wide second_price = price(life, 1);
        const bool whole = amount % second_price == 0;
        if (adds_up && whole && amount >= low && amount <= high) return;
        find(Finding::Kind::wrong_amount,
             session.session + " is billed " + session.amount +
                 (adds_up ? "" : ", which its slices do not add up to") + ": " +
                 std::to_string(static_cast<std::int64_t>(amount / second_price)) +
                 (whole ? " s" : " s and a part") + ", due are " +
                 std::to_string(bounds.low.value_or(0)) + " to " +
                 std::to_string(bounds.high.value_or(0)) + " s, " + describe(life) + bounds.text,
             session.account, life.model, life.id);
    }

    const Truth& truth_;
    const Books& books_;
    const AuditRules& rules_;
    std::map<std::size_t, std::vector<const Billed*>> sessions_;
    Verdict verdict_;
};

}  // namespace

Verdict audit(const Truth& truth, const Books& books, const AuditRules& rules) {
    return Audit(truth, books, rules).verdict();
}

std::string trace_of(const Truth& truth, const Books& books, const Finding& finding) {
    if (!finding.life) return "";
    const Life& about = truth.lives[*finding.life];
    std::vector<std::pair<Micros, std::string>> lines;
    const auto is_near = [&](Micros at) {
        return at >= about.created - 5 * minute && at <= about.ended.value_or(at) + 10 * minute;
    };
    for (const Life& life : truth.lives)
        if (life.model == about.model && life.upstream_account == about.upstream_account &&
            (life.id == about.id || is_near(life.created)))
            lines.emplace_back(life.created, "life " + describe(life));
    static const char* const names[] = {"load accepted",  "alive",  "RUNNING",
                                        "ended report",   "denial", "run taken",
                                        "delete answered"};
    for (const Evidence& seen : truth.evidence) {
        const Life& life = truth.lives[seen.life];
        if (life.model != about.model || life.upstream_account != about.upstream_account ||
            (life.id != about.id && !is_near(seen.handled)))
            continue;
        lines.emplace_back(seen.handled,
                           std::string("  ") + names[static_cast<int>(seen.kind)] + " of life " +
                               std::to_string(seen.life) + " by " + seen.account + " " +
                               seen.key.substr(0, 4) + (seen.certain ? "" : " (perhaps)") +
                               " asked " + clock_text(seen.asked) + " answered " +
                               clock_text(seen.answered) + (seen.unused ? " unused" : "") +
                               (seen.expires ? " expires " + clock_text(*seen.expires) : ""));
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [at, line] : lines) text += clock_text(at) + " " + line + "\n";
    for (const Billed& session : books.sessions)
        if (session.model == about.model && is_near(session.loaded))
            text += "billed " + session.session + " " + session.amount + " " + session.note + "\n";
    return text;
}

}  // namespace simulation

#include "simulation/meter.h"

#include <algorithm>
#include <set>

#include "lifecycle/claim.h"
#include "lifecycle/fold.h"

namespace simulation {
namespace {

using lifecycle::RecordedFact;
using lifecycle::Session;

std::string text_of(std::optional<calendar::Instant> at) {
    return at ? calendar::to_text(*at) : "-";
}

BookEntry entry_of(const SimulatedLedger::Row& row) {
    BookEntry entry;
    entry.gateway = row.gateway;
    entry.sequence = row.sequence;
    entry.model = row.model;
    if (const auto* load = std::get_if<lifecycle::LoadAnswered>(&row.body)) {
        entry.kind = BookEntry::Kind::load;
        entry.boot = load->call.boot;
        entry.number = load->call.number;
    } else if (const auto* deletion = std::get_if<lifecycle::DeleteAnswered>(&row.body)) {
        entry.kind = BookEntry::Kind::remove;
        entry.boot = deletion->call.boot;
        entry.number = deletion->call.number;
    } else if (const auto* runs = std::get_if<lifecycle::Runs>(&row.body)) {
        entry.kind = BookEntry::Kind::runs;
        entry.key = runs->key.text();
        entry.arrived = runs->arrived;
    }
    return entry;
}

Billed bill(const Session& session, const std::string& account, const metering::Charge& charge) {
    Billed billed;
    billed.session = session.id.text();
    billed.account = account;
    billed.model = session.model.text();
    if (session.created) billed.created = session.created->micros;
    billed.loaded = session.loaded_at.micros;
    billed.open = !session.end_reason;
    billed.gb = session.gb.value_or("");
    billed.concurrency = session.concurrency;
    if (charge.amount) billed.amount = money::to_text(charge.amount->value());
    for (const metering::MonthSlice& slice : charge.slices)
        if (slice.amount) billed.slices.push_back(money::to_text(slice.amount->value()));
    billed.note = "loaded " + text_of(session.loaded_at) + " running " +
                  text_of(session.running_at) + " (" +
                  std::to_string(static_cast<int>(session.running_evidence)) + ") expires " +
                  text_of(session.expires_at) + " ended " + text_of(session.ended_at) + " (" +
                  std::to_string(static_cast<int>(session.end_evidence)) + ") created " +
                  text_of(session.created) + (session.adjusted ? " adjusted" : "") +
                  (session.discovered ? " discovered" : "");
    return billed;
}

using Name = std::pair<std::string, std::string>;  // account, model

std::map<Name, std::vector<RecordedFact>> sort_facts(const SimulatedLedger& ledger) {
    std::map<Name, std::vector<RecordedFact>> facts;
    const auto add = [](std::vector<RecordedFact>& list, const SimulatedLedger::Row& row) {
        list.push_back({lifecycle::GatewayId(row.gateway), row.sequence,
                        lifecycle::Fact{row.occurred_at, row.body}});
    };
    for (const SimulatedLedger::Row& row : ledger.rows())
        if (!row.account.empty() && !row.model.empty()) add(facts[{row.account, row.model}], row);
    // What the catalogue and the operator say of a model concerns every account.
    for (const SimulatedLedger::Row& row : ledger.rows()) {
        if (!row.account.empty() || row.model.empty()) continue;
        for (auto& [name, list] : facts)
            if (name.second == row.model) add(list, row);
    }
    return facts;
}

/// A session that stands, or would if no other account had its instance.
struct Derived {
    std::string account;
    Session session;
};

bool goes_before(const Derived& one, const Derived& other) {
    const auto lesser = one.account < other.account ? lifecycle::LesserAccount::theirs
                                                    : lifecycle::LesserAccount::ours;
    return is_theirs(lifecycle::claim_of(one.session), lifecycle::claim_of(other.session), lesser);
}

/// Folds every account's facts, each in the company of the accounts that were seen to share an
/// instance with it, as the ledger does it step by step, until nothing changes.
class Folding {
  public:
    explicit Folding(const SimulatedLedger& ledger) : facts_(sort_facts(ledger)) {
        for (int round = 0; round < most_rounds; ++round) {
            const auto before = names_of(standing_);
            fold_once();
            if (names_of(standing_) == before) return;
        }
    }

    const std::vector<Derived>& standing() const { return standing_; }

  private:
    static constexpr int most_rounds = 6;

    static std::set<std::string> names_of(const std::vector<Derived>& sessions) {
        std::set<std::string> names;
        for (const Derived& derived : sessions)
            names.insert(derived.account + " " + derived.session.id.text() + " " +
                         text_of(derived.session.running_at) + text_of(derived.session.ended_at));
        return names;
    }

    static lifecycle::Rival as_rival(const Session& session,
                                     const std::vector<RecordedFact>& facts) {
        lifecycle::Rival rival{session.loaded_at, session.created};
        if (session.created || session.discovered) return rival;
        rival.sent_at = lifecycle::find_sent_at(session.id, session.clock.shift, facts);
        rival.ended_at = session.ended_at;
        return rival;
    }

    void fold_once() {
        std::vector<Derived> derived;
        for (const auto& [name, facts] : facts_) {
            std::vector<RecordedFact> guests;
            std::vector<lifecycle::Rival> rivals;
            for (const std::string& partner : partners_[name.first]) {
                const auto found = facts_.find({partner, name.second});
                if (found == facts_.end()) continue;
                guests.insert(guests.end(), found->second.begin(), found->second.end());
                for (const Derived& other : standing_)
                    if (other.account == partner && other.session.model.text() == name.second)
                        rivals.push_back(as_rival(other.session, found->second));
            }
            for (Session& session : lifecycle::fold(lifecycle::UpstreamId("https://upstream"),
                                                    facts, {guests, rivals}))
                derived.push_back({name.first, std::move(session)});
        }
        keep_claims(std::move(derived));
    }

    void keep_claims(std::vector<Derived> derived) {
        std::map<std::pair<std::string, calendar::Instant>, const Derived*> owners;
        for (const Derived& one : derived) {
            if (!one.session.created) continue;
            const Derived*& owner = owners[{one.session.model.text(), *one.session.created}];
            if (owner && owner->account != one.account) {
                partners_[owner->account].insert(one.account);
                partners_[one.account].insert(owner->account);
            }
            if (!owner || goes_before(one, *owner)) owner = &one;
        }
        std::vector<Derived> standing;
        for (const Derived& one : derived) {
            if (one.session.created &&
                owners.at({one.session.model.text(), *one.session.created})->account != one.account)
                continue;
            standing.push_back(one);
        }
        standing_ = std::move(standing);
    }

    const std::map<Name, std::vector<RecordedFact>> facts_;
    std::map<std::string, std::set<std::string>> partners_;
    std::vector<Derived> standing_;
};

}  // namespace

Books make_books(const SimulatedLedger& ledger, const metering::Plan& plan, const Rate& rate,
                 calendar::Instant as_of) {
    Books books;
    for (const SimulatedLedger::Row& row : ledger.rows()) books.entries.push_back(entry_of(row));
    const Folding folding(ledger);
    for (const auto& [account, session] : folding.standing()) {
        const metering::SessionFacts facts = metering::to_facts(session, account);
        books.sessions.push_back(
            bill(session, account, rate(facts, plan, calendar::Zone::utc(), as_of)));
    }
    return books;
}

}  // namespace simulation

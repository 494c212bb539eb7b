#include "simulation/meter.h"

#include <algorithm>
#include <set>

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

}  // namespace

Books make_books(const SimulatedLedger& ledger, const metering::Plan& plan, const Rate& rate,
                 calendar::Instant as_of) {
    Books books;
    for (const SimulatedLedger::Row& row : ledger.rows()) books.entries.push_back(entry_of(row));
    std::vector<std::pair<std::string, Session>> sessions;
    for (const auto& [name, facts] : sort_facts(ledger))
        for (Session& session : lifecycle::fold(lifecycle::UpstreamId("https://upstream"), facts))
            sessions.emplace_back(name.first, std::move(session));
    // The loader's first: a discovered instance that another account has is not this one's.
    std::stable_sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) {
        return a.second.discovered < b.second.discovered;
    });
    std::map<std::pair<std::string, calendar::Instant>, std::string> owners;
    for (const auto& [account, session] : sessions) {
        if (session.created) {
            const auto [owner, is_new] =
                owners.try_emplace({session.model.text(), *session.created}, account);
            if (!is_new && session.discovered && owner->second != account) continue;
        }
        const metering::SessionFacts facts = metering::to_facts(session, account);
        books.sessions.push_back(
            bill(session, account, rate(facts, plan, calendar::Zone::utc(), as_of)));
    }
    return books;
}

}  // namespace simulation

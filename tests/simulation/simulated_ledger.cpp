#include "simulation/simulated_ledger.h"

#include "ledger/store.h"
#include "lifecycle/fact_json.h"

namespace simulation {

/// Throws where nothing can take place; else says how the call is to end.
SimulatedLedger::Breach SimulatedLedger::enter() {
    if (weather_ == Weather::away) throw ledger::Unavailable("the simulated database is away");
    if (weather_ == Weather::fair) return Breach::none;
    if (dice_.percent(30)) return Breach::before_commit;
    return dice_.percent(40) ? Breach::doubt : Breach::none;
}

journal::Sequence SimulatedLedger::register_gateway(const std::string& gateway) {
    if (enter() == Breach::before_commit) throw ledger::Unavailable("the connection broke");
    return marks_[gateway];
}

void SimulatedLedger::heartbeat(const std::string&) {
    if (enter() != Breach::none) throw ledger::Unavailable("the connection broke");
}

ledger::Posting SimulatedLedger::post(const std::string& gateway, ledger::ParsedBatch batch) {
    const Breach breach = enter();
    if (breach == Breach::before_commit) throw ledger::Unavailable("the connection broke");
    if (breach == Breach::doubt && dice_.percent(50))
        throw ledger::CommitInDoubt("it broke within the commit");  // which did not take place
    const auto mark = marks_.find(gateway);
    if (mark == marks_.end()) return ledger::Posting::gap;
    if (mark->second + 1 != batch.first)
        return mark->second >= batch.last ? ledger::Posting::already_posted : ledger::Posting::gap;
    const journal::Sequence last = batch.last;
    take(gateway, std::move(batch));
    if (breach != Breach::doubt || !forgets_marks_) mark->second = last;
    if (breach == Breach::doubt) throw ledger::CommitInDoubt("it broke within the commit");
    return ledger::Posting::posted;
}

void SimulatedLedger::take(const std::string& gateway, ledger::ParsedBatch batch) {
    const auto rows = ledger::fold_runs(
        std::move(batch), [&](const auto& key) { return accounts_.contains(key.text()); });
    for (const ledger::FactRow& row : rows) {
        if (row.subject == ledger::Subject::unreadable)
            throw std::logic_error("a record that is no fact: " + row.body);
        const auto account = accounts_.find(row.key.text());
        rows_.push_back({gateway, row.sequence, account == accounts_.end() ? "" : account->second,
                         row.model.text(), row.occurred_at, lifecycle::parse_fact(row.body).body});
    }
}

}  // namespace simulation

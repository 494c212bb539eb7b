#include "ledger/session_evidence.h"

#include "ledger/fold_input.h"
#include "ledger/transaction.h"

namespace ledger {
namespace {

using lifecycle::Session;

std::vector<InstanceSharer> read_sharers(Work& work, const SessionRecord& record) {
    const Session& session = record.session;
    std::vector<InstanceSharer> sharers;
    if (!session.created) return sharers;
    for (const auto& row : work.exec_params(
             "SELECT a.name, i.key FROM instance_sharers i JOIN accounts a ON a.id = i.account_id "
             "WHERE i.upstream = $1 AND i.model = $2 AND i.created = $3 AND i.account_id <> $4 "
             "ORDER BY a.name",
             session.upstream.text(), to_storable(session.model.text()),
             calendar::to_text(*session.created), record.account.text())) {
        sharers.push_back({.account_name = row[0].as<std::string>(),
                           .key = lifecycle::KeyFingerprint(row[1].as<std::string>())});
    }
    return sharers;
}

/// Of the account, and what is nobody's: the load's own intent comes before its answer, and the
/// catalogue may have spoken long before.
std::vector<lifecycle::RecordedFact> read_own(Work& work, const SessionRecord& record) {
    const Session& session = record.session;
    return read_recorded(work.exec_params(
        "SELECT gateway, sequence, body FROM facts WHERE "
        "instance_hash(account_id, model) IN (instance_hash($3, $1), instance_hash(NULL, $1)) "
        "AND model = $1 AND upstream IN ($2, '') AND (account_id = $3 OR (account_id IS NULL "
        "AND (key IS NULL OR key IN (SELECT fingerprint FROM keys WHERE account_id = $3)))) "
        "AND kind <> 'unreadable' "
        "AND (occurred_at BETWEEN $4 AND $5 OR (kind = 'load_requested' AND occurred_at <= $4 "
        "AND occurred_at >= $4::timestamptz - interval '10 minutes'))",
        to_storable(session.model.text()), session.upstream.text(), record.account.text(),
        calendar::to_text(session.facts_from), calendar::to_text(session.facts_until)));
}

std::vector<lifecycle::RecordedFact> read_guests(Work& work, const SessionRecord& record) {
    const Session& session = record.session;
    std::vector<lifecycle::RecordedFact> facts;
    for (const lifecycle::KeptWarm& guest : session.kept_warm_by) {
        // A fact of runs occurred at the last of them; its minute is not cut.
        for (lifecycle::RecordedFact& fact : read_recorded(work.exec_params(
                 "SELECT gateway, sequence, body FROM facts WHERE "
                 "instance_hash(account_id, model) IN (instance_hash(NULL, $1), (SELECT "
                 "instance_hash(account_id, $1) FROM keys WHERE fingerprint = $3)) "
                 "AND model = $1 AND upstream = $2 AND key = $3 AND kind = 'runs' AND occurred_at "
                 "BETWEEN "
                 "$4::timestamptz - interval '1 minute' AND $5::timestamptz + interval '1 minute'",
                 to_storable(session.model.text()), session.upstream.text(), guest.key.text(),
                 calendar::to_text(guest.first_at - session.clock.shift),
                 calendar::to_text(guest.last_at - session.clock.shift))))
            facts.push_back(std::move(fact));
    }
    return facts;
}

std::map<lifecycle::KeyFingerprint, std::string> read_names(Work& work) {
    std::map<lifecycle::KeyFingerprint, std::string> names;
    for (const auto& row : work.exec("SELECT k.fingerprint, a.name FROM keys k JOIN accounts a "
                                     "ON a.id = k.account_id"))
        names.emplace(lifecycle::KeyFingerprint(row[0].as<std::string>()),
                      row[1].as<std::string>());
    return names;
}

}  // namespace

SessionEvidence read_evidence(Store& store, const SessionRecord& session) {
    return transact(store, [&](Work& work) {
        SessionEvidence evidence;
        for (lifecycle::RecordedFact& fact : read_own(work, session))
            evidence.facts.push_back({.recorded = std::move(fact), .by_guest = false});
        for (lifecycle::RecordedFact& fact : read_guests(work, session))
            evidence.facts.push_back({.recorded = std::move(fact), .by_guest = true});
        evidence.sharers = read_sharers(work, session);
        if (!session.session.kept_warm_by.empty()) evidence.account_names = read_names(work);
        return evidence;
    });
}

std::vector<InstanceSharer> list_sharers(Store& store, const SessionRecord& session) {
    return transact(store, [&](Work& work) { return read_sharers(work, session); });
}

}  // namespace ledger

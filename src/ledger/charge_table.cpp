#include "ledger/charge_table.h"

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "ledger/batches.h"
#include "ledger/decimal_rows.h"

namespace ledger {
namespace {

using calendar::Instant;
using metering::Owed;
using metering::Place;
using money::Decimal;

Owed read_owed(const pqxx::row& row, pqxx::row::size_type first) {
    Owed owed{.seconds = read_decimal(row[first]),
              .used = read_decimal(row[first + 1]),
              .rounding = read_decimal(row[first + 2]),
              .minimum = read_decimal(row[first + 3]),
              .spin_down = read_decimal(row[first + 4]),
              .gb_seconds = find_decimal(row[first + 5]),
              .amount = find_decimal(row[first + 6]),
              .currency = row[first + 7].as<std::string>(),
              .status = row[first + 8].as<std::string>(),
              .estimated = row[first + 9].as<bool>()};
    // Priced once and unpriced since: the sums are zero, and what is owed is not known.
    if (owed.status == "unpriced") owed.gb_seconds = owed.amount = std::nullopt;
    return owed;
}

// The rows of a session come newest first.
void add_sum(Charged& charged, const pqxx::row& row) {
    if (charged.sums.empty()) {
        charged.upstream = lifecycle::UpstreamId(row[4].as<std::string>());
        charged.model = lifecycle::ModelName(row[5].as<std::string>());
        charged.newest_basis = row[8].as<std::string>();
    }
    const Place place{.period = row[2].as<std::string>(), .plan = row[3].as<std::string>()};
    charged.sums.emplace(place, read_owed(row, 9));
    int& revision = charged.revisions[place.period];
    if (row[6].as<int>() > revision) {
        revision = row[6].as<int>();
        charged.bases[place.period] = row[8].as<std::string>();
    }
    charged.runs += row[19].as<std::int64_t>();
    charged.runs_of[place] = row[19].as<std::int64_t>();
    if (const auto as_of = find_instant(row[7]))
        charged.as_of = std::max(charged.as_of.value_or(*as_of), *as_of);
}

std::optional<std::string> difference(const std::optional<Decimal>& now,
                                      const std::optional<Decimal>& before) {
    if (!now && !before) return std::nullopt;
    return money::to_text(now.value_or(Decimal()) - before.value_or(Decimal()));
}

}  // namespace

std::map<SessionName, Charged> read_charged(Work& work, const std::vector<SessionName>& names) {
    std::map<SessionName, Charged> charged;
    if (names.empty()) return charged;
    nlohmann::json wanted = nlohmann::json::array();
    for (const auto& [account, session] : names) wanted.push_back({account.text(), session.text()});
    for (const auto& row : work.exec_params(
             "SELECT account_id, session_id, period, plan, min(upstream), min(model), "
             "max(revision), max(as_of), "
             "(array_agg(coalesce(basis, '') ORDER BY revision DESC))[1], sum(seconds), "
             "sum(used_seconds), sum(rounding_seconds), sum(minimum_seconds), "
             "sum(spin_down_seconds), sum(gb_seconds), sum(amount), "
             "(array_agg(currency ORDER BY revision DESC))[1], "
             "(array_agg(status ORDER BY revision DESC))[1], "
             "(array_agg(estimated ORDER BY revision DESC))[1], sum(runs)::bigint "
             "FROM jsonb_array_elements($1::jsonb) AS wanted(i), LATERAL (SELECT * FROM charges "
             "WHERE account_id = i->>0 AND session_id = i->>1 "
             "ORDER BY account_id, session_id, period, revision) c "
             "GROUP BY account_id, session_id, period, plan "
             "ORDER BY account_id, session_id, max(charged_at) DESC, period, plan",
             wanted.dump())) {
        add_sum(charged[{lifecycle::AccountId(row[0].as<std::string>()),
                         lifecycle::SessionId(row[1].as<std::string>())}],
                row);
    }
    return charged;
}

void insert_charges(Work& work, const std::vector<ChargeAddition>& additions) {
    if (additions.empty()) return;
    std::set<BatchName> names;
    for (const ChargeAddition& added : additions)
        names.insert({added.name.first, added.place.period});
    const std::map<BatchName, int> batches = join_batches(work, names);
    pqxx::stream_to stream(work, "charges",
                           std::vector<std::string>{"account_id",
                                                    "session_id",
                                                    "period",
                                                    "revision",
                                                    "upstream",
                                                    "model",
                                                    "plan",
                                                    "currency",
                                                    "status",
                                                    "estimated",
                                                    "seconds",
                                                    "used_seconds",
                                                    "rounding_seconds",
                                                    "minimum_seconds",
                                                    "spin_down_seconds",
                                                    "gb_seconds",
                                                    "amount",
                                                    "as_of",
                                                    "basis",
                                                    "reason",
                                                    "evidence",
                                                    "batch",
                                                    "runs",
                                                    "key",
                                                    "gb",
                                                    "concurrency",
                                                    "starts_at",
                                                    "ends_at"});
    for (const ChargeAddition& added : additions) {
        const Owed& now = added.now;
        const Owed& before = added.before;
        const ChargeSnapshot& kept = added.snapshot;
        stream << std::make_tuple(
            added.name.first.text(), added.name.second.text(), added.place.period, added.revision,
            added.upstream.text(), to_storable(added.model.text()), added.place.plan, now.currency,
            now.status, now.estimated, money::to_text(now.seconds - before.seconds),
            money::to_text(now.used - before.used), money::to_text(now.rounding - before.rounding),
            money::to_text(now.minimum - before.minimum),
            money::to_text(now.spin_down - before.spin_down),
            difference(now.gb_seconds, before.gb_seconds), difference(now.amount, before.amount),
            to_parameter(added.as_of), to_storable(added.basis), added.reason, added.evidence,
            batches.at({added.name.first, added.place.period}), added.runs,
            to_storable(kept.key.text()), kept.gb, kept.concurrency, to_parameter(kept.starts_at),
            to_parameter(kept.ends_at));
    }
    stream.complete();
}

}  // namespace ledger

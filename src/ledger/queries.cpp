#include "ledger/queries.h"

#include "ledger/session_rows.h"
#include "ledger/transaction.h"

namespace ledger {
namespace {

constexpr int rows_at_once = 1'000;

template <class Id>
std::optional<std::string> text_of(const std::optional<Id>& id) {
    if (!id) return std::nullopt;
    return to_storable(id->text());
}

SessionRecord read_record(const pqxx::row& row) {
    return {.account = lifecycle::AccountId(row[0].as<std::string>()),
            .account_name = row[1].as<std::string>(),
            .timezone = row[2].as<std::string>(),
            .plan = find_text(row[3]),
            .plan_document = find_text(row[4]),
            .session = read_session(row, 6),
            .is_shared = row[5].as<bool>()};
}

ChargeRow read_charge(const pqxx::row& row) {
    return {.account = lifecycle::AccountId(row[0].as<std::string>()),
            .session = lifecycle::SessionId(row[1].as<std::string>()),
            .period = row[2].as<std::string>(),
            .revision = row[3].as<int>(),
            .upstream = lifecycle::UpstreamId(row[4].as<std::string>()),
            .model = lifecycle::ModelName(row[5].as<std::string>()),
            .plan = row[6].as<std::string>(),
            .currency = row[7].as<std::string>(),
            .status = row[8].as<std::string>(),
            .estimated = row[9].as<bool>(),
            .seconds = row[10].as<std::string>(),
            .used_seconds = row[11].as<std::string>(),
            .rounding_seconds = row[12].as<std::string>(),
            .minimum_seconds = row[13].as<std::string>(),
            .spin_down_seconds = row[14].as<std::string>(),
            .gb_seconds = find_text(row[15]),
            .amount = find_text(row[16]),
            .charged_at = read_instant(row[17])};
}

}  // namespace

void for_each_session(Store& store, const SessionFilter& filter,
                      const std::function<void(const SessionRecord&)>& visit) {
    transact(store, [&](Work& work) {
        work.exec_params(
            std::string("DECLARE found CURSOR FOR SELECT s.account_id, a.name, a.timezone, s.plan, "
                        "p.document, EXISTS (SELECT FROM instance_sharers i WHERE i.upstream = "
                        "s.upstream AND i.model = s.model AND i.created = s.created "
                        "AND i.account_id <> s.account_id), ") +
                session_columns +
                " FROM sessions s JOIN accounts a ON a.id = s.account_id "
                "LEFT JOIN plans p ON p.name = s.plan WHERE ($1::text IS NULL OR s.account_id = "
                "$1) "
                "AND ($2::text IS NULL OR s.id = $2) AND (NOT $3 OR s.end_reason IS NULL) "
                "AND ($4::timestamptz IS NULL OR s.end_reason IS NULL "
                "OR coalesce(s.ended_at, s.expires_at, s.loaded_at) >= $4) "
                "AND ($5::timestamptz IS NULL OR s.loaded_at < $5) "
                "ORDER BY a.name, s.loaded_at, s.id",
            text_of(filter.account), text_of(filter.session), filter.open_only,
            to_parameter(filter.from), to_parameter(filter.until));
        while (true) {
            const pqxx::result rows =
                work.exec("FETCH " + std::to_string(rows_at_once) + " FROM found");
            for (const auto& row : rows) visit(read_record(row));
            if (rows.size() < static_cast<pqxx::result::size_type>(rows_at_once)) return;
        }
    });
}

SessionRecord get_session(Store& store, const lifecycle::SessionId& id) {
    std::optional<SessionRecord> found;
    SessionFilter filter;
    filter.session = id;
    for_each_session(store, filter, [&](const SessionRecord& record) { found = record; });
    if (!found) throw Refused("there is no session `" + id.text() + "`");
    return *found;
}

std::vector<ChargeRow> list_charges(Store& store, const ChargeFilter& filter) {
    return transact(store, [&](Work& work) {
        std::vector<ChargeRow> charges;
        for (const auto& row : work.exec_params(
                 "SELECT account_id, session_id, period, revision, upstream, model, plan, "
                 "currency, "
                 "status, estimated, seconds, used_seconds, rounding_seconds, minimum_seconds, "
                 "spin_down_seconds, gb_seconds, amount, charged_at FROM charges "
                 "WHERE ($1::text IS NULL OR account_id = $1) "
                 "AND ($2::text IS NULL OR session_id = $2) AND ($3::text IS NULL OR period = $3) "
                 "AND ($4::text IS NULL OR period <= $4) "
                 "ORDER BY account_id, period, model, session_id, revision",
                 text_of(filter.account), text_of(filter.session), filter.period,
                 filter.through_period)) {
            charges.push_back(read_charge(row));
        }
        return charges;
    });
}

std::vector<UnfinishedGateway> list_unfinished_gateways(Store& store, calendar::Instant end) {
    return transact(store, [&](Work& work) {
        std::vector<UnfinishedGateway> gateways;
        for (const auto& row : work.exec_params(
                 "SELECT id, shipped_through, heartbeat_at FROM gateways WHERE retired_at IS NULL "
                 "AND (shipped_through IS NULL OR shipped_through < $1) ORDER BY id",
                 calendar::to_text(end))) {
            gateways.push_back({.gateway = lifecycle::GatewayId(row[0].as<std::string>()),
                                .shipped_through = find_instant(row[1]),
                                .heartbeat_at = read_instant(row[2])});
        }
        return gateways;
    });
}

std::vector<GatewayState> list_gateways(Store& store) {
    return transact(store, [&](Work& work) {
        std::vector<GatewayState> gateways;
        for (const auto& row : work.exec("SELECT id, sequence, shipped_through, heartbeat_at, "
                                         "retired_at FROM gateways ORDER BY id")) {
            gateways.push_back({.gateway = lifecycle::GatewayId(row[0].as<std::string>()),
                                .shipped = row[1].as<std::uint64_t>(),
                                .shipped_through = find_instant(row[2]),
                                .heartbeat_at = read_instant(row[3]),
                                .retired_at = find_instant(row[4])});
        }
        return gateways;
    });
}

void retire_gateway(Store& store, const std::string& gateway) {
    transact(store, [&](Work& work) {
        const pqxx::result rows = work.exec_params(
            "SELECT heartbeat_at > now() - interval '5 minutes' AND retired_at IS NULL FROM "
            "gateways WHERE id = $1 FOR UPDATE",
            to_storable(gateway));
        if (rows.empty()) throw Refused("there is no gateway `" + gateway + "`");
        if (rows[0][0].as<bool>())
            throw Refused("gateway " + gateway +
                          " gave a sign of life within the last five minutes: stop it first");
        work.exec_params(
            "UPDATE gateways SET retired_at = coalesce(retired_at, now()) "
            "WHERE id = $1",
            gateway);
    });
}

std::vector<WaitingInstance> list_waiting_instances(Store& store) {
    return transact(store, [&](Work& work) {
        std::vector<WaitingInstance> waiting;
        for (const auto& row :
             work.exec("SELECT account_id, upstream, model, reason FROM parked_instances UNION ALL "
                       "SELECT account_id, upstream, model, '' FROM pending_instances ORDER BY 1, "
                       "2, 3")) {
            waiting.push_back({.account = lifecycle::AccountId(row[0].as<std::string>()),
                               .upstream = lifecycle::UpstreamId(row[1].as<std::string>()),
                               .model = lifecycle::ModelName(row[2].as<std::string>()),
                               .reason = row[3].as<std::string>()});
        }
        return waiting;
    });
}

}  // namespace ledger

// What reports and invoices read: sessions and charges, as they stand. Amounts and quantities are
// decimal text, every digit as stored, for money::parse_decimal. Reading only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "lifecycle/session.h"

namespace ledger {

struct SessionRecord {
    lifecycle::AccountId account;
    std::string account_name;
    std::string timezone;                      // the account's
    std::optional<std::string> plan;           // in force at load; absent: none was
    std::optional<std::string> plan_document;  // its JSON
    lifecycle::Session session;
    bool is_shared = false;  // keys of other accounts see its instance
};

/// Which sessions; absent members do not narrow.
struct SessionFilter {
    std::optional<lifecycle::AccountId> account;
    std::optional<lifecycle::SessionId> session;
    bool open_only = false;
    /// Sessions that overlap [from, until): those an account's month can hold. Each account's own
    /// month starts at its zone's midnight, so ask per account, or a day wider and cut.
    std::optional<calendar::Instant> from;
    std::optional<calendar::Instant> until;
};

/// In order of account name, loaded_at, id; streamed: memory does not grow with their number.
/// `visit` must not use the store.
void for_each_session(Store& store, const SessionFilter& filter,
                      const std::function<void(const SessionRecord&)>& visit);

/// Throws Refused when there is none of this id.
SessionRecord get_session(Store& store, const lifecycle::SessionId& id);

/// One row of charges: signed, never changed. What a session owes for a period is the sum of its
/// rows; the highest revision says how it stands.
struct ChargeRow {
    lifecycle::AccountId account;
    lifecycle::SessionId session;
    std::string period;  // "2026-10", a month of the account's zone
    int revision = 0;    // from 1
    lifecycle::UpstreamId upstream;
    lifecycle::ModelName model;
    std::string plan;
    std::string currency;
    std::string status;  // open (a finished month of a session that goes on), rated, unpriced, free
    bool estimated = false;
    std::string seconds;  // billable; used + rounding + minimum
    std::string used_seconds;
    std::string rounding_seconds;
    std::string minimum_seconds;
    std::string spin_down_seconds;          // a part of used
    std::optional<std::string> gb_seconds;  // absent: unpriced
    std::optional<std::string> amount;      // absent: unpriced
    calendar::Instant charged_at;
};

struct ChargeFilter {
    std::optional<lifecycle::AccountId> account;
    std::optional<lifecycle::SessionId> session;
    std::optional<std::string> period;
    /// Periods up to and including this one: with the invoiced ones taken off, what an invoice of
    /// that month has to bring, its own charges and adjustments of earlier months.
    std::optional<std::string> through_period;
};

/// In order of account, period, model, session, revision.
std::vector<ChargeRow> list_charges(Store& store, const ChargeFilter& filter);

/// Gateways whose facts of before `end` are perhaps not all here: a month that ends then cannot be
/// closed yet. Retired ones do not count.
struct UnfinishedGateway {
    lifecycle::GatewayId gateway;
    std::optional<calendar::Instant> shipped_through;
    calendar::Instant heartbeat_at;
};
std::vector<UnfinishedGateway> list_unfinished_gateways(Store& store, calendar::Instant end);

struct GatewayState {
    lifecycle::GatewayId gateway;
    std::uint64_t shipped = 0;  // records
    std::optional<calendar::Instant> shipped_through;
    calendar::Instant heartbeat_at;
    std::optional<calendar::Instant> retired_at;
};
/// By id; those that signed off or were retired as well.
std::vector<GatewayState> list_gateways(Store& store);

/// Nobody waits for it any more: for one whose disk is lost. A gateway that ships again is no more
/// retired. Throws Refused: there is none, or it gave a sign of life within the last five minutes.
void retire_gateway(Store& store, const std::string& gateway);

/// Instances whose facts are not folded yet, or cannot be (parked, with the reason).
struct WaitingInstance {
    lifecycle::AccountId account;
    lifecycle::UpstreamId upstream;
    lifecycle::ModelName model;
    std::string reason;  // empty: only not folded yet
};
std::vector<WaitingInstance> list_waiting_instances(Store& store);

}  // namespace ledger

#include "ledger/fact_rows.h"

#include <stdexcept>
#include <type_traits>

#include "lifecycle/fact_fields.h"
#include "lifecycle/fact_json.h"
#include "platform/crypto.h"

namespace ledger {
namespace {

using lifecycle::FactBody;
using lifecycle::KeyFingerprint;
using lifecycle::ModelName;
using lifecycle::RunArrived;
using lifecycle::RunEnded;
using lifecycle::Runs;

constexpr std::int64_t minute_micros = 60'000'000;

template <class Visit>
auto visit_body(const FactBody& body, Visit visit) {
    return std::visit(visit, body);
}

KeyFingerprint key_of(const FactBody& body) {
    return visit_body(body, [](const auto& fact) {
        if constexpr (requires { fact.key; })
            return fact.key;
        else
            return KeyFingerprint();
    });
}

ModelName model_of(const FactBody& body) {
    return visit_body(body, [](const auto& fact) {
        if constexpr (requires { fact.model; })
            return fact.model;
        else
            return ModelName();
    });
}

std::string kind_of(const FactBody& body) {
    return visit_body(body, [](const auto& fact) {
        return std::string(lifecycle::kind_name<std::decay_t<decltype(fact)>>);
    });
}

bool is_success(int status) {
    return status >= 200 && status < 300;
}

// A passthrough account is made only after the upstream answered that key with 2xx
// (api-semantics.md); an absence may have been a 404.
bool proves_key(const FactBody& body) {
    return visit_body(body, [](const auto& fact) {
        using Kind = std::decay_t<decltype(fact)>;
        if constexpr (std::is_same_v<Kind, lifecycle::LoadAnswered>)
            return fact.accepted;
        else if constexpr (std::is_same_v<Kind, lifecycle::InstanceSeen>)
            return true;
        else if constexpr (requires { fact.status; })
            return is_success(fact.status);
        else
            return false;
    });
}

FactRow unreadable(const journal::Record& record) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(record.payload.data());
    FactRow row;
    row.sequence = record.sequence;
    row.recorded_at = record.recorded_at;
    row.occurred_at = record.recorded_at;
    row.kind = "unreadable";
    row.body = platform::to_hex({bytes, record.payload.size()});
    return row;
}

FactRow to_row(const journal::Record& record) {
    lifecycle::Fact fact;
    try {
        fact = lifecycle::parse_fact(record.payload);
    } catch (const std::invalid_argument&) {
        return unreadable(record);
    }
    FactRow row;
    row.sequence = record.sequence;
    row.recorded_at = record.recorded_at;
    row.occurred_at = fact.occurred_at;
    row.kind = kind_of(fact.body);
    row.key = key_of(fact.body);
    row.model = model_of(fact.body);
    row.body = record.payload;
    row.fact = std::move(fact.body);
    return row;
}

calendar::Instant minute_of(calendar::Instant instant) {
    const std::int64_t rest = ((instant.micros % minute_micros) + minute_micros) % minute_micros;
    return {instant.micros - rest};
}

void count(Runs& runs, const RunArrived&, calendar::Instant at) {
    ++runs.arrived;
    if (!runs.first_arrival || at < *runs.first_arrival) runs.first_arrival = at;
    if (!runs.last_arrival || at > *runs.last_arrival) runs.last_arrival = at;
}

void count(Runs& runs, const RunEnded& end, calendar::Instant at) {
    const bool accepted = lifecycle::is_accepted_run(end.status);
    ++(accepted ? runs.accepted : runs.refused);
    if (accepted && (!runs.last_accepted_end || at > *runs.last_accepted_end)) {
        runs.last_accepted_end = at;
    }
    if (end.disconnected) ++runs.disconnected;
    runs.request_bytes += end.request_bytes;
    runs.response_bytes += end.response_bytes;
}

struct GroupKey {
    std::size_t boot = 0;  // of the boots in these rows: each may have another upstream
    KeyFingerprint key;
    ModelName model;
    calendar::Instant minute;
    friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

struct Group {
    Runs runs;
    std::size_t last_row = 0;
    calendar::Instant occurred_at;
};

bool is_run(const FactRow& row) {
    return row.fact && (std::holds_alternative<RunArrived>(*row.fact) ||
                        std::holds_alternative<RunEnded>(*row.fact));
}

void add(Group& group, const FactRow& row, std::size_t index) {
    if (const auto* arrival = std::get_if<RunArrived>(&*row.fact)) {
        count(group.runs, *arrival, row.occurred_at);
    } else {
        count(group.runs, std::get<RunEnded>(*row.fact), row.occurred_at);
    }
    group.last_row = index;
    group.occurred_at = std::max(group.occurred_at, row.occurred_at);
}

FactRow to_row(const Group& group, const FactRow& last) {
    FactRow row;
    row.sequence = last.sequence;
    row.recorded_at = last.recorded_at;
    row.occurred_at = group.occurred_at;
    row.kind = std::string(lifecycle::kind_name<Runs>);
    row.key = group.runs.key;
    row.model = group.runs.model;
    row.body = lifecycle::to_json({.occurred_at = group.occurred_at, .body = group.runs});
    row.fact = group.runs;
    return row;
}

}  // namespace

ParsedBatch parse_batch(const journal::SealedBatch& batch) {
    ParsedBatch parsed;
    parsed.rows.reserve(batch.records.size());
    for (const journal::Record& record : batch.records) {
        FactRow row = to_row(record);
        if (!row.key.empty()) {
            parsed.keys.insert(row.key);
            if (row.fact && proves_key(*row.fact)) parsed.accepted.insert(row.key);
        }
        parsed.rows.push_back(std::move(row));
    }
    return parsed;
}

std::vector<FactRow> fold_runs(std::vector<FactRow> rows,
                               const std::function<bool(const KeyFingerprint&)>& is_known) {
    std::map<GroupKey, Group> groups;
    std::size_t boot = 0;
    std::optional<calendar::Instant> strangers_minute;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        const FactRow& row = rows[index];
        if (row.fact && std::holds_alternative<lifecycle::GatewayStarted>(*row.fact)) {
            ++boot;
            strangers_minute.reset();
        }
        if (!is_run(row)) continue;
        GroupKey name{
            .boot = boot, .key = row.key, .model = row.model, .minute = minute_of(row.occurred_at)};
        if (!is_known(row.key)) {
            if (!strangers_minute) strangers_minute = name.minute;
            name = {.boot = boot, .key = {}, .model = {}, .minute = *strangers_minute};
        }
        Group& group = groups[name];
        group.runs.key = name.key;
        group.runs.model = name.model;
        group.runs.minute = name.minute;
        add(group, row, index);
    }
    std::map<std::size_t, const Group*> by_last_row;
    for (const auto& [name, group] : groups) by_last_row.emplace(group.last_row, &group);
    std::vector<FactRow> folded;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        if (!is_run(rows[index])) {
            folded.push_back(std::move(rows[index]));
        } else if (const auto entry = by_last_row.find(index); entry != by_last_row.end()) {
            folded.push_back(to_row(*entry->second, rows[index]));
        }
    }
    return folded;
}

bool concerns_instance(const FactBody& body) {
    return visit_body(body, [](const auto& fact) {
        using Kind = std::decay_t<decltype(fact)>;
        // What the catalogue and the operator say of a model is no one's: see learn_model.
        return !std::is_same_v<Kind, lifecycle::GatewayStarted> &&
               !std::is_same_v<Kind, lifecycle::CatalogueEntry> &&
               !std::is_same_v<Kind, lifecycle::ModelSet>;
    });
}

}  // namespace ledger

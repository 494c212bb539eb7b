#include "ledger/fact_rows.h"

#include <algorithm>
#include <iterator>
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

std::string_view kind_of(const FactBody& body) {
    return visit_body(
        body, [](const auto& fact) { return lifecycle::kind_name<std::decay_t<decltype(fact)>>; });
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

bool is_run(const FactRow& row) {
    return row.fact && (std::holds_alternative<RunArrived>(*row.fact) ||
                        std::holds_alternative<RunEnded>(*row.fact));
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

FactRow to_row(journal::Record& record) {
    lifecycle::Fact fact;
    try {
        fact = lifecycle::parse_fact(record.payload);
    } catch (const std::invalid_argument&) {
        return unreadable(record);
    }
    return {.sequence = record.sequence,
            .recorded_at = record.recorded_at,
            .occurred_at = fact.occurred_at,
            .kind = kind_of(fact.body),
            .body = std::move(record.payload),
            .fact = std::move(fact.body)};
}

calendar::Instant minute_of(calendar::Instant instant) {
    const std::int64_t rest = ((instant.micros % minute_micros) + minute_micros) % minute_micros;
    return {instant.micros - rest};
}

void widen(std::optional<calendar::Instant>& first, std::optional<calendar::Instant>& last,
           calendar::Instant at) {
    if (!first || at < *first) first = at;
    if (!last || at > *last) last = at;
}

void widen(std::optional<calendar::Instant>& last, std::optional<calendar::Instant> at) {
    if (at && (!last || *at > *last)) last = at;
}

void count(Runs& runs, const RunArrived&, calendar::Instant at) {
    ++runs.arrived;
    widen(runs.first_arrival, runs.last_arrival, at);
}

/// Of two that tell of the clocks, the shorter; of equals the later.
void keep_reading(Runs& runs, std::optional<calendar::Instant> asked,
                  std::optional<calendar::Instant> answered,
                  std::optional<calendar::Instant> date) {
    // One that ended before it came: the gateway's clock was set meanwhile.
    if (!asked || !answered || !date || *answered < *asked) return;
    if (runs.date) {
        const auto took = *answered - *asked;
        const auto shortest = *runs.answered_at - *runs.asked_at;
        if (took > shortest || (took == shortest && *answered <= *runs.answered_at)) return;
    }
    runs.asked_at = asked;
    runs.answered_at = answered;
    runs.date = date;
}

void count(Runs& runs, const RunEnded& end, calendar::Instant at) {
    keep_reading(runs, end.asked_at, at, end.date);
    if (lifecycle::is_accepted_run(end.status)) widen(runs.last_accepted_arrival, end.asked_at);
    const bool accepted = lifecycle::is_accepted_run(end.status);
    ++(accepted ? runs.accepted : runs.refused);
    if (accepted && (!runs.last_accepted_end || at > *runs.last_accepted_end)) {
        runs.last_accepted_end = at;
    }
    if (end.disconnected) ++runs.disconnected;
    runs.request_bytes += end.request_bytes;
    runs.response_bytes += end.response_bytes;
}

void add(Runs& sum, const Runs& more) {
    sum.arrived += more.arrived;
    sum.accepted += more.accepted;
    sum.refused += more.refused;
    sum.disconnected += more.disconnected;
    sum.request_bytes += more.request_bytes;
    sum.response_bytes += more.response_bytes;
    keep_reading(sum, more.asked_at, more.answered_at, more.date);
    widen(sum.last_accepted_arrival, more.last_accepted_arrival);
    if (more.first_arrival) widen(sum.first_arrival, sum.last_arrival, *more.first_arrival);
    if (more.last_arrival) widen(sum.first_arrival, sum.last_arrival, *more.last_arrival);
    if (more.last_accepted_end)
        sum.last_accepted_end = std::max(sum.last_accepted_end.value_or(*more.last_accepted_end),
                                         *more.last_accepted_end);
}

void add(RunGroup& sum, const RunGroup& more) {
    add(sum.runs, more.runs);
    sum.occurred_at = std::max(sum.occurred_at, more.occurred_at);
    if (more.sequence < sum.sequence) return;
    sum.sequence = more.sequence;
    sum.recorded_at = more.recorded_at;
}

/// With those of strangers made one a boot.
std::deque<RunGroup> join_strangers(std::deque<RunGroup> groups,
                                    const std::function<bool(const KeyFingerprint&)>& is_known) {
    std::deque<RunGroup> joined;
    RunGroup* strangers = nullptr;  // of the boot at hand
    for (RunGroup& group : groups) {
        if (is_known(group.runs.key)) {
            joined.push_back(std::move(group));
        } else if (strangers != nullptr && strangers->boot == group.boot) {
            add(*strangers, group);
        } else {
            group.runs.key = {};
            group.runs.model = {};
            strangers = &joined.emplace_back(std::move(group));
        }
    }
    return joined;
}

FactRow to_row(RunGroup& group) {
    lifecycle::Fact fact{.occurred_at = group.occurred_at, .body = std::move(group.runs)};
    return {.sequence = group.sequence,
            .recorded_at = group.recorded_at,
            .occurred_at = group.occurred_at,
            .kind = lifecycle::kind_name<Runs>,
            .body = lifecycle::to_json(fact),
            .fact = std::move(fact.body)};
}

bool precedes(const FactRow& a, const FactRow& b) {
    return a.sequence < b.sequence;
}

}  // namespace

const KeyFingerprint& FactRow::key() const {
    static const KeyFingerprint none;
    if (!fact) return none;
    return std::visit(
        [](const auto& of_kind) -> const KeyFingerprint& {
            if constexpr (requires { of_kind.key; })
                return of_kind.key;
            else
                return none;
        },
        *fact);
}

const ModelName& FactRow::model() const {
    static const ModelName none;
    if (!fact) return none;
    return std::visit(
        [](const auto& of_kind) -> const ModelName& {
            if constexpr (requires { of_kind.model; })
                return of_kind.model;
            else
                return none;
        },
        *fact);
}

std::size_t BatchParser::HashOfName::operator()(const GroupName& name) const {
    constexpr std::size_t mix = 0x9E3779B97F4A7C15u;
    const std::hash<std::string_view> hash;
    const auto minute = static_cast<std::size_t>(name.minute.micros);
    return ((hash(name.key) * mix ^ hash(name.model)) * mix ^ minute) * mix ^ name.boot;
}

std::size_t BatchParser::add(journal::SealedBatch batch) {
    if (std::exchange(is_empty_, false)) batch_.first = batch.first;
    batch_.last = batch.last;
    for (journal::Record& record : batch.records) add(record);
    return batch_.records();
}

void BatchParser::add(journal::Record& record) {
    FactRow row = to_row(record);
    batch_.recorded_at = row.recorded_at;
    if (!row.key().empty()) {
        bool& is_accepted = is_accepted_[row.key()];
        is_accepted = is_accepted || proves_key(*row.fact);
    }
    if (is_run(row)) {
        add_run(row);
        return;
    }
    if (row.fact && std::holds_alternative<lifecycle::GatewayStarted>(*row.fact)) ++boot_;
    batch_.rows.push_back(std::move(row));
}

void BatchParser::add_run(const FactRow& row) {
    const calendar::Instant minute = minute_of(row.occurred_at);
    const auto found = groups_.find({boot_, row.key().text(), row.model().text(), minute});
    RunGroup* group = found == groups_.end() ? nullptr : found->second;
    if (group == nullptr) {
        group = &batch_.runs.emplace_back();
        group->boot = boot_;
        group->occurred_at = row.occurred_at;
        Runs& runs = group->runs;
        runs.key = row.key();
        runs.model = row.model();
        runs.minute = minute;
        groups_.emplace(GroupName{boot_, runs.key.text(), runs.model.text(), minute}, group);
    }
    if (const auto* arrival = std::get_if<RunArrived>(&*row.fact)) {
        count(group->runs, *arrival, row.occurred_at);
    } else {
        count(group->runs, std::get<RunEnded>(*row.fact), row.occurred_at);
    }
    group->sequence = row.sequence;
    group->recorded_at = row.recorded_at;
    group->occurred_at = std::max(group->occurred_at, row.occurred_at);
}

ParsedBatch BatchParser::finish() && {
    for (const auto& [key, is_accepted] : is_accepted_) {
        batch_.keys.insert(key);
        if (is_accepted) batch_.accepted.insert(key);
    }
    return std::move(batch_);
}

ParsedBatch parse_batch(journal::SealedBatch batch) {
    BatchParser parser;
    parser.add(std::move(batch));
    return std::move(parser).finish();
}

std::vector<FactRow> fold_runs(ParsedBatch batch,
                               const std::function<bool(const KeyFingerprint&)>& is_known) {
    std::vector<FactRow> runs;
    for (RunGroup& group : join_strangers(std::move(batch.runs), is_known))
        runs.push_back(to_row(group));
    std::sort(runs.begin(), runs.end(), precedes);
    std::vector<FactRow> rows;
    rows.reserve(batch.rows.size() + runs.size());
    std::merge(std::make_move_iterator(batch.rows.begin()),
               std::make_move_iterator(batch.rows.end()), std::make_move_iterator(runs.begin()),
               std::make_move_iterator(runs.end()), std::back_inserter(rows), precedes);
    return rows;
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

#include "ledger/fact_rows.h"

#include <algorithm>
#include <iterator>
#include <optional>
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
decltype(auto) visit_body(const FactBody& body, Visit visit) {
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

Subject subject_of(const FactBody& body) {
    return visit_body(body, [](const auto& fact) {
        using Kind = std::decay_t<decltype(fact)>;
        if constexpr (std::is_same_v<Kind, lifecycle::GatewayStarted>)
            return Subject::gateway;
        else if constexpr (std::is_same_v<Kind, lifecycle::CatalogueEntry> ||
                           std::is_same_v<Kind, lifecycle::ModelSet>)
            return Subject::model;
        else if constexpr (std::is_same_v<Kind, Runs>)
            return Subject::runs;
        else
            return Subject::instance;
    });
}

bool is_run(const FactBody& body) {
    return std::holds_alternative<RunArrived>(body) || std::holds_alternative<RunEnded>(body);
}

const KeyFingerprint& key_of(const FactBody& body) {
    static const KeyFingerprint none;
    return visit_body(body, [](const auto& fact) -> const KeyFingerprint& {
        if constexpr (requires { fact.key; })
            return fact.key;
        else
            return none;
    });
}

const ModelName& model_of(const FactBody& body) {
    static const ModelName none;
    return visit_body(body, [](const auto& fact) -> const ModelName& {
        if constexpr (requires { fact.model; })
            return fact.model;
        else
            return none;
    });
}

FactRow unreadable(const journal::Record& record) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(record.payload.data());
    FactRow row;
    row.sequence = record.sequence;
    row.recorded_at = record.recorded_at;
    row.occurred_at = row.tells_from = record.recorded_at;
    row.kind = "unreadable";
    row.body = platform::to_hex({bytes, record.payload.size()});
    return row;
}

std::optional<lifecycle::Fact> find_fact(std::string_view payload) {
    try {
        return lifecycle::parse_fact(payload);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

FactRow to_row(journal::Record& record, const lifecycle::Fact& fact) {
    return {.sequence = record.sequence,
            .recorded_at = record.recorded_at,
            .occurred_at = fact.occurred_at,
            .tells_from = fact.occurred_at,
            .kind = kind_of(fact.body),
            .subject = subject_of(fact.body),
            .key = key_of(fact.body),
            .model = model_of(fact.body),
            .body = std::move(record.payload)};
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
            group.body.clear();  // others follow
            strangers = &joined.emplace_back(std::move(group));
        }
    }
    return joined;
}

}  // namespace

// A run belongs to the instance that took it, however long ago.
calendar::Instant earliest_of(const Runs& runs, calendar::Instant occurred_at) {
    return std::min(occurred_at, runs.last_accepted_arrival.value_or(occurred_at));
}

namespace {

/// When the batch is parsed, so that no transaction waits for it.
void write_body(RunGroup& group) {
    lifecycle::Fact fact{.occurred_at = group.occurred_at, .body = std::move(group.runs)};
    group.body = lifecycle::to_json(fact);
    group.runs = std::get<Runs>(std::move(fact.body));
}

FactRow to_row(RunGroup& group) {
    return {.sequence = group.sequence,
            .recorded_at = group.recorded_at,
            .occurred_at = group.occurred_at,
            .tells_from = earliest_of(group.runs, group.occurred_at),
            .kind = lifecycle::kind_name<Runs>,
            .subject = Subject::runs,
            .key = std::move(group.runs.key),
            .model = std::move(group.runs.model),
            .body = std::move(group.body)};
}

bool precedes(const FactRow& a, const FactRow& b) {
    return a.sequence < b.sequence;
}

}  // namespace

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
    batch_.recorded_at = record.recorded_at;
    const std::optional<lifecycle::Fact> fact = find_fact(record.payload);
    if (!fact) {
        batch_.rows.push_back(unreadable(record));
        return;
    }
    if (const KeyFingerprint& key = key_of(fact->body); !key.empty()) {
        bool& is_accepted = is_accepted_[key];
        is_accepted = is_accepted || proves_key(fact->body);
    }
    if (is_run(fact->body)) {
        add_run(record, *fact);
        return;
    }
    if (std::holds_alternative<lifecycle::GatewayStarted>(fact->body)) ++boot_;
    batch_.rows.push_back(to_row(record, *fact));
}

void BatchParser::add_run(const journal::Record& record, const lifecycle::Fact& fact) {
    const KeyFingerprint& key = key_of(fact.body);
    const ModelName& model = model_of(fact.body);
    const calendar::Instant minute = minute_of(fact.occurred_at);
    const auto found = groups_.find({boot_, key.text(), model.text(), minute});
    RunGroup* group = found == groups_.end() ? nullptr : found->second;
    if (group == nullptr) {
        group = &batch_.runs.emplace_back();
        group->boot = boot_;
        group->occurred_at = fact.occurred_at;
        Runs& runs = group->runs;
        runs.key = key;
        runs.model = model;
        runs.minute = minute;
        groups_.emplace(GroupName{boot_, runs.key.text(), runs.model.text(), minute}, group);
    }
    if (const auto* arrival = std::get_if<RunArrived>(&fact.body)) {
        count(group->runs, *arrival, fact.occurred_at);
    } else {
        count(group->runs, std::get<RunEnded>(fact.body), fact.occurred_at);
    }
    group->sequence = record.sequence;
    group->recorded_at = record.recorded_at;
    group->occurred_at = std::max(group->occurred_at, fact.occurred_at);
}

ParsedBatch BatchParser::finish() && {
    for (const auto& [key, is_accepted] : is_accepted_) {
        batch_.keys.insert(key);
        if (is_accepted) batch_.accepted.insert(key);
    }
    groups_.clear();  // they look at texts that are moved now
    for (RunGroup& group : batch_.runs) write_body(group);
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
    for (RunGroup& group : join_strangers(std::move(batch.runs), is_known)) {
        if (group.body.empty()) write_body(group);
        runs.push_back(to_row(group));
    }
    std::sort(runs.begin(), runs.end(), precedes);
    std::vector<FactRow> rows;
    rows.reserve(batch.rows.size() + runs.size());
    std::merge(std::make_move_iterator(batch.rows.begin()),
               std::make_move_iterator(batch.rows.end()), std::make_move_iterator(runs.begin()),
               std::make_move_iterator(runs.end()), std::back_inserter(rows), precedes);
    return rows;
}

}  // namespace ledger

#include "ledger/fact_stream.h"

#include <algorithm>
#include <tuple>

namespace ledger {
namespace {

constexpr int columns = 11;
constexpr const char* column_list =
    " (gateway, sequence, account_id, upstream, kind, key, model, occurred_at, recorded_at, body, "
    "chain)";

/// The text itself where it can be stored, else what is stored for it, kept in `replaced`.
std::string_view storable(std::string_view text, std::string& replaced) {
    if (is_storable(text)) return text;
    replaced = to_storable(text);
    return replaced;
}

void add_text_or_null(BinaryCopy& copy, std::string_view text) {
    if (text.empty()) {
        copy.add_null();
    } else {
        copy.add_text(text);
    }
}

void add_row(BinaryCopy& copy, const proof::ChainedFact& fact, const proof::Hash& link) {
    copy.begin_row(columns);
    copy.add_text(fact.gateway);
    copy.add_number(static_cast<std::int64_t>(fact.sequence));
    add_text_or_null(copy, fact.account);
    copy.add_text(fact.upstream);
    copy.add_text(fact.kind);
    add_text_or_null(copy, fact.key);
    add_text_or_null(copy, fact.model);
    copy.add_instant(fact.occurred_at);
    copy.add_instant(fact.recorded_at);
    copy.add_text(fact.body);
    copy.add_bytes({reinterpret_cast<const char*>(link.data()), link.size()});
}

}  // namespace

std::size_t FactStream::HashOfName::operator()(const Name& name) const {
    constexpr std::size_t mix = 0x9E3779B97F4A7C15u;
    const std::hash<std::string_view> hash;
    return (hash(name.account) * mix ^ hash(name.model)) * mix ^ hash(name.upstream);
}

// As make_fact_partition names it.
BinaryCopy& FactStream::copy_at(calendar::Instant recorded_at) {
    if (copy_ && recorded_at == copy_at_) return *copy_;
    const std::string month = calendar::to_text(recorded_at).substr(0, 7);
    if (!copy_ || month != month_) {
        finish();
        std::string table = "facts_" + month;
        table[table.size() - 3] = '_';
        copy_ = std::make_unique<BinaryCopy>(work_, table + column_list);
        month_ = month;
    }
    copy_at_ = recorded_at;
    return *copy_;
}

void FactStream::write(const FactRow& row, const lifecycle::AccountId* account,
                       std::string_view upstream) {
    std::string stored_key, stored_model;
    const proof::ChainedFact fact{.gateway = gateway_,
                                  .sequence = row.sequence,
                                  .account = account ? std::string_view(account->text()) : "",
                                  .upstream = upstream,
                                  .kind = row.kind,
                                  .key = storable(row.key.text(), stored_key),
                                  .model = storable(row.model.text(), stored_model),
                                  .occurred_at = row.occurred_at,
                                  .recorded_at = row.recorded_at,
                                  .body = row.body};  // JSON or hex: storable
    add_row(copy_at(row.recorded_at), fact, heads_.advance(fact));
    const bool concerns_instance = row.subject == Subject::instance || row.subject == Subject::runs;
    if (!account || fact.model.empty() || !concerns_instance) return;
    touch({.account = fact.account, .upstream = upstream, .model = fact.model}, row);
}

void FactStream::touch(const Name& name, const FactRow& row) {
    const bool only_runs = row.subject == Subject::runs;
    const auto entry = touched_.find(name);
    if (entry != touched_.end()) {
        entry->second.earliest = std::min(entry->second.earliest, row.tells_from);
        entry->second.only_runs = entry->second.only_runs && only_runs;
        return;
    }
    const auto keep = [this](std::string_view text) -> std::string_view {
        return *texts_.emplace(text).first;
    };
    touched_.emplace(Name{.account = keep(name.account),
                          .upstream = keep(name.upstream),
                          .model = keep(name.model)},
                     Touch{.earliest = row.tells_from, .only_runs = only_runs});
}

void FactStream::finish() {
    if (copy_) copy_->finish();
    copy_.reset();
}

std::vector<ConcernedInstance> FactStream::touched() const {
    std::vector<ConcernedInstance> list;
    list.reserve(touched_.size());
    for (const auto& [name, touch] : touched_)
        list.push_back({name.account, name.upstream, name.model, touch.earliest, touch.only_runs});
    std::sort(list.begin(), list.end(), [](const ConcernedInstance& a, const ConcernedInstance& b) {
        return std::tie(a.account, a.upstream, a.model) < std::tie(b.account, b.upstream, b.model);
    });
    return list;
}

}  // namespace ledger

#include "ledger/chain_heads.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "platform/invariant.h"

namespace ledger {

ChainHeads::ChainHeads(Work& work, std::string gateway, std::set<std::string> accounts)
    : gateway_(std::move(gateway)) {
    accounts.insert("");
    const std::string wanted = nlohmann::json(accounts).dump();
    for (const auto& row :
         work.exec_params("SELECT account_id, head, count, last_sequence FROM chain_heads "
                          "WHERE gateway = $1 AND account_id IN "
                          "(SELECT jsonb_array_elements_text($2::jsonb))",
                          gateway_, wanted)) {
        heads_.emplace(row[0].as<std::string>(), Entry{.head = read_chain_head(row, 1)});
    }
    for (const std::string& account : accounts)
        heads_.try_emplace(account, Entry{.head = proof::start_of(gateway_, account)});
}

const proof::Hash& ChainHeads::advance(const proof::ChainedFact& fact) {
    const auto entry = heads_.find(fact.account);
    platform::invariant(entry != heads_.end(), fact.account);
    proof::advance(entry->second.head, fact);
    entry->second.has_moved = true;
    return entry->second.head.hash;
}

void ChainHeads::write(Work& work) const {
    nlohmann::json moved = nlohmann::json::array();
    for (const auto& [account, entry] : heads_) {
        if (!entry.has_moved) continue;
        moved.push_back({{"account_id", account},
                         {"head", "\\x" + proof::to_text(entry.head.hash)},
                         {"count", entry.head.count},
                         {"last_sequence", entry.head.last_sequence}});
    }
    if (moved.empty()) return;
    work.exec_params(
        "INSERT INTO chain_heads (gateway, account_id, head, count, last_sequence) "
        "SELECT $1, h.account_id, h.head::bytea, h.count, h.last_sequence FROM "
        "jsonb_to_recordset($2::jsonb) "
        "AS h(account_id text, head text, count bigint, last_sequence bigint) "
        "ON CONFLICT (gateway, account_id) DO UPDATE SET head = excluded.head, "
        "count = excluded.count, last_sequence = excluded.last_sequence",
        gateway_, moved.dump());
}

proof::ChainHead read_chain_head(const pqxx::row& row, pqxx::row::size_type first) {
    return {.hash = read_hash(row[first]),
            .count = row[first + 1].as<std::uint64_t>(),
            .last_sequence = row[first + 2].as<std::uint64_t>()};
}

proof::Hash read_hash(const pqxx::field& field) {
    const std::string_view text = field.c_str();
    const auto hash = proof::parse_hash(text.starts_with("\\x") ? text.substr(2) : text);
    if (!hash) throw std::runtime_error("not a hash in the ledger: " + std::string(text));
    return *hash;
}

}  // namespace ledger

#include "ledger/chain_heads.h"

#include <stdexcept>

#include "ledger/array_text.h"
#include "platform/invariant.h"

namespace ledger {

ChainHeads::ChainHeads(Work& work, std::string gateway, std::set<std::string> accounts)
    : gateway_(std::move(gateway)) {
    accounts.insert("");
    ArrayText wanted;
    for (const std::string& account : accounts) wanted.add(account);
    for (const auto& row :
         work.exec_params("SELECT account_id, head, count, last_sequence FROM chain_heads "
                          "WHERE gateway = $1 AND account_id = ANY($2::text[])",
                          gateway_, wanted.text())) {
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
    ArrayText accounts, heads, counts, sequences;
    for (const auto& [account, entry] : heads_) {
        if (!entry.has_moved) continue;
        accounts.add(account);
        heads.add("\\x" + proof::to_text(entry.head.hash));
        counts.add(std::to_string(entry.head.count));
        sequences.add(std::to_string(entry.head.last_sequence));
    }
    work.exec_params(
        "INSERT INTO chain_heads (gateway, account_id, head, count, last_sequence) SELECT $1, h.* "
        "FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::bigint[]) h "
        "ON CONFLICT (gateway, account_id) DO UPDATE SET head = excluded.head, "
        "count = excluded.count, last_sequence = excluded.last_sequence",
        gateway_, accounts.text(), heads.text(), counts.text(), sequences.text());
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

#include "ledger/checkpoints.h"

#include <stdexcept>

#include "ledger/chain_heads.h"
#include "ledger/checkpoint_rows.h"
#include "ledger/row_stream.h"
#include "platform/crypto.h"

namespace ledger {
namespace {

using proof::Difference;
using proof::NamedHead;
using proof::SignedCheckpoint;

// bytea as Postgres prints and reads it: \x and hex digits.
std::string_view hex_of(const pqxx::field& field) {
    return std::string_view(field.c_str()).substr(2);
}

template <class Bytes>
std::string to_bytea(const Bytes& bytes) {
    return "\\x" + platform::to_hex(bytes);
}

void write_checkpoint(Work& work, const SignedCheckpoint& made, calendar::Instant now) {
    work.exec_params(
        "INSERT INTO checkpoints (id, made_at, body, signature, public_key) "
        "VALUES ($1, $2, $3, $4::text::bytea, $5::text::bytea)",
        made.number, calendar::to_text(now), made.body, to_bytea(made.signature),
        to_bytea(made.public_key));
}

}  // namespace

std::vector<NamedHead> list_chain_heads(Work& work) {
    std::vector<NamedHead> heads;
    for (const auto& row : work.exec("SELECT gateway, account_id, head, count, last_sequence "
                                     "FROM chain_heads ORDER BY 1, 2")) {
        heads.push_back({.gateway = row[0].as<std::string>(),
                         .account = row[1].as<std::string>(),
                         .head = read_chain_head(row, 2)});
    }
    return heads;
}

SignedCheckpoint make_checkpoint(Store& store, const platform::SigningKey& key,
                                 calendar::Instant now) {
    return transact(store, [&](Work& work) {
        // The next maker reads what this one has committed.
        work.exec("SELECT pg_advisory_xact_lock(hashtextextended('tollgate.checkpoints', 0))");
        const pqxx::result last =
            work.exec("SELECT id, body FROM checkpoints ORDER BY id DESC LIMIT 1");
        proof::Checkpoint checkpoint{
            .made_at = now, .previous = "", .heads = list_chain_heads(work)};
        SignedCheckpoint made{.number = 1};
        if (!last.empty()) {
            made.number = last[0][0].as<std::uint64_t>() + 1;
            checkpoint.previous = proof::digest_of_checkpoint(last[0][1].c_str());
        }
        made.body = to_text(std::move(checkpoint));
        made.signature = key.sign(made.body);
        made.public_key = key.public_key();
        write_checkpoint(work, made, now);
        return made;
    });
}

std::optional<calendar::Instant> find_newest_checkpoint(Store& store) {
    return transact(store, [](Work& work) {
        const pqxx::result last =
            work.exec("SELECT made_at FROM checkpoints ORDER BY id DESC LIMIT 1");
        return last.empty() ? std::nullopt : find_instant(last[0][0]);
    });
}

std::optional<Difference> find_wrong_head(Work& work, const std::string& subject,
                                          const NamedHead& named) {
    const pqxx::result rows = work.exec_params(
        "SELECT chain FROM facts WHERE gateway = $1 AND sequence = $2 "
        "AND coalesce(account_id, '') = $3",
        named.gateway, named.head.last_sequence, named.account);
    const std::string expected = describe(named.head);
    const std::string what = "head of " + proof::name_of_chain(named.gateway, named.account);
    if (rows.empty()) return Difference{subject, what, expected, "no such fact"};
    const proof::Hash found = read_hash(rows[0][0]);
    if (found != named.head.hash) return Difference{subject, what, expected, proof::to_text(found)};
    return std::nullopt;
}

void verify_checkpoints(Work& work, const std::vector<platform::PublicKey>& trusted,
                        Verification& result) {
    proof::CheckpointCheck check(trusted);
    const auto take = [&](const pqxx::row& row) {
        const SignedCheckpoint read{
            .number = row[0].as<std::uint64_t>(),
            .body = row[1].as<std::string>(),
            .signature = platform::parse_signature(hex_of(row[2])).value(),
            .public_key = platform::parse_public_key(hex_of(row[3])).value()};
        result.difference = check.take(read);
        for (const NamedHead& head : check.moved()) {
            if (result.difference) break;
            result.difference =
                find_wrong_head(work, "checkpoint " + std::to_string(read.number), head);
        }
        if (!result.difference) ++result.checkpoints;
        return !result.difference;
    };
    for_each_row(work, take, "SELECT id, body, signature, public_key FROM checkpoints ORDER BY id");
}

}  // namespace ledger

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

// The newest entry of each account's corrections by hand: its hash covers those before it.
void add_correction_heads(Work& work, std::vector<NamedHead>& heads) {
    for (const auto& row : work.exec("SELECT DISTINCT ON (account_id) account_id, hash, sequence, "
                                     "sequence FROM manual_corrections "
                                     "ORDER BY account_id, sequence DESC")) {
        heads.push_back({.gateway = std::string(proof::corrections_gateway),
                         .account = row[0].as<std::string>(),
                         .head = read_chain_head(row, 1)});
    }
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
        add_correction_heads(work, checkpoint.heads);
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

namespace {

// Each link of each chain with its place, however many: one pass for all heads, rather than a look
// for each. An entry's place in the chain of corrections is its number.
const std::string links =
    "SELECT gateway, coalesce(account_id, '') AS account, sequence, chain, row_number() OVER "
    "(PARTITION BY gateway, account_id ORDER BY sequence) AS place FROM facts UNION ALL "
    "SELECT '" +
    std::string(proof::corrections_gateway) +
    "', account_id, sequence, hash, sequence FROM manual_corrections";

Difference difference_of(const pqxx::row& row) {
    const proof::NamedHead named{.gateway = row[1].as<std::string>(),
                                 .account = row[2].as<std::string>(),
                                 .head = read_chain_head(row, 3)};
    Difference difference{row[0].as<std::string>(),
                          "head of " + proof::name_of_chain(named.gateway, named.account),
                          describe(named.head), "no such fact"};
    if (!row[6].is_null()) {
        difference.found = describe(proof::ChainHead{.hash = read_hash(row[6]),
                                                     .count = row[7].as<std::uint64_t>(),
                                                     .last_sequence = named.head.last_sequence});
    }
    return difference;
}

/// `heads`: a query of (subject, rank, gateway, account, head, count, last_sequence); the first by
/// rank that the links do not bear out.
template <class... Parameters>
std::optional<Difference> find_wrong_head(Work& work, const std::string& heads,
                                          const Parameters&... parameters) {
    const pqxx::result rows = work.exec_params(
        "SELECT h.subject, h.gateway, h.account, h.head, h.count, h.last_sequence, l.chain, "
        "l.place FROM (" +
            heads + ") h LEFT JOIN (" + links +
            ") l ON l.gateway = h.gateway AND l.account = h.account "
            "AND l.sequence = h.last_sequence WHERE l.chain IS DISTINCT FROM h.head "
            "OR l.place IS DISTINCT FROM h.count ORDER BY h.rank, h.gateway, h.account LIMIT 1",
        parameters...);
    if (rows.empty()) return std::nullopt;
    return difference_of(rows[0]);
}

}  // namespace

void verify_checkpoints(Work& work, const std::vector<platform::PublicKey>& trusted,
                        Verification& result) {
    proof::CheckpointCheck check(trusted);
    const auto take = [&](const pqxx::row& row) {
        result.difference =
            check.take({.number = row[0].as<std::uint64_t>(),
                        .body = row[1].as<std::string>(),
                        .signature = platform::parse_signature(hex_of(row[2])).value(),
                        .public_key = platform::parse_public_key(hex_of(row[3])).value()});
        if (!result.difference) ++result.checkpoints;
        return !result.difference;
    };
    for_each_row(work, take, "SELECT id, body, signature, public_key FROM checkpoints ORDER BY id");
    if (result.difference) return;
    result.difference = find_wrong_head(
        work,
        "SELECT 'checkpoint ' || min(c.id) AS subject, min(c.id) AS rank, h.gateway, h.account, "
        "decode(h.head, 'hex') AS head, h.count, h.last_sequence FROM checkpoints c, "
        "jsonb_to_recordset(c.body::jsonb->'heads') AS h(gateway text, account text, count bigint, "
        "last_sequence bigint, head text) GROUP BY 3, 4, 5, 6, 7");
}

std::optional<Difference> find_wrong_invoice_head(Work& work,
                                                  const std::optional<std::string>& month) {
    return find_wrong_head(
        work,
        "SELECT 'invoice ' || i.number AS subject, row_number() OVER (ORDER BY i.series, i.year, "
        "i.counter) AS rank, h.gateway, i.account_id AS account, h.head, h.count, h.last_sequence "
        "FROM invoice_chain_heads h JOIN invoices i USING (number) "
        "WHERE $1::text IS NULL OR i.month = $1",
        month);
}

}  // namespace ledger

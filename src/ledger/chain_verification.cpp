#include "ledger/chain_verification.h"

#include "ledger/chain_heads.h"
#include "ledger/row_stream.h"
#include "proof/checkpoint_check.h"

namespace ledger {
namespace {

using proof::Difference;

/// One chain after the other, a fact at a time.
class ChainWalk {
  public:
    ChainWalk(Work& work, Verification& result) : work_(work), result_(result) {}

    /// Whether all is well so far.
    bool take(const pqxx::row& row) {
        const std::string gateway = row[0].as<std::string>();
        const std::string account = row[1].as<std::string>();
        if (gateway != gateway_ || account != account_ || result_.facts == 0) {
            if (!end()) return false;
            gateway_ = gateway;
            account_ = account;
            head_ = proof::start_of(gateway, account);
        }
        result_.difference = proof::check_link(head_,
                                               {.gateway = gateway,
                                                .sequence = row[2].as<std::uint64_t>(),
                                                .account = account,
                                                .upstream = row[3].c_str(),
                                                .kind = row[4].c_str(),
                                                .key = row[5].c_str(),
                                                .model = row[6].c_str(),
                                                .occurred_at = read_instant(row[7]),
                                                .recorded_at = read_instant(row[8]),
                                                .body = row[9].c_str()},
                                               read_hash(row[10]));
        if (result_.difference) return false;
        ++result_.facts;
        return true;
    }

    /// Of the chain that was last: holds it against its head.
    bool end() {
        if (result_.facts == 0) return true;
        const pqxx::result rows = work_.exec_params(
            "SELECT head, count, last_sequence FROM chain_heads WHERE gateway = $1 "
            "AND account_id = $2",
            gateway_, account_);
        const auto stored = rows.empty() ? proof::ChainHead() : read_chain_head(rows[0], 0);
        if (stored != head_) {
            result_.difference = Difference{name(), "head", describe(head_),
                                            rows.empty() ? "none" : describe(stored)};
            return false;
        }
        ++result_.chains;
        return true;
    }

  private:
    std::string name() const { return proof::name_of_chain(gateway_, account_); }

    Work& work_;
    Verification& result_;
    std::string gateway_;
    std::string account_;
    proof::ChainHead head_;
};

void find_head_without_facts(Work& work, Verification& result) {
    for_each_row(
        work,
        [&](const pqxx::row& row) {
            result.difference = Difference{"the chain of gateway " + row[0].as<std::string>() +
                                               " and account " + row[1].as<std::string>(),
                                           "facts", row[2].as<std::string>(), "none"};
            return false;
        },
        "SELECT h.gateway, h.account_id, h.count FROM chain_heads h WHERE NOT EXISTS "
        "(SELECT FROM facts f WHERE f.gateway = h.gateway "
        "AND coalesce(f.account_id, '') = h.account_id) ORDER BY 1, 2 LIMIT 1");
}

}  // namespace

void verify_chains(Work& work, Verification& result) {
    ChainWalk walk(work, result);
    for_each_row(
        work, [&](const pqxx::row& row) { return walk.take(row); },
        "SELECT gateway, coalesce(account_id, ''), sequence, upstream, kind, "
        "coalesce(key, ''), coalesce(model, ''), occurred_at, recorded_at, body, chain "
        "FROM facts ORDER BY gateway COLLATE \"C\", coalesce(account_id, '') "
        "COLLATE \"C\", sequence");
    if (result.difference || !walk.end()) return;
    const auto heads = work.exec1("SELECT count(*) FROM chain_heads")[0].as<std::uint64_t>();
    if (heads != result.chains) find_head_without_facts(work, result);
}

}  // namespace ledger

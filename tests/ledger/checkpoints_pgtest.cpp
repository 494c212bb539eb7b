// Checkpoints in the ledger: made one after the other, kept as they are, and what they show.
#include "ledger/checkpoints.h"

#include <gmock/gmock.h>

#include "ledger/manual_corrections.h"
#include "ledger/verification.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace ledger {
namespace {

using namespace support;
using testing::HasSubstr;

class CheckpointsTest : public ShippedBooks {
  protected:
    proof::SignedCheckpoint make() { return make_checkpoint(store_, key_, now_); }
    /// Two checkpoints, facts before each.
    void keep_books() {
        ship({started(now_), loaded(now_, key("aa"))});
        make();
        ship({run_arrived(now_, key("aa")), loaded(now_, key("bb"))});
        make();
    }
    Verification verify() { return verify_books(store_, {.trusted = {key_.public_key()}}); }
    proof::Difference after(const std::string& sql) {
        ask("SET session_replication_role = replica; " + sql);
        const Verification found = verify();
        EXPECT_TRUE(found.difference) << sql;
        return found.difference.value_or(proof::Difference{});
    }

    TemporaryDirectory directory_;
    platform::SigningKey key_ = platform::SigningKey::load_or_make(directory_ / "key");
    calendar::Instant now_ = at("2026-10-05T10:00:00Z");
};

TEST_F(CheckpointsTest, FollowEachOtherAndAgreeWithTheChains) {
    EXPECT_FALSE(find_newest_checkpoint(store_));
    EXPECT_EQ(make().number, 1u);  // of no chains
    keep_books();
    EXPECT_EQ(find_newest_checkpoint(store_), now_);
    const Verification found = verify();
    EXPECT_FALSE(found.difference) << found.difference->subject << " " << found.difference->what;
    EXPECT_EQ(found.checkpoints, 3u);
    ship({loaded(now_, key("cc"))});
    EXPECT_FALSE(verify().difference);
}

TEST_F(CheckpointsTest, AreNeverChangedByTheService) {
    keep_books();
    for (const char* sql : {"UPDATE checkpoints SET body = body || ' '", "DELETE FROM checkpoints",
                            "TRUNCATE checkpoints"}) {
        EXPECT_THAT(try_as_service(sql), HasSubstr("permission denied")) << sql;
        EXPECT_THAT(ask("DO $$ BEGIN " + std::string(sql) +
                        "; EXCEPTION WHEN integrity_constraint_violation THEN NULL; END $$; "
                        "SELECT count(*)::text FROM checkpoints WHERE body NOT LIKE '% '"),
                    "2")
            << sql;
    }
}

TEST_F(CheckpointsTest, ShowATailThatWasCutOffAlthoughTheHeadWasCutToo) {
    keep_books();
    ASSERT_FALSE(verify().difference);
    const std::string chain =
        " WHERE gateway = 'gw-test' AND account_id = (SELECT account_id FROM "
        "keys WHERE fingerprint = '" +
        key("aa").text() + "')";
    const auto found = after("DELETE FROM facts" + chain +
                             " AND kind = 'runs'; UPDATE chain_heads h SET count = "
                             "1, (head, last_sequence) = (SELECT chain, sequence FROM facts" +
                             chain + ")" + chain);
    EXPECT_EQ(found.subject, "checkpoint 2");
    EXPECT_THAT(found.what, HasSubstr("head of the chain of gateway gw-test and account acc_"));
    EXPECT_EQ(found.found, "no such fact");
}

TEST_F(CheckpointsTest, ShowAChainThatVanishedWithItsHead) {
    keep_books();
    const std::string chain =
        " WHERE account_id = (SELECT account_id FROM keys WHERE fingerprint "
        "= '" +
        key("bb").text() + "')";
    const auto found = after("DELETE FROM facts" + chain + "; DELETE FROM chain_heads" + chain);
    EXPECT_EQ(found.subject, "checkpoint 2");
    EXPECT_EQ(found.found, "no such fact");
}

TEST_F(CheckpointsTest, CoverWhatWasEnteredByHand) {
    keep_books();
    const auto enter = [&](const std::string& reference) {
        enter_correction(store_,
                         {.account = "key-aa000000",
                          .reference = reference,
                          .amount = "-1.50",
                          .currency = "USD",
                          .author = "ada",
                          .reason = "slow"},
                         now_);
    };
    enter("one");
    make();
    enter("two");
    make();
    enter("three");
    ASSERT_FALSE(verify().difference);
    // The chain that is left is whole: only what was signed tells of its end.
    const auto found = after("DELETE FROM manual_corrections WHERE reference <> 'one'");
    EXPECT_EQ(found.subject, "checkpoint 4");
    EXPECT_THAT(found.what, HasSubstr("head of the chain of corrections by hand of account acc_"));
    EXPECT_EQ(found.found, "no such fact");
}

TEST_F(CheckpointsTest, CountTheFactsOfAChain) {
    ship({started(now_), loaded(now_, key("aa"))});
    const auto made = make();
    std::string body = made.body;
    const auto at = body.find("\"count\":1,");
    ASSERT_NE(at, std::string::npos);
    body.replace(at, 10, "\"count\":2,");
    const auto found = after("UPDATE checkpoints SET body = '" + body + "', signature = '\\x" +
                             platform::to_hex(key_.sign(body)) + "'");
    EXPECT_EQ(found.subject, "checkpoint 1");
    EXPECT_THAT(found.expected, HasSubstr("after 2 facts"));
    EXPECT_THAT(found.found, HasSubstr("after 1 facts"));
}

TEST_F(CheckpointsTest, ThatAreMissingAlteredOrAnothersAreNamed) {
    keep_books();
    ask("CREATE TABLE kept AS SELECT * FROM checkpoints");
    const std::vector<std::pair<std::string, std::string>> changes = {
        {"DELETE FROM checkpoints WHERE id = 1", "checkpoint"},
        {"UPDATE checkpoints SET body = replace(body, '\"count\":1', '\"count\":2')", "signature"},
        {"UPDATE checkpoints SET signature = set_byte(signature, 9, get_byte(signature, 9) # 1)",
         "signature"},
        {"UPDATE checkpoints SET public_key = sha256('x')", "public key"},
        {"UPDATE checkpoints a SET (body, signature) = (SELECT body, signature FROM checkpoints b "
         "WHERE b.id = 2) WHERE id = 1",
         "previous"}};
    for (const auto& [sql, what] : changes) {
        const auto found = after(sql);
        EXPECT_EQ(found.subject, "checkpoint 1") << sql;
        EXPECT_EQ(found.what, what) << sql;
        ask("SET session_replication_role = replica; DELETE FROM checkpoints; "
            "INSERT INTO checkpoints SELECT * FROM kept");
        ASSERT_FALSE(verify().difference) << sql;
    }
}

}  // namespace
}  // namespace ledger

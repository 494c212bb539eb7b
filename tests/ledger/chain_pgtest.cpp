// The chains of facts in Postgres: posting links them, and nobody takes a link out.
#include "ledger/chain_heads.h"

#include <gmock/gmock.h>

#include "ledger/posting.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;

/// Every chain as its facts' rows make it, each link held against the stored one.
std::map<std::string, proof::ChainHead> chain_anew(const std::string& url) {
    pqxx::connection connection(url);
    pqxx::work work(connection);
    work.exec("SET search_path = tollgate");
    work.exec("SET TIME ZONE 'UTC'");
    std::map<std::string, proof::ChainHead> heads;
    for (const auto& row :
         work.exec("SELECT gateway, coalesce(account_id, ''), sequence, upstream, kind, "
                   "coalesce(key, ''), coalesce(model, ''), occurred_at, recorded_at, body, chain "
                   "FROM facts ORDER BY sequence")) {
        std::vector<std::string> text;
        for (const auto& field : row) text.push_back(field.c_str());
        auto [head, is_new] =
            heads.try_emplace(text[0] + " " + text[1], proof::start_of(text[0], text[1]));
        proof::advance(head->second, {.gateway = text[0],
                                      .sequence = std::stoull(text[2]),
                                      .account = text[1],
                                      .upstream = text[3],
                                      .kind = text[4],
                                      .key = text[5],
                                      .model = text[6],
                                      .occurred_at = read_instant(row[7]),
                                      .recorded_at = read_instant(row[8]),
                                      .body = text[9]});
        EXPECT_EQ(read_hash(row[10]), head->second.hash) << text[0] << " " << text[2];
    }
    return heads;
}

std::map<std::string, proof::ChainHead> stored_heads(const std::string& url) {
    pqxx::connection connection(url);
    pqxx::work work(connection);
    std::map<std::string, proof::ChainHead> heads;
    for (const auto& row : work.exec("SELECT gateway, account_id, head, count, last_sequence "
                                     "FROM tollgate.chain_heads")) {
        heads.emplace(row[0].as<std::string>() + " " + row[1].as<std::string>(),
                      read_chain_head(row, 2));
    }
    return heads;
}

class ChainTest : public ShippedBooks {
  protected:
    /// Two gateways, two accounts, a stranger, a model of letters beyond ASCII, a bad byte.
    void ship_some() {
        ship({started(start_), loaded(start_), run_ended(start_ + Duration::seconds(5))});
        ship({loaded(start_ + Duration::seconds(9), key("bb")),
              deleted(start_ + Duration::seconds(10)),
              loaded(start_ + Duration::seconds(11), key("cc"), "0.5", 401),
              loaded(start_ + Duration::seconds(12), key(), "0.5", 200,
                     lifecycle::ModelName("gr\xC3\xB6\xFF"))});
        ship({started(start_), loaded(start_ + Duration::seconds(1))}, "gw-2");
        ship({deleted(start_ + Duration::seconds(100))});
    }

    calendar::Instant start_ = at("2026-10-05T10:00:00.000001Z");
};

TEST_F(ChainTest, PostingLinksEveryFactToTheOneBefore) {
    ship_some();
    const auto anew = chain_anew(url_);
    EXPECT_EQ(anew.size(), 5u);  // two gateways' accounts (2 + 1), and what is no account's
    EXPECT_EQ(stored_heads(url_), anew);
    EXPECT_EQ(ask("SELECT sum(count) FROM chain_heads"), ask("SELECT count(*) FROM facts"));
}

TEST_F(ChainTest, ABatchSentAgainLinksNothing) {
    ship_some();
    const auto before = stored_heads(url_);
    const auto batch = sources_["gw-test"].next(0).value();
    EXPECT_EQ(transact(store_,
                       [&](Work& work) {
                           return post_batch(work, lifecycle::GatewayId("gw-test"),
                                             parse_batch(batch), {});
                       }),
              Posting::already_posted);
    EXPECT_EQ(stored_heads(url_), before);
}

// The migration's SQL and the code agree, letter for letter.
TEST_F(ChainTest, FactsFromBeforeThereWereChainsAreChained) {
    const std::string url = TestCluster::instance().make_database(false);
    std::vector<Migration> older;
    for (const Migration& migration : embedded_migrations()) {
        if (migration.name.find("chain") != std::string::npos) break;
        older.push_back(migration);
    }
    migrate(url, older);
    {
        pqxx::connection connection(url);
        pqxx::work work(connection);
        work.exec("SET search_path = tollgate");
        work.exec("SELECT make_fact_partition('2026-10-05T00:00:00Z')");
        work.exec("SELECT make_fact_partition('2026-11-05T00:00:00Z')");
        work.exec(
            "INSERT INTO facts (gateway, sequence, account_id, upstream, kind, key, model, "
            "occurred_at, recorded_at, body) SELECT 'gw-' || n % 2, n, CASE WHEN n % 3 > 0 THEN "
            "'acc_' || n % 3 END, 'http://up', 'kind' || n, CASE WHEN n % 5 > 0 THEN 'key' END, "
            "CASE WHEN n % 4 > 0 THEN 'gr\xC3\xB6\xC3\x9F' || n END, "
            "'1969-12-31T23:59:59.000001Z'::timestamptz + n * interval '1 day 1 microsecond', "
            "'2026-10-05T10:00:00.5Z'::timestamptz + n * interval '1 hour', '{\"n\":' || n || '}' "
            "FROM generate_series(1, 1000) n");
        work.commit();
    }
    migrate(url);
    const auto anew = chain_anew(url);
    EXPECT_EQ(anew.size(), 6u);
    EXPECT_EQ(stored_heads(url), anew);
}

TEST_F(ChainTest, NobodyChangesOrTakesAwayAFact) {
    ship_some();
    const auto before = chain_anew(url_);
    for (const char* sql :
         {"UPDATE facts SET body = ''", "UPDATE facts SET account_id = 'acc_other'",
          "DELETE FROM facts", "TRUNCATE facts", "UPDATE facts_2026_10 SET body = ''",
          "DELETE FROM facts_2026_10", "TRUNCATE facts_2026_10",
          "UPDATE facts SET recorded_at = '2026-11-05T00:00:00Z'"}) {
        EXPECT_THAT(try_as_owner(sql), testing::HasSubstr("never changed")) << sql;
        EXPECT_THAT(try_as_service(sql), testing::AnyOf(testing::HasSubstr("permission denied"),
                                                        testing::HasSubstr("never changed")))
            << sql;
    }
    EXPECT_EQ(chain_anew(url_), before);
}

TEST_F(ChainTest, PartitionsFromBeforeAreNotEmptiedEither) {
    const std::string url = TestCluster::instance().make_database(false);
    std::vector<Migration> older;
    for (const Migration& migration : embedded_migrations()) {
        if (migration.name.find("chain") != std::string::npos) break;
        older.push_back(migration);
    }
    migrate(url, older);
    const auto execute = [&](const std::string& sql) {
        pqxx::connection connection(url);
        pqxx::work work(connection);
        work.exec("SET search_path = tollgate");
        work.exec(sql);
        work.commit();
    };
    execute("SELECT make_fact_partition('2026-10-05T00:00:00Z')");
    migrate(url);
    EXPECT_THROW(execute("TRUNCATE facts_2026_10"), pqxx::sql_error);
}

TEST_F(ChainTest, AHeadOnlyMovesOn) {
    ship_some();
    const auto before = stored_heads(url_);
    for (const char* sql :
         {"UPDATE chain_heads SET head = sha256('other')", "UPDATE chain_heads SET count = 1",
          "UPDATE chain_heads SET count = count + 1",
          "UPDATE chain_heads SET count = count + 1, last_sequence = last_sequence - 1",
          "UPDATE chain_heads SET gateway = gateway || 'x', count = count + 1, "
          "last_sequence = last_sequence + 1",
          "DELETE FROM chain_heads", "TRUNCATE chain_heads"}) {
        EXPECT_THAT(try_as_owner(sql), testing::HasSubstr("only moves on")) << sql;
        EXPECT_NE(try_as_service(sql), "") << sql;
    }
    EXPECT_EQ(stored_heads(url_), before);
}

}  // namespace
}  // namespace ledger

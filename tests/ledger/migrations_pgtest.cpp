#include "ledger/migrations.h"

#include "support/postgres_fixture.h"

namespace ledger {
namespace {

using support::PostgresTest;
using support::TestCluster;

std::string refusal(const std::string& url, const std::vector<Migration>& migrations) {
    try {
        migrate(url, migrations);
    } catch (const Refused& error) {
        return error.what();
    }
    return "";
}

TEST(Migrations, AreDenseAndOrdered) {
    int expected = 1;
    for (const Migration& migration : embedded_migrations()) {
        EXPECT_EQ(migration.version, expected++) << migration.name;
        EXPECT_GT(migration.sql.size(), 100u) << migration.name;
    }
}

TEST(Migrations, AreAppliedOnce) {
    const std::string url = TestCluster::instance().make_database(false);
    for (const MigrationStatus& status : list_migrations(url)) EXPECT_FALSE(status.applied);
    EXPECT_EQ(migrate(url), static_cast<int>(embedded_migrations().size()));
    EXPECT_EQ(migrate(url), 0);
    for (const MigrationStatus& status : list_migrations(url)) EXPECT_TRUE(status.applied);
}

TEST(Migrations, RefuseANewerSchema) {
    const std::string url = TestCluster::instance().make_database(false);
    std::vector<Migration> newer = embedded_migrations();
    newer.push_back({static_cast<int>(newer.size()) + 1, "9999_future", "SELECT 1"});
    migrate(url, newer);
    EXPECT_THAT(refusal(url, embedded_migrations()), testing::HasSubstr("newer than this"));
    StoreOptions options;
    options.connection_string = [url] { return url; };
    EXPECT_THROW(Store(options).check_schema(), Refused);
}

TEST(Migrations, RefuseAChangedOne) {
    const std::string url = TestCluster::instance().make_database(false);
    std::vector<Migration> changed = embedded_migrations();
    changed.back().sql += "\n-- changed";
    migrate(url, changed);
    EXPECT_THAT(refusal(url, embedded_migrations()), testing::HasSubstr("in another form"));
}

TEST(Migrations, LeaveNothingOfOneThatFails) {
    const std::string url = TestCluster::instance().make_database(false);
    std::vector<Migration> broken = embedded_migrations();
    broken.push_back({static_cast<int>(broken.size()) + 1, "9999_broken",
                      "CREATE TABLE half (n int); SELECT 1 / 0;"});
    EXPECT_ANY_THROW(migrate(url, broken));
    EXPECT_EQ(migrate(url), 0);  // those before it stayed, nothing newer is recorded
    pqxx::connection connection(url);
    pqxx::work work(connection);
    EXPECT_TRUE(work.exec1("SELECT to_regclass('tollgate.half')")[0].is_null());
}

TEST(Migrations, AnOldSchemaIsNamedByTheStore) {
    const std::string url = TestCluster::instance().make_database(false);
    StoreOptions options;
    options.connection_string = [url] { return url; };
    Store store(options);
    try {
        store.check_schema();
        FAIL();
    } catch (const Refused& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("tollgate migrate"));
    }
}

class ServiceRole : public PostgresTest {};

TEST_F(ServiceRole, MayAddFactsAndChargesAndNeverChangeThem) {
    store_.check_schema();
    ask("SELECT make_fact_partition('2026-10-05T00:00:00Z')");
    EXPECT_EQ(try_as_service("INSERT INTO facts (gateway, sequence, upstream, kind, occurred_at, "
                             "recorded_at, body, chain) VALUES ('g', 1, '', 'x', "
                             "'2026-10-05T00:00Z', '2026-10-05T00:00Z', '{}', "
                             "sha256('one'))"),
              "");
    for (const char* sql :
         {"UPDATE facts SET body = ''", "DELETE FROM facts", "TRUNCATE facts",
          "DELETE FROM facts_2026_10", "UPDATE charges SET amount = 0", "DELETE FROM charges",
          "TRUNCATE charges", "UPDATE plans SET document = ''", "DELETE FROM accounts",
          "UPDATE accounts SET currency = 'EUR'", "DELETE FROM gateways", "DROP TABLE facts",
          "UPDATE schema_migrations SET version = 0", "CREATE TABLE mine (n int)",
          "UPDATE keys SET account_id = ''"}) {
        const std::string error = try_as_service(sql);
        EXPECT_TRUE(error.find("permission denied") != std::string::npos ||
                    error.find("must be owner") != std::string::npos)
            << sql << ": " << error;
    }
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "1");
}

// While a month is filled, an index by account would cost each of its facts.
TEST_F(ServiceRole, IndexesByAccountTheMonthsThatAreOver) {
    store_.check_schema();
    for (const char* month : {"2026-08", "2026-09", "2026-10", "2026-11"})
        ask(std::string("SELECT make_fact_partition('") + month + "-05T00:00:00Z')");
    const auto indexed = [&] {
        return ask(
            "SELECT coalesce(string_agg(tablename, ' ' ORDER BY 1), '') FROM pg_indexes WHERE "
            "schemaname = 'tollgate' AND indexname LIKE 'facts_%_by_account'");
    };
    const auto at = [](const char* text) { return calendar::parse_instant(text).value(); };
    store_.index_finished_months(at("2026-10-01T12:00:00Z"));
    EXPECT_EQ(indexed(), "facts_2026_08");  // facts of September may still be on their way
    store_.index_finished_months(at("2026-10-05T00:00:00Z"));
    EXPECT_EQ(indexed(), "facts_2026_08 facts_2026_09");
    store_.index_finished_months(at("2026-10-05T00:00:00Z"));
    EXPECT_EQ(indexed(), "facts_2026_08 facts_2026_09");
}

TEST_F(ServiceRole, IsWhatTheStoreRunsAs) {
    store_.check_schema();
    EXPECT_EQ(ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                  "application_name = 'tollgate'"),
              "1");
}

}  // namespace
}  // namespace ledger

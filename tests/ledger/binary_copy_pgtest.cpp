#include "ledger/binary_copy.h"

#include "support/fact_builders.h"
#include "support/postgres_fixture.h"

namespace ledger {
namespace {

using namespace support;

const std::string october =
    "facts_2026_10 (gateway, sequence, upstream, kind, occurred_at, "
    "recorded_at, body, chain)";

class BinaryCopyTest : public PostgresTest {
  protected:
    BinaryCopyTest() { store_.prepare_partitions(instant_); }

    void add(BinaryCopy& copy, std::string_view body, calendar::Instant recorded_at) {
        copy.begin_row(8);
        copy.add_text("gw");
        copy.add_number(-7);
        copy.add_text("");
        copy.add_text("kind");
        copy.add_instant(instant_);
        copy.add_instant(recorded_at);
        copy.add_text(body);
        copy.add_bytes(std::string(32, '\0'));
    }
    bool still_serves() {
        return transact(store_, [](Work& work) { return work.exec1("SELECT 1")[0].as<int>(); }) ==
               1;
    }
    const calendar::Instant instant_ = at("2026-10-05T10:00:00.000001Z");
};

TEST_F(BinaryCopyTest, WritesEachTypeAsTheColumnReadsIt) {
    const std::string long_text(200'000, 'x');
    transact(store_, [&](Work& work) {
        BinaryCopy copy(work, october);
        add(copy, "Gr\u00fc\u00dfe\t\n\\", instant_);
        for (int i = 0; i < 3; ++i) add(copy, long_text, instant_);
        copy.finish();
    });
    EXPECT_EQ(ask("SELECT count(*) FROM facts WHERE length(body) = 200000"), "3");
    EXPECT_EQ(ask("SELECT body FROM facts WHERE length(body) < 20"), "Gr\u00fc\u00dfe\t\n\\");
    EXPECT_EQ(ask("SELECT DISTINCT sequence || ' ' || (occurred_at = "
                  "'2026-10-05T10:00:00.000001Z') || ' ' || (account_id IS NULL) || ' ' || "
                  "(upstream = '') || ' ' || encode(chain, 'hex') FROM facts"),
              "-7 true true true " + std::string(64, '0'));
}

TEST_F(BinaryCopyTest, ARowThatTheTableRefusesIsAnErrorOfTheStatement) {
    const auto copy_into_another_month = [&] {
        transact(store_, [&](Work& work) {
            BinaryCopy copy(work, october);
            add(copy, "{}", instant_ + calendar::Duration::seconds(40 * 86'400));
            copy.finish();
        });
    };
    try {
        copy_into_another_month();
        FAIL();
    } catch (const pqxx::sql_error& error) {
        EXPECT_EQ(error.sqlstate(), "23514");
        EXPECT_THAT(error.query(), testing::HasSubstr("COPY facts_2026_10"));
    }
    EXPECT_TRUE(store_.connected());
    EXPECT_TRUE(still_serves());
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "0");
}

TEST_F(BinaryCopyTest, WhatIsGivenUpIsNotThere) {
    EXPECT_THROW(transact(store_,
                          [&](Work& work) {
                              BinaryCopy copy(work, october);
                              add(copy, "{}", instant_);
                              throw std::logic_error("elsewhere");
                          }),
                 std::logic_error);
    EXPECT_TRUE(still_serves());
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "0");
}

TEST_F(BinaryCopyTest, AConnectionThatDiesMeanwhileIsUnavailable) {
    EXPECT_THROW(transact(store_,
                          [&](Work& work) {
                              const auto backend =
                                  work.exec1("SELECT pg_backend_pid()::text")[0].as<std::string>();
                              BinaryCopy copy(work, october);
                              std::string sql = "SELECT pg_terminate_backend(";
                              sql += backend;
                              sql += ", 5000)";
                              ask(sql);
                              for (int i = 0; i < 100; ++i)
                                  add(copy, std::string(10'000, 'x'), instant_);
                              copy.finish();
                          }),
                 Unavailable);
    EXPECT_FALSE(store_.connected());
    EXPECT_TRUE(still_serves());
}

}  // namespace
}  // namespace ledger

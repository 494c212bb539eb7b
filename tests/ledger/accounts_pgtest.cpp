#include "ledger/accounts.h"

#include <sys/stat.h>

#include <fstream>

#include "ledger/key_snapshot.h"
#include "support/fact_builders.h"
#include "support/postgres_fixture.h"

namespace ledger {
namespace {

using support::PostgresTest;

class Accounts : public PostgresTest {};

template <class Act>
std::string refusal(Act act) {
    try {
        act();
    } catch (const Refused& error) {
        return error.what();
    }
    return "";
}

TEST_F(Accounts, AreMadeListedShownAndArchived) {
    const Account made = create_account(store_, {.name = "Ada", .timezone = "Europe/London"});
    EXPECT_EQ(get_account(store_, "Ada").id, made.id);
    EXPECT_EQ(get_account(store_, made.id.text()).timezone, "Europe/London");
    EXPECT_EQ(list_accounts(store_, false).size(), 1u);
    const CreatedKey key = create_key(store_, "Ada", "laptop");
    EXPECT_TRUE(archive_account(store_, "Ada").archived_at);
    EXPECT_TRUE(list_accounts(store_, false).empty());
    EXPECT_EQ(list_accounts(store_, true).size(), 1u);
    EXPECT_TRUE(list_keys(store_, "Ada").at(0).revoked_at);
}

TEST_F(Accounts, AreRefusedWithASentence) {
    create_account(store_, {.name = "Ada"});
    EXPECT_THAT(refusal([&] { create_account(store_, {.name = "Ada"}); }),
                testing::HasSubstr("already"));
    EXPECT_THAT(refusal([&] { create_account(store_, {.name = "B", .timezone = "Mars/Base"}); }),
                testing::HasSubstr("Mars/Base"));
    for (const char* code : {"usd", "US", "XAU", "DEM", ""}) {
        EXPECT_THAT(refusal([&] { create_account(store_, {.name = "B", .currency = code}); }),
                    testing::HasSubstr("ISO 4217"))
            << code;
    }
    for (const char* code : {"JPY", "EUR", "KWD"}) {
        EXPECT_EQ(create_account(store_, {.name = code, .currency = code}).currency, code);
    }
    EXPECT_THAT(refusal([&] { create_account(store_, {.name = ""}); }),
                testing::HasSubstr("1 to 200"));
    EXPECT_THAT(refusal([&] { create_account(store_, {.name = "a\xff"}); }),
                testing::HasSubstr("UTF-8"));
    EXPECT_THAT(refusal([&] { get_account(store_, "'; DROP TABLE accounts"); }),
                testing::HasSubstr("no account"));
}

TEST_F(Accounts, KeysAreKeptAsFingerprintsOnly) {
    create_account(store_, {.name = "Ada"});
    const CreatedKey created = create_key(store_, "Ada", "");
    EXPECT_EQ(created.key.size(), 43u);
    EXPECT_TRUE(created.key.starts_with("tg_"));
    EXPECT_EQ(created.fingerprint, fingerprint_of(created.key));
    EXPECT_EQ(ask("SELECT count(*) FROM keys k WHERE k::text LIKE '%" + created.key + "%'"), "0");
    const std::string prefix = created.fingerprint.text().substr(0, 6);
    EXPECT_TRUE(revoke_key(store_, prefix).revoked_at);
    EXPECT_THAT(refusal([&] { revoke_key(store_, "%"); }), testing::HasSubstr("4 digits"));
    EXPECT_THAT(refusal([&] { revoke_key(store_, "ffffffffff"); }), testing::HasSubstr("no key"));
}

TEST_F(Accounts, ASnapshotFollowsTheLedgerAndOutlivesARestartWithoutIt) {
    const support::TemporaryDirectory home;
    const std::string file = home / "keys.json";
    create_account(store_, {.name = "Ada"});
    const CreatedKey ada = create_key(store_, "Ada", "");
    const CreatedKey gone = create_key(store_, "Ada", "");
    revoke_key(store_, gone.fingerprint.text());
    {
        KeySnapshot snapshot(options(), file);
        EXPECT_EQ(snapshot.find(ada.fingerprint), KeySnapshot::Answer::not_loaded);
        snapshot.refresh();
        EXPECT_EQ(snapshot.find(ada.fingerprint), KeySnapshot::Answer::known);
    }
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    StoreOptions away;
    away.connection_string = [] { return std::string("host=/nonexistent"); };
    KeySnapshot snapshot(away, file);
    EXPECT_THROW(snapshot.refresh(), Unavailable);
    EXPECT_EQ(snapshot.find(ada.fingerprint), KeySnapshot::Answer::known);
    EXPECT_EQ(snapshot.find(gone.fingerprint), KeySnapshot::Answer::unknown);
    EXPECT_EQ(snapshot.find(support::key("ee")), KeySnapshot::Answer::unknown);
    EXPECT_EQ(snapshot.find_account(gone.fingerprint), get_account(store_, "Ada").id);
}

TEST_F(Accounts, ADamagedSnapshotFileCountsAsNone) {
    const support::TemporaryDirectory home;
    std::ofstream(home / "keys.json") << "{\"keys\": 3";
    KeySnapshot snapshot(options(), home / "keys.json");
    EXPECT_EQ(snapshot.find(support::key()), KeySnapshot::Answer::not_loaded);
    snapshot.refresh();
    EXPECT_EQ(snapshot.find(support::key()), KeySnapshot::Answer::unknown);
}

TEST_F(Accounts, ASnapshotIsUpToDateWithinASecondOrSo) {
    const support::TemporaryDirectory home;
    create_account(store_, {.name = "Ada"});
    KeySnapshot snapshot(options(), home / "keys.json");
    snapshot.start();
    EXPECT_EQ(snapshot.find(support::key()), KeySnapshot::Answer::unknown) << "loaded by now";
    const CreatedKey key = create_key(store_, "Ada", "");
    for (int i = 0; i < 200 && snapshot.find(key.fingerprint) != KeySnapshot::Answer::known; ++i) {
        ::usleep(25'000);
    }
    EXPECT_EQ(snapshot.find(key.fingerprint), KeySnapshot::Answer::known);
    snapshot.stop();
}

}  // namespace
}  // namespace ledger

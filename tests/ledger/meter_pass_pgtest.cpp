// Many instances in one pass of the meter: the books are those of one instance after the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ledger/meter_pass.h"
#include "ledger/verification.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::Fact;
using lifecycle::KeyFingerprint;
using namespace support;

class MeterPassTest : public MeteredBooks {
  protected:
    /// Facts without folding them.
    void ship_only(const std::vector<Fact>& facts) { ShippedBooks::ship(facts); }

    static KeyFingerprint key_of(int number, char group) {
        return key(std::string(1, group) + std::to_string(10 + number));
    }

    /// No two instances are created at one instant: they would be one.
    Instant start_of(int number) const { return start_ + Duration{10'000'001 * number}; }

    /// Three lives, each with an end of another kind or none.
    static std::vector<Fact> lives(Instant start, const KeyFingerprint& by, unsigned seed) {
        std::mt19937 random(seed);
        std::vector<Fact> facts;
        Instant load = start;
        for (int life = 0; life < 3; ++life) {
            const auto some = [&](int most) { return Duration::seconds(random() % most); };
            const Instant running = load + Duration::seconds(5) + some(90);
            facts.push_back(loaded(
                load, by, random() % 5 == 0 ? std::nullopt : std::optional<std::string>("0.25")));
            facts.push_back(seen_running(running + some(20), load, running, by));
            if (random() % 2 == 0) {
                facts.push_back(run_arrived(running + Duration::seconds(30), by));
                facts.push_back(run_ended(running + Duration::seconds(31), by));
            }
            const Instant end = running + Duration::seconds(60) + some(1'500);
            if (random() % 3 != 0) facts.push_back(deleted(end, by));
            load = end + Duration::seconds(4'000) + some(4'000);
        }
        return facts;
    }

    /// Sessions and charges of the keys of a group, instants less `shift`, accounts by number.
    std::string books_of(char group, const std::string& shift) {
        const std::string number = "substr(a.name, 6, 2)";
        const std::string of_group =
            " FROM accounts a JOIN sessions s ON s.account_id = a.id LEFT JOIN charges c ON "
            "c.account_id = s.account_id AND c.session_id = s.id WHERE a.name LIKE 'key-" +
            std::string(1, group) + "%'";
        return ask(
            "SELECT string_agg(concat_ws(' ', " + number + ", s.loaded_at - interval '" + shift +
            "', s.running_at - interval '" + shift + "', s.ended_at - interval '" + shift +
            "', s.expires_at - interval '" + shift +
            "', s.end_reason, s.gb, s.runs, "
            "s.running_evidence, s.end_evidence, s.estimated, s.plan, c.period, c.revision, "
            "c.status, c.seconds, c.gb_seconds, c.amount, c.reason IS NULL), E'\\n' ORDER BY " +
            number + ", s.loaded_at, c.period, c.revision)" + of_group);
    }

    static constexpr int accounts = 25;
};

TEST_F(MeterPassTest, ManyAtOnceGiveTheBooksOfOneAfterTheOther) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    const Duration ten_days = Duration::seconds(10 * 86'400);
    std::vector<Fact> first;
    std::vector<Fact> second;
    for (int i = 0; i < accounts; ++i) {
        const Instant start = start_of(i);
        const auto together = lives(start, key_of(i, 'a'), seed + static_cast<unsigned>(i));
        const auto half = together.begin() + static_cast<long>(together.size()) / 2;
        first.insert(first.end(), together.begin(), half);
        second.insert(second.end(), half, together.end());
        const auto alone = lives(start + ten_days, key_of(i, 'b'), seed + static_cast<unsigned>(i));
        const auto middle = alone.begin() + static_cast<long>(alone.size()) / 2;
        ship({alone.begin(), middle});
        ship({middle, alone.end()});
    }
    ship_only(first);
    meter();
    ship_only(second);
    meter();
    const std::string together = books_of('a', "0 days");
    EXPECT_EQ(together, books_of('b', "10 days"));
    EXPECT_EQ(ask("SELECT count(*) > 20 FROM charges WHERE amount > 0"), "t");
    const Verification verified = verify_books(store_, {});
    if (const auto& found = verified.difference)
        ADD_FAILURE() << found->subject << ": " << found->what << ": " << found->expected
                      << ", not " << found->found;
    EXPECT_GT(verified.charged_sessions, 100u);
}

// A pass without time has a turn for one of them.
TEST_F(MeterPassTest, InstancesOfVeryManyFactsWaitForAPassOfTheirOwn) {
    std::vector<Fact> facts;
    for (int i = 0; i < 4; ++i) {
        facts.push_back(loaded(start_of(i), key_of(i, 'a')));
        facts.push_back(seen_running(start_of(i) + Duration::seconds(9), start_of(i), start_of(i),
                                     key_of(i, 'a')));
        for (int minute = 1; i > 0 && minute <= 20; ++minute)
            facts.push_back(
                run_ended(start_of(i) + Duration::seconds(60 * minute), key_of(i, 'a')));
    }
    ship_only(facts);
    const auto pass = [&] {
        return transact(store_, [](Work& work) {
            return meter_pending(work, PendingChoice::all, {},
                                 {.facts_of_one_among_many = 10, .time = {}});
        });
    };
    EXPECT_EQ(pass().instances, 2);  // the one of few facts, one of many
    EXPECT_EQ(ask("SELECT count(*) FROM sessions"), "2");
    EXPECT_EQ(ask("SELECT count(*) FROM pending_instances"), "2");
    EXPECT_EQ(pass().instances, 1);
    EXPECT_EQ(pass().instances, 1);
    EXPECT_EQ(pass().instances, 0);
    EXPECT_EQ(ask("SELECT string_agg(runs::text, ' ' ORDER BY loaded_at) FROM sessions"),
              "0 20 20 20");
    EXPECT_FALSE(verify_books(store_, {}).difference);
}

// Compiling one of ours takes the server longer than running it.
TEST_F(MeterPassTest, NoStatementIsCompiled) {
    EXPECT_EQ(
        transact(store_, [](Work& work) { return work.exec1("SHOW jit")[0].as<std::string>(); }),
        "off");
}

// Created in a year that no column takes.
TEST_F(MeterPassTest, EachFaultyInstanceIsParkedAloneAmongMany) {
    const Instant never = calendar::latest_instant + Duration::seconds(1'000'000);
    std::vector<Fact> facts;
    for (int i = 0; i < accounts; ++i) {
        const Instant start = start_of(i);
        if (i % 11 == 3) {
            facts.push_back(seen_running(start, never, never, key_of(i, 'a')));
        } else {
            for (const Fact& fact : lives(start, key_of(i, 'a'), 1)) facts.push_back(fact);
        }
    }
    ship_only(facts);
    while (meter_.meter_pending(true) > 0) {
    }
    EXPECT_EQ(ask("SELECT string_agg(substr(a.name, 6, 2), ' ' ORDER BY a.name) "
                  "FROM parked_instances p JOIN accounts a ON a.id = p.account_id"),
              "13 24");
    EXPECT_EQ(ask("SELECT count(DISTINCT account_id) FROM sessions"), "23");
    EXPECT_EQ(ask("SELECT count(*) FROM pending_instances"), "0");
}

// Both are new to the books in the same pass: neither finds the other's session there.
TEST_F(MeterPassTest, OfTwoWhoSeeOneInstanceTheFirstLoaderPaysAmongMany) {
    std::vector<Fact> facts;
    for (int i = 0; i < accounts; ++i) {
        for (const Fact& fact : lives(start_of(i), key_of(i, 'a'), 2)) facts.push_back(fact);
    }
    const Instant load = start_ + Duration::seconds(20'000'000);
    facts.push_back(loaded(load, key_of(0, 'c')));
    facts.push_back(loaded(load + Duration::seconds(1), key_of(1, 'c')));
    for (int i = 0; i < 2; ++i) {
        facts.push_back(seen_running(load + Duration::seconds(20 + i), load,
                                     load + Duration::seconds(10), key_of(i, 'c')));
    }
    ship_only(facts);
    meter();
    EXPECT_EQ(ask("SELECT string_agg(a.name, ' ') FROM sessions s JOIN accounts a "
                  "ON a.id = s.account_id WHERE a.name LIKE 'key-c%'"),
              "key-c1000000");
    EXPECT_EQ(ask("SELECT string_agg(a.name, ' ') FROM instance_sharers s JOIN accounts a "
                  "ON a.id = s.account_id"),
              "key-c1100000");
}

}  // namespace
}  // namespace ledger

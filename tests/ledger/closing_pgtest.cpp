// The real command closes many accounts' months while it is killed, and while another one does the
// same: no gap, no duplicate, no half invoice.
// TOLLGATE_KILLS=50 build/tests/ledger/ledger_tests --gtest_filter='Closing.*'
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <cstdlib>
#include <future>
#include <random>
#include <sstream>
#include <thread>

#include "cli/closing.h"
#include "ledger/verification.h"
#include "platform/clock.h"
#include "platform/command.h"
#include "support/metered_books.h"
#include "support/temporary_directory.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using testing::HasSubstr;

class Closing : public MeteredBooks {
  protected:
    static constexpr int accounts = 40;

    static std::vector<std::string> months() {
        std::vector<std::string> list;
        for (calendar::Month month{2025, 1}; month < calendar::Month{2026, 6}; month = month.next())
            list.push_back(to_text(month));
        return list;
    }

    /// One session a month for each account.
    Closing() {
        for (int i = 0; i < accounts; ++i) {
            const std::string name = std::to_string(100 + i);
            const auto by = lifecycle::KeyFingerprint(name + std::string(29, '0'));
            std::vector<lifecycle::Fact> facts;
            for (const std::string& month : months()) {
                const auto load = at(month + "-05T10:00:" + name.substr(1) + "Z");
                facts.push_back(loaded(load, by, "1"));
                facts.push_back(seen_running(load + Duration::seconds(1), load, load, by));
                facts.push_back(deleted(load + Duration::seconds(60 * (i + 1)), by));
            }
            ShippedBooks::ship(facts);
        }
        meter();
        ask("UPDATE tollgate.gateways SET retired_at = now()");
    }

    platform::CommandResult run(const std::string& month, Duration limit = Duration::seconds(60)) {
        platform::Command command;
        command.arguments = {TOLLGATE_BINARY,
                             "invoice",
                             "close",
                             "--month",
                             month,
                             "--jobs",
                             "2",
                             "--set",
                             "data_dir=" + home_.path(),
                             "--set",
                             "database.url=" + uri(),
                             "--set",
                             "issuer.name=Issuer"};
        command.timeout = limit;
        return platform::run_command(command);
    }

    /// The connection string's words as a URI's parameters.
    std::string uri() const {
        std::istringstream words(url_);
        std::string parameters;
        for (std::string word; words >> word;) {
            std::erase(word, '\'');
            parameters += (parameters.empty() ? "?" : "&") + word;
        }
        return "postgresql:///" + parameters;
    }

    void expect_whole(int months) {
        const std::string count = std::to_string(accounts * months);
        EXPECT_EQ(ask("SELECT count(*) FROM invoices"), count);
        EXPECT_EQ(ask("SELECT count(DISTINCT (account_id, month)) FROM invoices"), count);
        EXPECT_EQ(ask("SELECT min(counter) || ' ' || max(counter) FROM invoices"), "1 " + count);
        EXPECT_EQ(ask("SELECT last FROM invoice_counters"), count);
        EXPECT_EQ(ask("SELECT count(*) FROM invoice_charges"), count);
        EXPECT_EQ(ask("SELECT sum(total_exact) = (SELECT sum(amount) FROM charges WHERE period <= "
                      "(SELECT max(month) FROM invoices)) FROM invoices"),
                  "t");
        const auto verified = verify_books(store_, {});
        EXPECT_FALSE(verified.difference)
            << verified.difference->subject << " " << verified.difference->what;
    }

    TemporaryDirectory home_;
};

int kills() {
    const char* text = std::getenv("TOLLGATE_KILLS");
    return text ? std::atoi(text) : 6;
}

TEST_F(Closing, KilledAtAnyMomentLeavesWholeInvoicesAndGoesOn) {
    const auto seed = std::random_device()();
    std::mt19937 random(seed);
    int killed = 0;
    int amid = 0;  // of them, with some invoices of the month issued and some not
    int done = 0;
    const int wanted = kills();
    std::int64_t whole = 0;  // micros that the command takes when it is left alone
    for (const std::string& month : months()) {
        ++done;
        const int until = wanted * done / static_cast<int>(months().size());
        bool is_closed = false;
        while (killed < until && !is_closed) {
            // From its start to near its end.
            const auto share = 15 + static_cast<std::int64_t>(random() % 70);
            const auto limit = Duration{(whole == 0 ? 100'000 : whole) * share / 100};
            const auto result = run(month, limit);
            is_closed = !result.timed_out;
            if (result.timed_out) ++killed;
            const int issued = std::stoi(ask("SELECT count(*) FROM invoices"));
            if (result.timed_out && issued > accounts * (done - 1) && issued < accounts * done)
                ++amid;
            EXPECT_TRUE(result.timed_out || result.status == 0) << result.output;
        }
        const std::int64_t from = platform::monotonic_micros();
        const auto result = run(month);
        if (!is_closed && done == 1) whole = platform::monotonic_micros() - from;
        EXPECT_EQ(result.status, 0) << result.output << " seed " << seed;
        expect_whole(done);
    }
    std::cout << killed << " kills, " << amid << " amid invoices, seed " << seed << "\n";
}

TEST_F(Closing, TwoAtOnceMakeOneSetOfInvoices) {
    auto other = std::async(std::launch::async, [&] { return run("2025-01"); });
    const auto one = run("2025-01");
    const auto two = other.get();
    EXPECT_EQ(one.status, 0) << one.output;
    EXPECT_EQ(two.status, 0) << two.output;
    expect_whole(1);
    EXPECT_THAT(run("2025-01").output, HasSubstr("0 invoices issued, 0 accounts not closed, 40"));
}

TEST_F(Closing, GoesOnAfterALockThatOthersHeldForLong) {
    pqxx::connection other(url_);
    pqxx::work holding(other);
    holding.exec("SELECT FROM tollgate.charge_batches FOR SHARE");
    auto released = std::async(std::launch::async, [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
        holding.commit();
    });
    StoreOptions impatient = options();
    impatient.lock_timeout = Duration::milliseconds(50);
    int issued = 0;
    cli::close_each(list_accounts(store_, true),
                    {.store = impatient,
                     .month = {2025, 1},
                     .terms = terms_,
                     .now = at("2026-11-02T00:00:00Z"),
                     .jobs = 2},
                    [&](const Account&, const ledger::Closing& closing) {
                        EXPECT_TRUE(closing.obstacles.empty());
                        if (closing.issued) ++issued;
                    });
    released.get();
    EXPECT_EQ(issued, accounts);
    expect_whole(1);
}

TEST_F(Closing, WaitsForEachGatewayAndGoesOnWithoutOneThatIsRetired) {
    ask("INSERT INTO tollgate.gateways (id, shipped_through, heartbeat_at) VALUES ('gone', "
        "'2025-01-31T23:59:59Z', now() - interval '1 hour')");
    const auto refused = run("2025-01");
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.output,
                HasSubstr("gateway gone has shipped up to 2025-01-31T23:59:59Z, which is before "
                          "the end of 2025-01"));
    EXPECT_EQ(ask("SELECT count(*) FROM invoices"), "0");
    retire_gateway(store_, "gone");
    EXPECT_EQ(run("2025-01").status, 0);
    expect_whole(1);
    EXPECT_THROW(retire_gateway(store_, "never"), Refused);
    ask("INSERT INTO tollgate.gateways (id) VALUES ('alive')");
    EXPECT_THROW(retire_gateway(store_, "alive"), Refused);
}

TEST_F(Closing, AnAccountOfAnUnknownZoneStopsNoOther) {
    const auto load = at("2026-06-01T23:00:00Z");  // goes on
    const auto by = lifecycle::KeyFingerprint("100" + std::string(29, '0'));
    ship({loaded(load, by, "1"), seen_running(load + Duration::seconds(1), load, load, by)});
    ask("UPDATE accounts SET timezone = 'Mars/Olympus' WHERE id = (SELECT account_id FROM sessions "
        "WHERE end_reason IS NULL)");
    const auto result = run("2025-01");
    EXPECT_EQ(result.status, 1) << result.output;
    EXPECT_THAT(result.output, HasSubstr("is not closed: there is no time zone Mars/Olympus"));
    EXPECT_EQ(ask("SELECT count(*) FROM invoices"), std::to_string(accounts - 1));
}

}  // namespace
}  // namespace ledger

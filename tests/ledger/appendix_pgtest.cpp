// An issued invoice's appendix: it counts what the lines do, however the month was closed, and says
// the same whatever is found out later.
#include <gmock/gmock.h>

#include "invoicing/document.h"
#include "ledger/charging.h"
#include "ledger/manual_corrections.h"
#include "ledger/settlement.h"
#include "ledger/verification.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using invoicing::Invoice;

class Appendix : public MeteredBooks {
  protected:
    calendar::Instant after(std::int64_t seconds) const {
        return start_ + Duration::seconds(seconds);
    }
    std::vector<lifecycle::Fact> run(calendar::Instant when) const {
        return {run_arrived(when), run_ended(when + Duration::seconds(1))};
    }
    static std::string counts(const Invoice& invoice) {
        std::string text;
        for (const auto& line : invoice.lines) {
            text += line.period + ": " + std::to_string(line.instances) + " instances, " +
                    std::to_string(line.runs) + " runs; ";
        }
        return text;
    }
    static void expect_counted(const Invoice& invoice) {
        for (const auto& line : invoice.lines) {
            std::int64_t runs = 0;
            std::int64_t instances = 0;
            for (const auto& entry : invoice.sessions) {
                if (std::tie(entry.kind, entry.period, entry.model, entry.plan) !=
                    std::tie(line.kind, line.period, line.model, line.plan))
                    continue;
                runs += entry.runs;
                ++instances;
            }
            EXPECT_EQ(line.runs, runs) << *invoice.number << " " << line.period;
            EXPECT_EQ(line.instances, instances) << *invoice.number << " " << line.period;
        }
    }
    /// As the slow way makes them, from every charge.
    std::string counts_of_preview(calendar::Month month, const std::string& now) {
        charge_open_sessions(store_, {account().id}, at(now));
        return counts(preview_invoice(store_, account(), month, terms_, at(now)).invoice);
    }
    std::string document(const std::string& number) {
        return to_json(get_invoice(store_, number), invoicing::Layout::compact);
    }
    void expect_agreement() {
        const auto wrong = verify_books(store_, {}).difference;
        if (wrong)
            ADD_FAILURE() << wrong->subject << ": " << wrong->what << ": expected "
                          << wrong->expected << ", found " << wrong->found;
    }
};

TEST_F(Appendix, CountsEachRunOnceOfASessionOverAMonthsEnd) {
    const auto load = at("2026-10-31T23:50:00Z");
    ship({loaded(load, key(), "1"), seen_running(load + Duration::seconds(1), load, load)});
    ship(run(load + Duration::seconds(60)));
    const std::string before = counts_of_preview({2026, 10}, "2026-11-01T00:05:00Z");
    const Invoice october = close({2026, 10}, "2026-11-01T00:05:00Z").issued.value();
    EXPECT_EQ(counts(october), before);
    EXPECT_EQ(counts(october), "2026-10: 1 instances, 1 runs; ");
    ship(run(load + Duration::seconds(900)));
    ship(run(load + Duration::seconds(960)));
    ship({deleted(load + Duration::seconds(1'500))});
    const std::string after = counts_of_preview({2026, 11}, "2026-12-02T00:00:00Z");
    const Invoice november = issue_november();
    EXPECT_EQ(counts(november), after);
    // At its end October's row says that it stands: the first row since has the runs since.
    EXPECT_EQ(counts(november), "2026-11: 1 instances, 0 runs; 2026-10: 1 instances, 2 runs; ");
    expect_counted(october);
    expect_counted(november);
    expect_agreement();
}

TEST_F(Appendix, CountsALateRunWithTheNextRowOfItsSession) {
    ship(life(start_, 600));
    ship(run(after(100)));
    const std::string before = counts_of_preview({2026, 10}, "2026-11-02T00:00:00Z");
    const Invoice october = issue_october();
    EXPECT_EQ(counts(october), before);
    expect_counted(october);
    ship({deleted(after(300))});
    const Invoice november = issue_november();
    EXPECT_EQ(counts(november), "2026-10: 1 instances, 1 runs; ");
    expect_counted(november);
    expect_agreement();
}

TEST_F(Appendix, StaysWhateverIsFoundOutLater) {
    ship(life(start_, 600));
    ship(life(after(5'000), 60));
    issue_october();
    void_invoice(store_, {.number = "TG-2026-000001", .reason = "why", .author = "Ada"}, terms_,
                 at("2026-11-02T00:00:00Z"));
    issue_october();
    ship({deleted(after(300))});
    issue_november();
    const auto all = [&] {
        std::string text;
        for (int i = 1; i <= 4; ++i) text += document("TG-2026-00000" + std::to_string(i)) + "\n";
        return text;
    };
    const std::string before = all();
    ship({deleted(after(200)), deleted(after(5'010))});
    ship(run(after(100)));
    EXPECT_EQ(all(), before);
    void_invoice(store_, {.number = "TG-2026-000003", .reason = "why", .author = "Ada"}, terms_,
                 at("2026-12-03T00:00:00Z"));
    close({2026, 12}, "2027-01-02T00:00:00Z");
    EXPECT_EQ(all(), before);
    expect_agreement();
}

// The charges do not tell of their sessions; a fold of tomorrow would tell otherwise of them.
TEST_F(Appendix, StaysOfChargesFromBeforeTheyToldOfTheirSessions) {
    ship(life(start_, 600));
    ask("UPDATE charges SET key = NULL, gb = NULL, concurrency = NULL, starts_at = NULL, ends_at = "
        "NULL");
    const Invoice october = issue_october();
    ASSERT_EQ(october.sessions.size(), 1u);
    EXPECT_EQ(october.sessions[0].start, start_);
    expect_counted(october);
    const std::string before = document("TG-2026-000001");
    ship({deleted(after(300))});
    EXPECT_EQ(document("TG-2026-000001"), before);
    issue_november();
    EXPECT_EQ(document("TG-2026-000001"), before);
    expect_agreement();
}

}  // namespace
}  // namespace ledger

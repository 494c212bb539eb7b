// The auditor by hand-made truths: what it must find, and what it must let pass.
#include "simulation/auditor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simulation {
namespace {

constexpr Micros noon = 20'000 * day + 12 * hour;

/// One account, one model of 0.5 GB; one instance that ran from noon for 90 s and was deleted.
class AuditorTest : public testing::Test {
  protected:
    AuditorTest() {
        rules_.tariff = {"0.0000166667", 60, 60, 120, true};
        rules_.gb = {{"m", "0.5"}};
        rules_.accounts = {{"k", "acme"}};
        rules_.upstream_accounts = {{"k", "u"}};
        Life life;
        life.upstream_account = "u";
        life.model = "m";
        life.ticket = "g-1-1";
        life.created = noon - minute;
        life.running = noon;
        life.expires = noon + 30 * minute;
        life.ended = noon + 90 * second;
        life.end = EndOfLife::deleted;
        truth_.lives.push_back(life);
        see(Evidence::Kind::load_accepted, noon - minute);
        see(Evidence::Kind::running, noon + second).unused = true;
        truth_.evidence.back().expires = noon + 30 * minute;
        see(Evidence::Kind::delete_answered, noon + 90 * second);
        truth_.calls = {{Call::Kind::load, "g", 1, 1, "k", "m", true},
                        {Call::Kind::run, "g", 1, 2, "k", "m", true},
                        {Call::Kind::remove, "g", 1, 3, "k", "m", true}};
        books_.entries = {{"g", 2, BookEntry::Kind::load, 1, 1, "k", "m", 0},
                          {"g", 3, BookEntry::Kind::runs, 0, 0, "k", "m", 1},
                          {"g", 4, BookEntry::Kind::remove, 1, 3, "k", "m", 0}};
        // 0.5 × 120 × 0.0000166667
        bill("0.001000002");
    }

    Evidence& see(Evidence::Kind kind, Micros at) {
        Evidence seen;
        seen.kind = kind;
        seen.account = "acme";
        seen.key = "k";
        seen.asked = seen.handled = seen.answered = at;
        seen.date = at / second * second;
        seen.certain = true;
        return truth_.evidence.emplace_back(seen);
    }
    void bill(const std::string& amount) {
        books_.sessions = {{"g-1-1",
                            "acme",
                            "m",
                            noon - minute,
                            noon - minute,
                            false,
                            "0.5",
                            1,
                            amount,
                            {amount},
                            ""}};
    }
    std::vector<Finding::Kind> findings() const {
        std::vector<Finding::Kind> kinds;
        for (const Finding& finding : audit(truth_, books_, rules_).findings)
            kinds.push_back(finding.kind);
        return kinds;
    }

    Truth truth_;
    Books books_;
    AuditRules rules_;
};

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Finding::Kind;

TEST_F(AuditorTest, LetsTheRightAmountPassAndCountsItExact) {
    EXPECT_THAT(findings(), IsEmpty());
    EXPECT_EQ(audit(truth_, books_, rules_).exact, 1u);
}

TEST_F(AuditorTest, FindsAnAmountThatIsOffByTheLastDigit) {
    for (const char* amount : {"0.0010000019999999999999999", "0.0010000020000000000000001",
                               "0.00100000", "0.001500003", "0"}) {
        bill(amount);
        EXPECT_THAT(findings(), ElementsAre(Kind::wrong_amount)) << amount;
    }
}

TEST_F(AuditorTest, FindsSlicesThatDoNotAddUp) {
    books_.sessions[0].slices = {"0.0005", "0.0005"};
    EXPECT_THAT(findings(), ElementsAre(Kind::wrong_amount));
}

TEST_F(AuditorTest, FindsWhatIsLost) {
    books_.entries.erase(books_.entries.begin());
    EXPECT_THAT(findings(), ElementsAre(Kind::lost));
    books_.entries.erase(books_.entries.begin());
    EXPECT_THAT(findings(), ElementsAre(Kind::lost, Kind::lost));
    books_.sessions.clear();
    EXPECT_THAT(findings(), ElementsAre(Kind::lost, Kind::lost, Kind::lost));
}

TEST_F(AuditorTest, ACallWhoseAnswerNeverLeftMayBeThereOrNot) {
    truth_.calls[0].acknowledged = truth_.calls[1].acknowledged = false;
    EXPECT_THAT(findings(), IsEmpty());
    books_.entries.erase(books_.entries.begin(), books_.entries.begin() + 2);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AuditorTest, FindsWhatIsThereTwice) {
    books_.entries.push_back(books_.entries[0]);
    EXPECT_THAT(findings(), ElementsAre(Kind::doubled, Kind::doubled));  // the record and the call
    books_.entries.pop_back();
    books_.entries[1].arrived = 2;
    EXPECT_THAT(findings(), ElementsAre(Kind::doubled));
    books_.entries[1].arrived = 1;
    books_.sessions.push_back(books_.sessions[0]);
    books_.sessions.back().session = "found";
    EXPECT_THAT(findings(), ElementsAre(Kind::doubled));
}

TEST_F(AuditorTest, FindsWhatIsBilledForNoInstanceOrToAnother) {
    books_.sessions[0].created = noon;
    EXPECT_THAT(findings(), ElementsAre(Kind::wrong_amount, Kind::lost));
    books_.sessions[0].created = noon - minute;
    rules_.accounts["k2"] = "other";
    rules_.upstream_accounts["k2"] = "u";
    books_.sessions[0].account = "other";
    EXPECT_THAT(findings(), testing::Contains(Kind::wrong_amount));
}

TEST_F(AuditorTest, FindsWhatIsNotSettled) {
    books_.unshipped = {"g shipped 3 of 4"};
    books_.sessions[0].open = true;
    EXPECT_THAT(findings(), ElementsAre(Kind::unsettled, Kind::unsettled));
}

TEST_F(AuditorTest, CapsAtTheGraceAfterExpiry) {
    truth_.lives[0].end = EndOfLife::expired;
    truth_.lives[0].ended = noon + 40 * minute;
    truth_.evidence.pop_back();
    see(Evidence::Kind::ended_report, noon + 41 * minute).expires = noon + 30 * minute;
    bill("0.016000032");  // 32 minutes
    EXPECT_THAT(findings(), IsEmpty());
    bill("0.02000004");  // 40
    EXPECT_THAT(findings(), ElementsAre(Kind::wrong_amount));
}

TEST_F(AuditorTest, BoundsAnEndThatNobodySaw) {
    truth_.lives[0].ended = noon + 5 * minute;
    truth_.evidence.pop_back();
    see(Evidence::Kind::running, noon + 4 * minute).expires = noon + 30 * minute;
    see(Evidence::Kind::denial, noon + 10 * minute);
    const std::map<std::string, bool> passes = {{"0.001500003", false},   // 3 minutes
                                                {"0.002000004", true},    // 4: the last proof
                                                {"0.003000006", true},    // 6: and the grace
                                                {"0.005000010", true},    // 10: denied
                                                {"0.005500011", false}};  // 11
    for (const auto& [amount, is_right] : passes) {
        bill(amount);
        EXPECT_EQ(findings().empty(), is_right) << amount;
    }
}

TEST_F(AuditorTest, OwesNothingForWhatNeverRan) {
    truth_.lives[0].running.reset();
    EXPECT_THAT(findings(), ElementsAre(Kind::wrong_amount));
    bill("0");
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace simulation

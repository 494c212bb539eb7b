#include "watcher/schedule.h"

#include <gtest/gtest.h>

namespace watcher {
namespace {

using calendar::Duration;
using calendar::Instant;

Instant at(double seconds) {
    return {static_cast<std::int64_t>(seconds * 1'000'000)};
}

double seconds(Duration duration) {
    return static_cast<double>(duration.micros) / 1e6;
}

Look look(Look::Kind kind, double when) {
    return {kind, at(when), {}, {}, {}, {}};
}

Known loaded_at(double when) {
    Known known;
    known.since = known.last_answer = at(when);
    return known;
}

Known running(double expires) {
    Known known = loaded_at(0);
    Look seen = look(Look::Kind::running, 10);
    seen.created = at(0);
    seen.expires_at = at(expires);
    EXPECT_EQ(heed(known, seen), Verdict::keep);
    return known;
}

double wait(const Known& known, double now) {
    return seconds(next_question(known, at(now), Pace{}) - at(now));
}

TEST(Schedule, AsksWhileBootingEveryFewSecondsALittleSlowerEachTime) {
    Known known = loaded_at(0);
    EXPECT_EQ(wait(known, 0), 2);
    double now = 0;
    double last = 0;
    int questions = 0;
    for (; now < 720; ++questions) {
        const double next = wait(known, now);
        EXPECT_GE(next, last);
        EXPECT_LE(next, 10);
        last = next;
        now += next;
        EXPECT_EQ(heed(known, look(Look::Kind::booting, now)), Verdict::keep);
    }
    EXPECT_EQ(last, 10);
    EXPECT_LT(questions, 90) << "twelve minutes of boot";
}

TEST(Schedule, KeepsASlowHeartbeatWhileRunning) {
    EXPECT_EQ(wait(running(1810), 10), 60);
}

TEST(Schedule, AsksAtTheExpiryThenEveryFewSecondsUntilTheGraceIsOver) {
    const Known known = running(100);
    EXPECT_EQ(wait(known, 70), 30);
    EXPECT_EQ(wait(known, 100), 2);
    EXPECT_EQ(wait(known, 219), 2);
    EXPECT_EQ(wait(known, 220), 60);
}

TEST(Schedule, KnowsNoExpiryWhileARunIsInFlight) {
    Known known = running(100);
    EXPECT_EQ(heed(known, look(Look::Kind::running, 90)), Verdict::keep);
    EXPECT_EQ(wait(known, 99), 60);
}

TEST(Schedule, ScalesWithItsInterval) {
    const Pace pace{Duration::milliseconds(20)};
    EXPECT_EQ(next_question(loaded_at(0), at(0), pace), at(0.02));
    EXPECT_EQ(next_question(running(1810), at(10), pace), at(10.6));
}

TEST(Schedule, BelievesTheThirdDenialInARow) {
    Known known = running(1810);
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 100)), Verdict::keep);
    EXPECT_EQ(wait(known, 100), 4) << "to be confirmed soon";
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 104)), Verdict::keep);
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 112)), Verdict::over);
}

TEST(Schedule, ForgetsDenialsWhenTheInstanceAnswersAgain) {
    Known known = running(1810);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(heed(known, look(Look::Kind::absent, 100 + i)), Verdict::keep);
        EXPECT_EQ(heed(known, look(Look::Kind::absent, 100 + i)), Verdict::keep);
        EXPECT_EQ(heed(known, look(Look::Kind::running, 100 + i)), Verdict::keep);
    }
}

TEST(Schedule, NeverTakesSilenceForADenial) {
    Known known = running(1810);
    double last = 0;
    double now = 100;
    for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(heed(known, look(Look::Kind::unanswered, now)), Verdict::keep);
        const double next = wait(known, now);
        EXPECT_GE(next, last) << "ever more rarely";
        EXPECT_LE(next, 300);
        last = next;
        now += next;
    }
    EXPECT_EQ(last, 300);
}

TEST(Schedule, ReturnsToItsPaceWhenAnAnswerComes) {
    Known known = loaded_at(0);
    for (int i = 0; i < 10; ++i)
        ASSERT_EQ(heed(known, look(Look::Kind::unanswered, i)), Verdict::keep);
    EXPECT_EQ(wait(known, 10), 300);
    ASSERT_EQ(heed(known, look(Look::Kind::booting, 310)), Verdict::keep);
    EXPECT_LE(wait(known, 310), 3);
}

TEST(Schedule, SilenceBetweenDenialsDoesNotMakeThemMore) {
    Known known = running(1810);
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 100)), Verdict::keep);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(heed(known, look(Look::Kind::unanswered, 101 + i)), Verdict::keep);
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 120)), Verdict::keep);
}

TEST(Schedule, StopsAfterAWeekOfSilence) {
    Known known = running(1810);
    EXPECT_EQ(heed(known, look(Look::Kind::unanswered, 7 * 86400)), Verdict::keep);
    EXPECT_EQ(heed(known, look(Look::Kind::unanswered, 7 * 86400 + 11)), Verdict::over);
}

TEST(Schedule, EndsWithTheUpstreamsWord) {
    Known known = running(1810);
    Look stopped = look(Look::Kind::terminal, 500);
    stopped.created = at(0);
    stopped.modified = at(499);
    EXPECT_EQ(heed(known, stopped), Verdict::over);
}

TEST(Schedule, PassesOverAFailedFromBeforeTheLoad) {
    Known known = loaded_at(100);
    Look failed = look(Look::Kind::terminal, 103);
    failed.created = at(1);
    failed.modified = at(90);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(heed(known, failed), Verdict::keep);
    failed.modified = at(102);
    EXPECT_EQ(heed(known, failed), Verdict::over) << "a failed boot of this load";
}

TEST(Schedule, PassesOverAnEndThatCameWhileTheLoadWasOnItsWay) {
    Known known = loaded_at(100);
    Look failed = look(Look::Kind::terminal, 103);
    failed.created = failed.born = at(1);
    failed.modified = at(100.5);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(heed(known, failed), Verdict::keep);
    failed.created = failed.born = at(99);  // of the load itself, for all that the clocks tell
    EXPECT_EQ(heed(known, failed), Verdict::over);
    Known seen = running(1810);
    failed.created = at(-1);
    failed.born.reset();
    EXPECT_EQ(heed(seen, failed), Verdict::keep) << "one before it";
}

TEST(Schedule, DoesNotWaitForEverOnAStaleFailed) {
    Known known = loaded_at(100);
    Look failed = look(Look::Kind::terminal, 161);
    failed.modified = at(90);
    EXPECT_EQ(heed(known, failed), Verdict::keep);
    EXPECT_EQ(heed(known, failed), Verdict::keep);
    EXPECT_EQ(heed(known, failed), Verdict::over);
}

TEST(Schedule, GivesALoadOfUnknownOutcomeAMinuteToShowItself) {
    Known known = loaded_at(0);
    known.phase = Known::Phase::doubtful;
    for (double now = 1; now < 60; now += 3)
        ASSERT_EQ(heed(known, look(Look::Kind::absent, now)), Verdict::keep);
    EXPECT_LE(wait(known, 59), 10);
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 60)), Verdict::over);

    known = loaded_at(0);
    known.phase = Known::Phase::doubtful;
    EXPECT_EQ(heed(known, look(Look::Kind::booting, 10)), Verdict::keep);
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 20)), Verdict::keep);
    EXPECT_EQ(known.phase, Known::Phase::booting) << "it did start something";
}

TEST(Schedule, AsksSoonAfterADeleteWhichOneDenialConfirms) {
    Known known = running(1810);
    known.deleted = true;
    EXPECT_EQ(wait(known, 100), 2);
    EXPECT_EQ(heed(known, look(Look::Kind::running, 102)), Verdict::keep);
    EXPECT_EQ(wait(known, 102), 60) << "it lives: as if nothing had been";
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 162)), Verdict::keep);
    known.deleted = true;
    EXPECT_EQ(heed(known, look(Look::Kind::absent, 164)), Verdict::over);
}

TEST(Schedule, FollowsAnotherInstanceOfTheSameModel) {
    Known known = running(1810);
    Look other = look(Look::Kind::running, 3000);
    other.created = at(2500);
    EXPECT_EQ(heed(known, other), Verdict::keep);
    EXPECT_EQ(known.created, at(2500));
    Look stopped = look(Look::Kind::terminal, 3100);
    stopped.created = at(2500);
    EXPECT_EQ(heed(known, stopped), Verdict::over);
}

}  // namespace
}  // namespace watcher

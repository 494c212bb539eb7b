#include "watcher/recorder.h"

#include <gtest/gtest.h>

namespace watcher {
namespace {

using calendar::Instant;
using lifecycle::InstanceSeen;

Instant at(std::int64_t seconds) {
    return {seconds * 1'000'000};
}

InstanceSeen seen() {
    InstanceSeen fact;
    fact.state = "RUNNING";
    fact.inferences = 0;
    fact.created = at(0);
    fact.modified = at(100);
    fact.expires_at = at(1900);
    return fact;
}

bool worth(const InstanceSeen& now, std::int64_t when) {
    return is_worth_recording(seen(), at(100), now, at(when));
}

TEST(Recorder, RecordsTheFirstLook) {
    EXPECT_TRUE(is_worth_recording(std::nullopt, at(0), seen(), at(0)));
}

TEST(Recorder, RecordsWhatChangesWhatIsKnown) {
    EXPECT_FALSE(worth(seen(), 101));
    InstanceSeen changed = seen();
    changed.state = "STOPPED";
    EXPECT_TRUE(worth(changed, 101));
    changed = seen();
    changed.created = at(1);
    EXPECT_TRUE(worth(changed, 101));
    changed = seen();
    changed.modified = at(101);
    EXPECT_TRUE(worth(changed, 101));
    changed = seen();
    changed.expires_at.reset();
    EXPECT_TRUE(worth(changed, 101));
    changed = seen();
    changed.asked_at = at(101);
    changed.date = at(101);
    EXPECT_FALSE(worth(changed, 101));
}

TEST(Recorder, ProvesLifeSparselyAndOftenerAroundTheExpiry) {
    EXPECT_FALSE(worth(seen(), 699));
    EXPECT_TRUE(worth(seen(), 700)) << "ten minutes";
    const auto late = [](std::int64_t recorded, std::int64_t now) {
        return is_worth_recording(seen(), at(recorded), seen(), at(now));
    };
    EXPECT_FALSE(late(1700, 1839));
    EXPECT_TRUE(late(1700, 1840)) << "a minute, from a minute before the expiry";
    EXPECT_FALSE(late(1900, 1959));
    EXPECT_TRUE(late(1900, 1960));
}

}  // namespace
}  // namespace watcher

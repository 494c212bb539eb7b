#include "metering/session_facts.h"

#include <gtest/gtest.h>

#include "lifecycle/session.h"

namespace metering {
namespace {

TEST(SessionFacts, AConcurrencyThatNobodyCanMeanHasNoPrice) {
    lifecycle::Session session;
    session.gb = "0.5";
    for (const std::int64_t replicas : {std::int64_t{1}, concurrency_limit}) {
        session.concurrency = replicas;
        EXPECT_TRUE(to_facts(session, "Ada").gb) << replicas;
    }
    for (const std::int64_t replicas : {std::int64_t{0}, std::int64_t{-3}, concurrency_limit + 1}) {
        session.concurrency = replicas;
        EXPECT_FALSE(to_facts(session, "Ada").gb) << replicas;
        EXPECT_EQ(to_facts(session, "Ada").concurrency, replicas);
    }
}

}  // namespace
}  // namespace metering

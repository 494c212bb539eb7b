// Whose an instance is: the order of claims, from the best to the least.
#include "lifecycle/claim.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/fact_builders.h"

namespace lifecycle {
namespace {

using calendar::Duration;
using calendar::Instant;

TEST(Claim, APromptLoaderComesBeforeALaterOneAndALoaderBeforeAFinder) {
    const Instant created = support::at("2026-10-05T10:00:00Z");
    const auto loaded = [&](std::int64_t seconds_before) {
        return make_claim(false, created, created - Duration::seconds(seconds_before), created);
    };
    const auto found = [&](std::int64_t seconds_after) {
        return make_claim(true, created, created, created + Duration::seconds(seconds_after));
    };
    const std::vector<Claim> in_order = {
        make_claim(false, std::nullopt, created - Duration::seconds(900), created),
        loaded(10),  // the first of those that are prompt
        loaded(3),
        loaded(-2),  // by what two clocks may differ
        loaded(11),  // the nearest
        loaded(61),
        loaded(250),
        found(5),
        found(90)};
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        for (std::size_t j = 0; j < in_order.size(); ++j) {
            EXPECT_EQ(is_theirs(in_order[i], in_order[j], LesserAccount::ours), i < j)
                << i << " " << j;
        }
        EXPECT_TRUE(is_theirs(in_order[i], in_order[i], LesserAccount::theirs)) << i;
    }
}

}  // namespace
}  // namespace lifecycle

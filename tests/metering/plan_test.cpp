#include "metering/plan.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace metering {
namespace {

std::string seed_text() {
    std::ifstream file(TEST_DATA "/plans/bytez-2024-06.json");
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The seed's plan with one part of its text replaced.
std::string with(const std::string& part, const std::string& by) {
    std::string text = seed_text();
    const std::size_t at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return text.replace(at, part.size(), by);
}

bool accepted(const std::string& text) {
    const auto plan = parse_plan(text);
    if (const auto* refused = std::get_if<PlanRefused>(&plan)) {
        EXPECT_FALSE(refused->why.empty());
        return false;
    }
    return true;
}

TEST(Plan, ReadsTheSeed) {
    const auto result = parse_plan(seed_text());
    ASSERT_TRUE(std::holds_alternative<Plan>(result));
    const Plan& plan = std::get<Plan>(result);
    EXPECT_EQ(plan.name, "bytez-2024-06");
    EXPECT_EQ(plan.currency.code(), "USD");
    EXPECT_EQ(money::to_text(plan.rate_per_gb_second), "0.0000166667");
    EXPECT_EQ(plan.starts_at, StartsAt::running);
    EXPECT_EQ(plan.minimum, calendar::Duration::seconds(60));
    EXPECT_EQ(plan.increment, calendar::Duration::seconds(60));
    EXPECT_EQ(plan.spin_down, SpinDown::billed);
    EXPECT_EQ(plan.shutdown_grace, calendar::Duration::seconds(120));
    EXPECT_EQ(plan.failed_boot, FailedBoot::free);
    EXPECT_TRUE(plan.per_replica);
}

TEST(Plan, ShippedOneIsTheSeeds) {
    std::ifstream file(TOLLGATE_SOURCE "/config/plans/bytez-2024-06.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(text, seed_text());
}

TEST(Plan, RefusesUnknownMissingAndRepeatedKeys) {
    EXPECT_FALSE(accepted(with("\"per_replica\": true,", "")));
    EXPECT_FALSE(accepted(with("\"per_replica\": true,", "\"per_replica\": true, \"x\": 1,")));
    EXPECT_FALSE(
        accepted(with("\"per_replica\": true,", "\"per_replica\": true, \"per_replica\": true,")));
    for (const char* text : {"", "[]", "null", "{}", "{", "\"plan\""}) EXPECT_FALSE(accepted(text));
    EXPECT_FALSE(accepted(seed_text() + "x"));
}

TEST(Plan, RefusesBadValues) {
    const std::pair<const char*, const char*> table[] = {
        {"\"0.0000166667\"", "0.0000166667"},
        {"\"0.0000166667\"", "\"1/60000\""},
        {"\"0.0000166667\"", "\"-0.1\""},
        {"\"0.0000166667\"", "\"1e-5\""},
        {"\"0.0000166667\"", "\".5\""},
        {"\"0.0000166667\"", "\"1000000000\""},
        {"\"0.0000166667\"", "\"0.0000000000000000000000000000001\""},
        {"\"USD\"", "\"usd\""},
        {"\"USD\"", "\"XAU\""},
        {"\"USD\"", "840"},
        {"\"running\"", "\"Running\""},
        {"\"running\"", "true"},
        {"\"minimum_seconds\": 60", "\"minimum_seconds\": -1"},
        {"\"minimum_seconds\": 60", "\"minimum_seconds\": 60.0"},
        {"\"minimum_seconds\": 60", "\"minimum_seconds\": \"60\""},
        {"\"minimum_seconds\": 60", "\"minimum_seconds\": 1000000000001"},
        {"\"minimum_seconds\": 60", "\"minimum_seconds\": 18446744073709551615"},
        {"\"minimum_seconds\": 60", "\"minimum_seconds\": 1e99"},
        {"\"increment_seconds\": 60", "\"increment_seconds\": 0"},
        {"\"shutdown_grace_seconds\": 120", "\"shutdown_grace_seconds\": null"},
        {"\"spin_down\": \"billed\"", "\"spin_down\": \"\""},
        {"\"failed_boot\": \"free\"", "\"failed_boot\": \"maybe\""},
        {"\"per_replica\": true", "\"per_replica\": 1"},
        {"\"required_ram\"", "\"vram\""},
        {"\"plan\": \"bytez-2024-06\"", "\"plan\": \"\""},
        {"\"plan\": \"bytez-2024-06\"", "\"plan\": 7"},
    };
    for (const auto& [part, by] : table) EXPECT_FALSE(accepted(with(part, by))) << by;
}

TEST(Plan, AcceptsTheLimits) {
    EXPECT_TRUE(accepted(with("\"minimum_seconds\": 60", "\"minimum_seconds\": 0")));
    EXPECT_TRUE(
        accepted(with("\"increment_seconds\": 60", "\"increment_seconds\": 1000000000000")));
    EXPECT_TRUE(accepted(with("\"0.0000166667\"", "\"0\"")));
    EXPECT_TRUE(accepted(with("\"0.0000166667\"", "\"999999999.999999999999999999999999999999\"")));
}

}  // namespace
}  // namespace metering

#include "bytez/catalogue.h"

#include <gtest/gtest.h>

namespace bytez {
namespace {

using calendar::Instant;
using lifecycle::ModelName;

TEST(Catalogue, KeepsTheLatestWordOnEachModel) {
    Catalogue catalogue;
    EXPECT_FALSE(catalogue.find(ModelName("a")));
    catalogue.learn({{ModelName("a"), "1.50", true}, {ModelName("b"), {}, false}}, Instant{1});
    catalogue.learn({{ModelName("a"), "2", true}}, Instant{2});
    EXPECT_EQ(catalogue.find(ModelName("a"))->required_ram, "2");
    EXPECT_EQ(catalogue.find(ModelName("a"))->learned_at, Instant{2});
    ASSERT_TRUE(catalogue.find(ModelName("b"))) << "a partial list takes nothing away";
    EXPECT_FALSE(catalogue.find(ModelName("b"))->required_ram);
    EXPECT_EQ(catalogue.find(ModelName("b"))->learned_at, Instant{1});
}

}  // namespace
}  // namespace bytez

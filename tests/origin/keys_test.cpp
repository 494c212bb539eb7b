#include "origin/keys.h"

#include <gtest/gtest.h>

namespace origin {
namespace {

TEST(Keys, AcceptsExactlyTheListedOnes) {
    const Keys keys(std::vector<std::string>{"alpha", "beta"});
    EXPECT_TRUE(keys.accepts("alpha"));
    EXPECT_TRUE(keys.accepts("beta"));
    EXPECT_FALSE(keys.accepts("alph"));
    EXPECT_FALSE(keys.accepts("alphaa"));
    EXPECT_FALSE(keys.accepts("Alpha"));
    EXPECT_FALSE(keys.accepts(""));
}

TEST(Keys, AnyKeyIsStillAKey) {
    const Keys keys(std::nullopt);
    EXPECT_TRUE(keys.accepts("whatever"));
    EXPECT_FALSE(keys.accepts(""));
}

TEST(Keys, AreReadFromTheKeySchemeOnly) {
    EXPECT_EQ(key_of("Key abc"), "abc");
    EXPECT_EQ(key_of("key  abc"), "abc");
    EXPECT_EQ(key_of("Bearer abc"), std::nullopt);
    EXPECT_EQ(key_of("Keyabc"), std::nullopt);
    EXPECT_EQ(key_of("Key "), "");
    EXPECT_EQ(key_of(""), std::nullopt);
}

}  // namespace
}  // namespace origin

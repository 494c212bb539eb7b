#include "proof/checkpoint_check.h"

#include <gmock/gmock.h>

#include "support/temporary_directory.h"

namespace proof {
namespace {

using testing::HasSubstr;

class CheckpointCheckTest : public testing::Test {
  protected:
    SignedCheckpoint make(std::uint64_t number, const std::string& previous,
                          std::vector<NamedHead> heads) {
        SignedCheckpoint made{
            .number = number,
            .body = to_text(
                {.made_at = calendar::Instant{}, .previous = previous, .heads = std::move(heads)})};
        return sign(made, key_);
    }
    static SignedCheckpoint sign(SignedCheckpoint made, const platform::SigningKey& key) {
        made.signature = key.sign(made.body);
        made.public_key = key.public_key();
        return made;
    }
    static NamedHead head(const std::string& account, std::uint64_t count, std::uint64_t last) {
        return {"gw-1", account, {genesis("gw-1", std::to_string(count)), count, last}};
    }
    /// Of the second, after the first was found right.
    Difference second(const SignedCheckpoint& checkpoint) {
        CheckpointCheck check({key_.public_key()});
        EXPECT_FALSE(check.take(first_));
        return check.take(checkpoint).value_or(Difference{});
    }

    support::TemporaryDirectory directory_;
    platform::SigningKey key_ = platform::SigningKey::load_or_make(directory_ / "key");
    SignedCheckpoint first_ = make(1, "", {head("a", 3, 9), head("b", 1, 4)});
    std::string digest_ = digest_of_checkpoint(first_.body);
};

TEST_F(CheckpointCheckTest, ChainsThatStayMoveOnOrBeginAreRight) {
    CheckpointCheck check({key_.public_key()});
    EXPECT_FALSE(check.take(first_));
    EXPECT_EQ(check.moved().size(), 2u);
    const auto next = make(2, digest_, {head("a", 3, 9), head("b", 2, 11), head("c", 1, 10)});
    EXPECT_FALSE(check.take(next));
    EXPECT_EQ(check.moved(), (std::vector{head("b", 2, 11), head("c", 1, 10)}));
    EXPECT_FALSE(check.take(make(3, digest_of_checkpoint(next.body),
                                 {head("a", 3, 9), head("b", 2, 11), head("c", 1, 10)})));
    EXPECT_TRUE(check.moved().empty());
}

TEST_F(CheckpointCheckTest, AChainThatWentBackOrVanishedIsNamed) {
    const std::vector<std::vector<NamedHead>> wrong = {
        {head("a", 3, 9)},
        {head("a", 2, 9), head("b", 1, 4)},
        {head("a", 4, 8), head("b", 1, 4)},
        {head("a", 4, 9), head("b", 1, 4)},
        {{"gw-1", "a", {genesis("x", "y"), 3, 9}}, head("b", 1, 4)}};
    for (const auto& heads : wrong) {
        const auto found = second(make(2, digest_, heads));
        EXPECT_EQ(found.subject, "checkpoint 2");
        EXPECT_THAT(found.what, HasSubstr("head of the chain of gateway gw-1 and account "));
    }
}

TEST_F(CheckpointCheckTest, WhatIsMissingForgedOrAlteredIsNamed) {
    const auto good = make(2, digest_, {head("a", 3, 9), head("b", 1, 4)});
    EXPECT_EQ(second(good), Difference{});
    EXPECT_EQ(second(make(3, digest_, {})).subject, "checkpoint 2");
    EXPECT_EQ(second(make(2, "", {})).what, "previous");
    auto altered = good;
    altered.body.back() = ' ';
    EXPECT_EQ(second(altered).what, "signature");
    altered = good;
    altered.signature[5] ^= 1;
    EXPECT_EQ(second(altered).what, "signature");
    const auto other = platform::SigningKey::load_or_make(directory_ / "other");
    EXPECT_EQ(second(sign(good, other)).what, "public key");
    altered.body = "{}";
    EXPECT_EQ(second(sign(altered, key_)).what, "body");
    // Without a key to trust, the one that it names.
    EXPECT_FALSE(CheckpointCheck({}).take(sign(first_, other)));
}

}  // namespace
}  // namespace proof

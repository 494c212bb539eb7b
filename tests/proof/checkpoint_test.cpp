#include "proof/checkpoint.h"

#include <gtest/gtest.h>

namespace proof {
namespace {

Checkpoint sample() {
    return {.made_at = calendar::parse_instant("2026-11-01T00:00:00.5Z").value(),
            .previous = "",
            .heads = {{"gw-2", "acc_1", {genesis("gw-2", "acc_1"), 3, 9}},
                      {"gw-1", "acc_2", {genesis("gw-1", "acc_2"), 1, 2}},
                      {"gw-1", "", {genesis("gw-1", ""), 2, 4}}}};
}

TEST(Checkpoint, IsTheTextThatItsProseSays) {
    EXPECT_EQ(to_text(sample()),
              R"({"checkpoint":1,"made_at":"2026-11-01T00:00:00.5Z","previous":"","heads":[)"
              R"({"gateway":"gw-1","account":"","count":2,"last_sequence":4,"head":")" +
                  to_text(genesis("gw-1", "")) +
                  R"("},{"gateway":"gw-1","account":"acc_2","count":1,"last_sequence":2,"head":")" +
                  to_text(genesis("gw-1", "acc_2")) +
                  R"("},{"gateway":"gw-2","account":"acc_1","count":3,"last_sequence":9,"head":")" +
                  to_text(genesis("gw-2", "acc_1")) + R"("}]})");
}

TEST(Checkpoint, IsReadBackToTheByteAndNothingElseIs) {
    const std::string text = to_text(sample());
    const auto read = parse_checkpoint(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(to_text(*read), text);
    EXPECT_EQ(read->heads.size(), 3u);
    for (const std::string& other : {text + " ", "{}" + text, std::string(), std::string("{}"),
                                     text.substr(1), text.substr(0, text.size() - 1)}) {
        EXPECT_FALSE(parse_checkpoint(other)) << other;
    }
    std::string upper = text;
    upper.at(upper.find("\"head\":\"") + 8) = 'G';
    EXPECT_FALSE(parse_checkpoint(upper));
}

}  // namespace
}  // namespace proof

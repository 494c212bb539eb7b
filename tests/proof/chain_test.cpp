#include "proof/chain.h"

#include <set>

namespace proof {
namespace {

ChainedFact first_fact() {
    return {.gateway = "gw-1",
            .sequence = 7,
            .account = "acc_1",
            .upstream = "http://upstream",
            .kind = "runs",
            .key = "aa",
            .model =
                "gr\xC3\xB6\xC3\x9F"
                "e",
            .occurred_at = {1'796'119'200'000'001},
            .recorded_at = {1'796'119'200'500'000},
            .body = R"({"a":1})"};
}

// The expected hashes were computed from the header's prose alone, by Python's hashlib.
TEST(Chain, IsWhatItsProseSays) {
    ChainHead head = start_of("gw-1", "acc_1");
    EXPECT_EQ(to_text(head.hash),
              "9fcfcac3dcb1e666c68d29430fe44970d75c31cc059a472c1c426b9f63daaa53");
    advance(head, first_fact());
    EXPECT_EQ(to_text(head.hash),
              "35680d5fb12013a690129ec5df04c7fb47fe2386f30965fe7097fb1b3aca60fa");
    ChainedFact second;  // with all that may be empty, empty
    second.gateway = "gw-1";
    second.sequence = 9;
    second.account = "acc_1";
    second.kind = "model_set";
    second.occurred_at = {-1};
    advance(head, second);
    EXPECT_EQ(to_text(head.hash),
              "2d546164ed4e81436c9d03e752453fc75580db823d4f8e8c8b54c67b285e408b");
    EXPECT_EQ(head.count, 2u);
    EXPECT_EQ(head.last_sequence, 9u);
}

TEST(Chain, EveryFieldCounts) {
    const Hash before = genesis("gw-1", "acc_1");
    std::set<Hash> hashes{extend(before, first_fact())};
    const auto add = [&](auto change) {
        ChainedFact fact = first_fact();
        change(fact);
        hashes.insert(extend(before, fact));
    };
    add([](ChainedFact& fact) { fact.gateway = "gw-2"; });
    add([](ChainedFact& fact) { fact.sequence = 8; });
    add([](ChainedFact& fact) { fact.account = "acc_2"; });
    add([](ChainedFact& fact) { fact.upstream = ""; });
    add([](ChainedFact& fact) { fact.kind = "run"; });
    add([](ChainedFact& fact) { fact.key = "ab"; });
    add([](ChainedFact& fact) { fact.model = ""; });
    add([](ChainedFact& fact) { fact.occurred_at.micros += 1; });
    add([](ChainedFact& fact) { fact.recorded_at.micros += 1; });
    add([](ChainedFact& fact) { fact.body = R"({"a":2})"; });
    // The same letters, cut otherwise.
    add([](ChainedFact& fact) {
        fact.kind = "runsa";
        fact.key = "a";
    });
    hashes.insert(extend(genesis("gw-1", "acc_2"), first_fact()));
    EXPECT_EQ(hashes.size(), 13u);
}

TEST(Chain, ReadsHashesStrictly) {
    const Hash hash = genesis("g", "");
    EXPECT_EQ(parse_hash(to_text(hash)), hash);
    std::string text = to_text(hash);
    text[3] = 'G';
    EXPECT_FALSE(parse_hash(text));
    text = to_text(hash);
    text.pop_back();
    EXPECT_FALSE(parse_hash(text));
    EXPECT_FALSE(parse_hash(to_text(hash) + "0"));
    EXPECT_FALSE(parse_hash(""));
}

}  // namespace
}  // namespace proof

#include "lifecycle/fact_json.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace lifecycle {
namespace {

using calendar::Instant;

struct Golden {
    Fact fact;
    std::string text;
};

Fact at_one(FactBody body) {
    return Fact{Instant{1}, std::move(body)};
}

const CallId call{7, 8};
const KeyFingerprint key("0123456789abcdef0123456789abcdef");
const ModelName model("openai-community/gpt2");
const std::string who =
    R"("key":"0123456789abcdef0123456789abcdef","model":"openai-community/gpt2")";

/// Each kind, with its optional fields and without. A change of one of these texts is a change of
/// the ledger's format.
std::vector<Golden> goldens() {
    return {
        {at_one(GatewayStarted{"0.1.0", UpstreamId("https://api.example")}),
         R"({"occurred_at":1,"kind":"gateway_started","version":"0.1.0","upstream":"https://api.example"})"},
        {at_one(LoadRequested{call, key, model, {2, 300}, "0.9401917929177755"}),
         R"({"occurred_at":1,"kind":"load_requested","call":{"boot":7,"number":8},)" + who +
             R"(,"options":{"concurrency":2,"expiration_seconds":300},"gb":"0.9401917929177755"})"},
        {at_one(LoadRequested{call, key, model, {}, std::nullopt}),
         R"({"occurred_at":1,"kind":"load_requested","call":{"boot":7,"number":8},)" + who +
             R"(,"options":{"concurrency":1,"expiration_seconds":1800}})"},
        {at_one(LoadAnswered{call, key, model, {}, "2", 200, true, Instant{5}, Instant{6}}),
         R"({"occurred_at":1,"kind":"load_answered","call":{"boot":7,"number":8},)" + who +
             R"(,"options":{"concurrency":1,"expiration_seconds":1800},"gb":"2","status":200,)"
             R"("accepted":true,"sent_at":5,"date":6})"},
        {at_one(LoadAnswered{call, key, model, {}, std::nullopt, 0, false, Instant{5}, {}}),
         R"({"occurred_at":1,"kind":"load_answered","call":{"boot":7,"number":8},)" + who +
             R"(,"options":{"concurrency":1,"expiration_seconds":1800},"status":0,)"
             R"("accepted":false,"sent_at":5})"},
        {at_one(RunArrived{call, key, model}),
         R"({"occurred_at":1,"kind":"run_arrived","call":{"boot":7,"number":8},)" + who + "}"},
        {at_one(RunEnded{call, key, model, 200, 10, 18446744073709551615u, true}),
         R"({"occurred_at":1,"kind":"run_ended","call":{"boot":7,"number":8},)" + who +
             R"(,"status":200,"request_bytes":10,"response_bytes":18446744073709551615,)"
             R"("disconnected":true})"},
        {at_one(RunEnded{call, key, model, 200, 1, 2, false, Instant{3}, Instant{4}}),
         R"({"occurred_at":1,"kind":"run_ended","call":{"boot":7,"number":8},)" + who +
             R"(,"status":200,"request_bytes":1,"response_bytes":2,"disconnected":false,)"
             R"("asked_at":3,"date":4})"},
        {at_one(
             Runs{key, model, Instant{60}, 1, 2, 3, 4, 5, 6, Instant{7}, Instant{8}, Instant{9}}),
         R"({"occurred_at":1,"kind":"runs",)" + who +
             R"(,"minute":60,"arrived":1,"accepted":2,"refused":3,"disconnected":4,)"
             R"("request_bytes":5,"response_bytes":6,"first_arrival":7,"last_arrival":8,)"
             R"("last_accepted_end":9})"},
        {at_one(Runs{key,
                     model,
                     Instant{60},
                     1,
                     1,
                     0,
                     0,
                     5,
                     6,
                     {},
                     {},
                     {},
                     Instant{7},
                     Instant{8},
                     Instant{9},
                     Instant{10}}),
         R"({"occurred_at":1,"kind":"runs",)" + who +
             R"(,"minute":60,"arrived":1,"accepted":1,"refused":0,"disconnected":0,)"
             R"("request_bytes":5,"response_bytes":6,"asked_at":7,"answered_at":8,"date":9,)"
             R"("last_accepted_arrival":10})"},
        {at_one(Runs{key, model, Instant{60}, 0, 0, 0, 0, 0, 0, {}, {}, {}}),
         R"({"occurred_at":1,"kind":"runs",)" + who +
             R"(,"minute":60,"arrived":0,"accepted":0,"refused":0,"disconnected":0,)"
             R"("request_bytes":0,"response_bytes":0})"},
        {at_one(DeleteAnswered{call, key, model, 200, Instant{5}, Instant{6}}),
         R"({"occurred_at":1,"kind":"delete_answered","call":{"boot":7,"number":8},)" + who +
             R"(,"status":200,"sent_at":5,"date":6})"},
        {at_one(InstanceSeen{key, model, Source::watcher, Instant{-5}, Instant{6}, "RUNNING", 1, 0,
                             1800, Instant{2}, Instant{3}, Instant{4}}),
         R"({"occurred_at":1,"kind":"instance_seen",)" + who +
             R"(,"source":"watcher","asked_at":-5,"date":6,"state":"RUNNING","concurrency":1,)"
             R"("inferences":0,"expiration_seconds":1800,"created":2,"modified":3,"expires_at":4})"},
        {at_one(InstanceSeen{
             key, model, Source::passing, Instant{5}, {}, "DEPLOYING", {}, {}, {}, {}, {}, {}}),
         R"({"occurred_at":1,"kind":"instance_seen",)" + who +
             R"(,"source":"passing","asked_at":5,"state":"DEPLOYING"})"},
        {at_one(InstanceAbsent{key, model, Source::watcher, Instant{5}, {}}),
         R"({"occurred_at":1,"kind":"instance_absent",)" + who +
             R"(,"source":"watcher","asked_at":5})"},
        {at_one(CatalogueEntry{model, "2.232933128273094"}),
         R"({"occurred_at":1,"kind":"catalogue_entry","model":"openai-community/gpt2","gb":"2.232933128273094"})"},
        {at_one(CatalogueEntry{model, {}}),
         R"({"occurred_at":1,"kind":"catalogue_entry","model":"openai-community/gpt2"})"},
        {at_one(ModelSet{model, "0.5", "root"}),
         R"({"occurred_at":1,"kind":"model_set","model":"openai-community/gpt2","gb":"0.5","author":"root"})"},
    };
}

TEST(FactJson, WritesEachKindAsAgreed) {
    for (const Golden& golden : goldens()) EXPECT_EQ(to_json(golden.fact), golden.text);
}

TEST(FactJson, ReadsWhatItWrites) {
    for (const Golden& golden : goldens()) {
        const Fact back = parse_fact(golden.text);
        EXPECT_EQ(back.occurred_at, golden.fact.occurred_at);
        EXPECT_EQ(back.body.index(), golden.fact.body.index());
        EXPECT_EQ(to_json(back), golden.text);
    }
}

TEST(FactJson, EveryKindHasAGolden) {
    std::vector<bool> seen(std::variant_size_v<FactBody>);
    for (const Golden& golden : goldens()) seen[golden.fact.body.index()] = true;
    for (const bool is_there : seen) EXPECT_TRUE(is_there);
}

TEST(FactJson, RefusesEveryTruncation) {
    for (const Golden& golden : goldens()) {
        for (std::size_t length = 0; length < golden.text.size(); ++length) {
            EXPECT_THROW(parse_fact(golden.text.substr(0, length)), std::invalid_argument);
        }
    }
}

TEST(FactJson, ReadsNoMutationAsAnythingButItself) {
    std::mt19937_64 dice(4711);
    for (const Golden& golden : goldens()) {
        for (int round = 0; round < 2000; ++round) {
            std::string text = golden.text;
            for (auto changes = 1 + dice() % 3; changes > 0; --changes)
                text[dice() % text.size()] = static_cast<char>(dice());
            try {
                EXPECT_EQ(to_json(parse_fact(text)), text);
            } catch (const std::invalid_argument&) {
            }
        }
    }
}

TEST(FactJson, RefusesWhatIsNotItsOwn) {
    const std::string good = R"({"occurred_at":1,"kind":"catalogue_entry","model":"a","gb":"1"})";
    ASSERT_NO_THROW(parse_fact(good));
    for (const char* text : {
             R"([])",
             R"(1)",
             R"({"kind":"catalogue_entry","occurred_at":1,"model":"a"})",           // order
             R"({"occurred_at":1,"kind":"catalogue_entry","gb":"1","model":"a"})",  // order
             R"({"occurred_at":1,"kind":"catalogue_entry","gb":"1"})",              // missing
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"a","x":1})",     // extra
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"a","model":"a"})",
             R"({"occurred_at":1,"kind":"no_such_kind","model":"a"})",
             R"({"occurred_at":1,"kind":"","model":"a"})",
             R"({"occurred_at":"1","kind":"catalogue_entry","model":"a"})",  // type
             R"({"occurred_at":1.0,"kind":"catalogue_entry","model":"a"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":null})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"a","gb":null})",
             R"({"occurred_at":1, "kind":"catalogue_entry","model":"a"})",      // white space
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\u0061"})",  // spelling
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"a"} )",
             R"({"occurred_at":01,"kind":"catalogue_entry","model":"a"})",
             R"({"occurred_at":-0,"kind":"catalogue_entry","model":"a"})",
             R"({"occurred_at":+1,"kind":"catalogue_entry","model":"a"})",
             R"({"occurred_at":,"kind":"catalogue_entry","model":"a"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\/"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\u001F"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\u000a"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\u0022"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\u001"})",
             R"({"occurred_at":1,"kind":"catalogue_entry","model":"\x"})",
             "{\"occurred_at\":1,\"kind\":\"catalogue_entry\",\"model\":\"\n\"}",
             "{\"occurred_at\":1,\"kind\":\"catalogue_entry\",\"model\":\"\xff\"}",
         }) {
        EXPECT_THROW(parse_fact(text), std::invalid_argument) << text;
    }
}

TEST(FactJson, KeepsAnyTextOfAModel) {
    std::string every_ascii;
    for (char c = 0; c < 127; ++c) every_ascii += c;
    for (const std::string& name :
         {std::string(), std::string("\"\\/"), every_ascii,
          std::string("Gr\u00fc\u00dfe/\u6a21\u578b \U0001f600"),
          std::string("\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")}) {
        const std::string text = to_json(at_one(CatalogueEntry{ModelName(name), {}}));
        EXPECT_EQ(std::get<CatalogueEntry>(parse_fact(text).body).model.text(), name);
    }
    EXPECT_EQ(to_json(at_one(CatalogueEntry{ModelName("\"\\\b\t\n\f\r\x1f/\x7f"), {}})),
              "{\"occurred_at\":1,\"kind\":\"catalogue_entry\",\"model\":"
              "\"\\\"\\\\\\b\\t\\n\\f\\r\\u001f/\x7f\"}");
}

TEST(FactJson, ReplacesBytesThatAreNotUtf8SoThatItCanBeReadBack) {
    const std::string replacement = "\xEF\xBF\xBD";
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"a\xff", "a" + replacement},
        {"\x80z", replacement + "z"},
        {"\xC0\xAF", replacement + replacement},  // overlong
        {"\xE0\x9F\xBF", replacement + replacement + replacement},
        {"\xED\xA0\x80", replacement + replacement + replacement},  // a surrogate
        {"\xF4\x90\x80\x80", replacement + replacement + replacement + replacement},
        {"\xE6\xA8", replacement + replacement},  // cut off
        {"\xF0\x9F\x98", replacement + replacement + replacement},
    };
    for (const auto& [bytes, expected] : rows) {
        const std::string text = to_json(at_one(CatalogueEntry{ModelName(bytes), {}}));
        EXPECT_EQ(std::get<CatalogueEntry>(parse_fact(text).body).model.text(), expected);
    }
}

TEST(FactJson, KeepsTheExtremesOfNumbers) {
    for (const std::int64_t micros : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
        Fact fact{Instant{micros}, CatalogueEntry{model, {}}};
        EXPECT_EQ(parse_fact(to_json(fact)).occurred_at.micros, micros);
    }
    EXPECT_THROW(
        parse_fact(R"({"occurred_at":9223372036854775808,"kind":"catalogue_entry","model":"a"})"),
        std::invalid_argument);
}

TEST(FactJson, AppendsToWhatIsThere) {
    std::string out = "before ";
    append_json(at_one(CatalogueEntry{model, {}}), out);
    EXPECT_EQ(out, "before " + to_json(at_one(CatalogueEntry{model, {}})));
}

TEST(AcceptedRun, IsOneThatTheEngineAnswered) {
    for (const int status : {200, 201, 206, 422, 500, 504}) EXPECT_TRUE(is_accepted_run(status));
    for (const int status : {0, 400, 401, 402, 404, 413, 429, 502, 503})
        EXPECT_FALSE(is_accepted_run(status));
}

}  // namespace
}  // namespace lifecycle

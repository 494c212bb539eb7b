// The text of an export: what is written is read back to the byte, and nothing else is read.
#include "proof/account_export.h"

#include <gmock/gmock.h>

#include "platform/crypto.h"
#include "proof/export_check.h"
#include "support/fact_builders.h"
#include "support/temporary_directory.h"

namespace proof {
namespace {

using support::at;
using testing::HasSubstr;
using testing::StartsWith;

class AccountExportText : public testing::Test {
  protected:
    AccountExportText() {
        value_.made_at = at("2026-11-02T00:00:00.5Z");
        value_.month = "2026-10";
        value_.account = {.id = lifecycle::AccountId("acc_1"),
                          .name = "Ärger \"& Söhne\"\n",
                          .timezone = "Europe/Berlin",
                          .currency = "EUR",
                          .passthrough = true};
        value_.plans.push_back({"p", "{\n\"plan\": \"p\"}"});
        value_.assignments.push_back({"p", at("2026-01-01T00:00:00Z"), 1, true});
        const ExportedFact fact{.gateway = "gw-1",
                                .sequence = 18'446'744'073'709'551'615u,
                                .upstream = "http://u",
                                .kind = "runs",
                                .key = "aa",
                                .model = "a/b",
                                .occurred_at = at("2026-10-05T10:00:00Z"),
                                .recorded_at = at("2026-10-05T10:00:00.000001Z"),
                                .body = "{}",
                                .link = genesis("a", "b")};
        value_.stretches.push_back({"gw-1", {genesis("gw-1", "acc_1"), 3, 9}, {fact, fact}});
        value_.rules.push_back(fact);
        value_.early.push_back(fact);
        value_.guests.push_back(fact);
        value_.rivals.push_back({lifecycle::UpstreamId("http://u"),
                                 lifecycle::ModelName("a/b"),
                                 {.loaded_at = at("2026-10-05T10:00:00Z"),
                                  .created = std::nullopt,
                                  .sent_at = at("2026-10-05T09:59:42Z"),
                                  .ended_at = at("2026-10-05T10:07:00Z")},
                                 {true, {}, at("2026-10-05T10:00:01Z")},
                                 lifecycle::LesserAccount::theirs});
        value_.checkpoints.push_back({.number = 7, .body = "{}", .public_key = key_.public_key()});
        value_.sessions = {full_session(), {}};
        value_.charges.push_back({.session = lifecycle::SessionId("s"),
                                  .revision = 2,
                                  .place = {"2026-10", "p"},
                                  .owed = {.seconds = money::Decimal::scaled(15, 1),
                                           .amount = money::Decimal::scaled(-25, 2),
                                           .currency = "EUR"},
                                  .as_of = at("2026-11-01T00:00:00Z"),
                                  .invoice = "TG-1"});
        value_.charges.push_back(
            {.session = lifecycle::SessionId("t"), .place = {"2026-10", "p"}, .owed = {}});
        value_.invoices.push_back({"TG-1", "{\"number\":\"TG-1\"}"});
    }
    static BookedSession full_session() {
        lifecycle::Session s;
        s.id = lifecycle::SessionId("s");
        s.gb = "0.50";
        s.concurrency = -3;
        s.discovered = s.estimated = s.adjusted = true;
        s.created = s.running_at = s.expires_at = s.ended_at = at("2026-10-05T10:00:00Z");
        s.last_proof_of_life = s.first_denial = s.last_run_at = at("2026-10-05T10:00:01Z");
        s.running_evidence = lifecycle::RunningEvidence::expiry_clock;
        s.end_reason = lifecycle::EndReason::vanished;
        s.end_evidence = lifecycle::EndEvidence::upstream_report;
        s.runs = 4;
        s.kept_warm_by = {{lifecycle::KeyFingerprint("bb"), 2, s.loaded_at, s.loaded_at}};
        s.clock = {calendar::Duration{-5}, calendar::Duration{7}};
        return {s, "p"};
    }
    std::string text() const {
        const std::string lines = to_text(value_);
        return lines + to_text(seal_of(lines, key_));
    }
    static UnreadableExport refusal(std::string_view text) {
        const auto read = read_export(text);
        const auto* fault = std::get_if<UnreadableExport>(&read);
        EXPECT_TRUE(fault) << text.substr(0, 200);
        return fault ? *fault : UnreadableExport{};
    }
    /// Of the text in which the first `what` is `by`.
    UnreadableExport refusal_of(const std::string& what, const std::string& by) const {
        std::string changed = text();
        const std::size_t place = changed.find(what);
        EXPECT_NE(place, std::string::npos) << what;
        return refusal(changed.replace(place, what.size(), by));
    }

    support::TemporaryDirectory directory_;
    platform::SigningKey key_ = platform::SigningKey::load_or_make(directory_ / "key");
    AccountExport value_;
};

TEST_F(AccountExportText, IsReadBackToTheByteAndFieldByField) {
    const std::string written = text();
    const auto result = read_export(written);
    const auto* read = std::get_if<ReadExport>(&result);
    ASSERT_TRUE(read) << std::get<UnreadableExport>(result).why;
    EXPECT_EQ(to_text(read->value), to_text(value_));
    EXPECT_EQ(read->lines, to_text(value_));
    EXPECT_EQ(read->value.account.name, value_.account.name);
    EXPECT_EQ(read->value.stretches[0].facts[1].sequence, 18'446'744'073'709'551'615u);
    EXPECT_EQ(read->value.sessions[0].session, value_.sessions[0].session);
    EXPECT_EQ(read->value.sessions[1].session, value_.sessions[1].session);
    EXPECT_EQ(read->value.charges[0].owed, value_.charges[0].owed);
    EXPECT_EQ(read->value.rivals[0].claim, value_.rivals[0].claim);
    EXPECT_EQ(read->value.rivals[0].rival.sent_at, value_.rivals[0].rival.sent_at);
    EXPECT_EQ(read->value.rivals[0].rival.ended_at, value_.rivals[0].rival.ended_at);
    EXPECT_FALSE(check_seal(read->seal, read->lines, {key_.public_key()}));
}

// A contract with readers: only a new version changes it.
TEST_F(AccountExportText, IsWhatItsHeaderSays) {
    AccountExport value;
    value.month = "2026-10";
    value.account = {.id = lifecycle::AccountId("acc_1"), .name = "A", .timezone = "UTC"};
    value.stretches.push_back({"g", start_of("g", "acc_1"), {}});
    EXPECT_EQ(to_text(value),
              R"({"tollgate_export":1,"made_at":"1970-01-01T00:00:00Z","month":"2026-10",)"
              R"("account":{"id":"acc_1","name":"A","timezone":"UTC","currency":"",)"
              R"("passthrough":false}})"
              "\n"
              R"({"stretch":{"gateway":"g","after_count":0,"after_sequence":0,"after_link":")" +
                  to_text(genesis("g", "acc_1")) + "\"}}\n");
    EXPECT_EQ(signed_text("ab"), "tollgate export 1\nab");
}

TEST_F(AccountExportText, CutAnywhereItIsRefusedByTheLineInWhichItEnds) {
    const std::string whole = text();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto fault = refusal(std::string_view(whole).substr(0, size));
        const auto ends = std::count(whole.begin(), whole.begin() + static_cast<long>(size), '\n');
        EXPECT_EQ(fault.line, static_cast<std::size_t>(ends) + 1) << size;
        EXPECT_THAT(fault.why, StartsWith("the file ends ")) << size;
    }
}

TEST_F(AccountExportText, WithoutAnyOfItsLinesItIsRefusedOrItsDigestDiffers) {
    const std::string whole = text();
    for (std::size_t begin = 0; begin < whole.size();) {
        const std::size_t end = whole.find('\n', begin) + 1;
        const std::string less = whole.substr(0, begin) + whole.substr(end);
        const auto read = read_export(less);
        if (const auto* good = std::get_if<ReadExport>(&read)) {
            const auto found = check_seal(good->seal, good->lines, {});
            ASSERT_TRUE(found);
            EXPECT_EQ(found->what, "digest");
        }
        begin = end;
    }
}

TEST_F(AccountExportText, WhatIsNotAnExportIsSaidToBeNone) {
    EXPECT_THAT(refusal("").why, HasSubstr("ends before its last line"));
    EXPECT_EQ(refusal("hello\n").why, "not JSON");
    EXPECT_EQ(refusal("[]\n").why, "not a line of an export");
    EXPECT_EQ(refusal("{}\n").why, "not a line of an export");
    EXPECT_EQ(refusal(std::string(30, '[') + "\n").why, "not JSON");
    EXPECT_EQ(refusal(std::string(100'000, '[') + "\n").why, "nested too deeply");
    EXPECT_EQ(refusal("{\"a\\\"\":" + std::string(100, '[') + "\n").why, "nested too deeply");
    EXPECT_THAT(refusal("{\"number\":\"TG-1\"}\n").why, HasSubstr("not an export"));
    EXPECT_THAT(refusal_of("\"tollgate_export\":1", "\"tollgate_export\":2").why,
                HasSubstr("reads 1"));
    EXPECT_THAT(refusal_of("\"tollgate_export\":1", "\"tollgate_export\":\"1\"").why,
                HasSubstr("reads 1"));
}

TEST_F(AccountExportText, AnyOtherFormIsRefusedByItsLine) {
    const std::string other = "not written as an export is: keys, order or form are others";
    struct Row {
        std::string what, by;
        std::size_t line;
        std::string why;
    };
    const std::vector<Row> rows = {
        {"{\"plan\":", "{\"plam\":", 2, "of a kind that this version does not know"},
        {"\"revision\":1", "\"revision\":\"1\"", 3, "a value is missing or of another kind"},
        {"\"revision\":1", "\"revision\":1e0", 3, other},
        {"\"revision\":1", "\"revision\": 1", 3, other},
        {"\"revision\":1", "\"revision\":1,\"more\":2", 3, other},
        {"\"revision\":1", "\"revision\":2,\"revision\":1", 3, other},
        {"\"default\":true", "\"default\":1", 3, "a value is missing or of another kind"},
        {"2026-01-01T00:00:00Z", "2026-01-01", 3, "a value is not of its form"},
        {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0Z", 3, other},
        {"\"month\":\"2026-10\"", "\"month\":\"2026-13\"", 1, "a value is not of its form"},
        {"\"after_count\":3", "\"after_count\":3.5", 4, other},
        {"\"link\":\"", "\"link\":\"A", 5, "a value is not of its form"},
        {"\"seconds\":\"1.5\"", "\"seconds\":\"1.50\"", 14, other},
        {"\"seconds\":\"1.5\"", "\"seconds\":1.5", 14, "a value is missing or of another kind"},
        {"\"end_reason\":\"vanished\"", "\"end_reason\":\"gone\"", 12,
         "a value is not of its form"},
        {"{\"digest\":", "\n{\"digest\":", 17, "not JSON"},
        {"{\"digest\":", "{\"digest\":\"\xff\",\"digest\":", 17, "not JSON"}};
    for (const Row& row : rows) {
        const auto fault = refusal_of(row.what, row.by);
        EXPECT_EQ(fault.line, row.line) << row.by;
        EXPECT_EQ(fault.why, row.why) << row.by;
    }
    EXPECT_THAT(refusal(text() + "{}\n").why, HasSubstr("goes on after its last line"));
    std::string moved = text();
    const std::size_t plan = moved.find("{\"plan\"");
    const std::size_t end = moved.find('\n', plan) + 1;
    const std::string line = moved.substr(plan, end - plan);
    moved.erase(plan, line.size());
    EXPECT_EQ(refusal(moved.insert(moved.find("{\"charge\""), line)).line, 2u);
    EXPECT_EQ(refusal_of("{\"stretch\":", "{\"rule\":").line, 4u);
    value_.stretches.clear();
    EXPECT_EQ(refusal_of("{\"rule\":", "{\"fact\":").why, "a fact before its stretch");
}

// Brackets in a name are none.
TEST_F(AccountExportText, ADocumentThatIsNestedTooDeeplyIsRefusedUnparsed) {
    const std::string deep(100, '[');
    value_.account.name = deep + "\"" + deep;
    EXPECT_TRUE(std::holds_alternative<ReadExport>(read_export(text())));
    for (std::string* document : {&value_.plans.at(0).document, &value_.invoices.at(0).document,
                                  &value_.checkpoints.at(0).body}) {
        const std::string before = std::exchange(*document, "{\"a\":" + deep);
        EXPECT_EQ(refusal(text()).why, "a value is not of its form");
        *document = before;
    }
}

TEST_F(AccountExportText, ALineBeyondTheLimitIsRefusedUnread) {
    std::string line = "{\"tollgate_export\":\"";
    line.append(export_line_limit, 'a');
    EXPECT_THAT(refusal(line + "\"}\n").why, HasSubstr("longer than 64 MiB"));
    EXPECT_THAT(refusal(line).why, HasSubstr("ends within this line"));
}

TEST_F(AccountExportText, ASealOfAnotherKeyOrOfOtherLinesIsNamed) {
    const std::string lines = to_text(value_);
    const auto other = platform::SigningKey::load_or_make(directory_ / "other");
    ExportSeal seal = seal_of(lines, key_);
    EXPECT_FALSE(check_seal(seal, lines, {}));
    EXPECT_FALSE(check_seal(seal, lines, {other.public_key(), key_.public_key()}));
    EXPECT_EQ(check_seal(seal, lines, {other.public_key()})->what, "public key");
    EXPECT_EQ(check_seal(seal, lines + " ", {})->what, "digest");
    seal.signature[5] ^= 1;
    EXPECT_EQ(check_seal(seal, lines, {key_.public_key()})->what, "signature");
    // The digest alone, by somebody without the key.
    seal = seal_of(lines, key_);
    seal.digest = platform::to_hex(platform::sha256("forged"));
    EXPECT_EQ(check_seal(seal, "forged", {key_.public_key()})->what, "signature");
}

TEST(LivedBetween, TakesWhatTouchesThePeriod) {
    const auto from = at("2026-10-01T00:00:00Z");
    const auto until = at("2026-11-01T00:00:00Z");
    lifecycle::Session session;
    const auto lived = [&](const char* loaded, const char* ended) {
        session.loaded_at = at(loaded);
        session.end_reason.reset();
        session.ended_at.reset();
        if (ended) {
            session.end_reason = lifecycle::EndReason::deleted;
            session.ended_at = at(ended);
        }
        return lived_between(session, from, until);
    };
    EXPECT_TRUE(lived("2026-09-30T00:00:00Z", "2026-10-01T00:00:00Z"));
    EXPECT_FALSE(lived("2026-09-30T00:00:00Z", "2026-09-30T23:59:59.999999Z"));
    EXPECT_TRUE(lived("2026-10-31T23:59:59.999999Z", "2026-11-02T00:00:00Z"));
    EXPECT_FALSE(lived("2026-11-01T00:00:00Z", nullptr));
    EXPECT_TRUE(lived("2026-01-01T00:00:00Z", nullptr));
    session.end_reason = lifecycle::EndReason::failed;  // it never ran, and has no end
    EXPECT_FALSE(lived_between(session, from, until));
    session.expires_at = from;
    EXPECT_TRUE(lived_between(session, from, until));
}

}  // namespace
}  // namespace proof

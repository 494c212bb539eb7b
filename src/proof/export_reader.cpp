#include <algorithm>
#include <nlohmann/json.hpp>

#include "proof/account_export.h"

namespace proof {
namespace {

using Json = nlohmann::ordered_json;
using calendar::Instant;

constexpr int deepest_nesting = 32;  // an invoice has 5

/// A value of brackets alone takes eighty times its text's memory when it is parsed.
bool is_too_deep(std::string_view json) {
    int depth = 0;
    bool is_text = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"') is_text = !is_text;
        if (is_text) {
            if (c == '\\') ++i;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest_nesting) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

// All throw Json::exception or std::bad_optional_access where a line is otherwise than it must be.

std::string text_at(const Json& json, const char* key) {
    return json.at(key).get<std::string>();
}

Instant instant_at(const Json& json, const char* key) {
    return calendar::parse_instant(text_at(json, key)).value();
}

std::optional<Instant> find_instant(const Json& json, const char* key) {
    if (json.at(key).is_null()) return std::nullopt;
    return instant_at(json, key);
}

/// JSON in a text, which others parse.
std::string document_at(const Json& json, const char* key) {
    std::string text = text_at(json, key);
    if (is_too_deep(text)) throw std::bad_optional_access();
    return text;
}

money::Decimal decimal_at(const Json& json, const char* key) {
    return money::parse_decimal(text_at(json, key)).value();
}

std::optional<money::Decimal> find_decimal(const Json& json, const char* key) {
    if (json.at(key).is_null()) return std::nullopt;
    return decimal_at(json, key);
}

ExportedFact read_fact(const Json& json) {
    return {.gateway = text_at(json, "gateway"),
            .sequence = json.at("sequence").get<std::uint64_t>(),
            .upstream = text_at(json, "upstream"),
            .kind = text_at(json, "kind"),
            .key = text_at(json, "key"),
            .model = text_at(json, "model"),
            .occurred_at = instant_at(json, "occurred_at"),
            .recorded_at = instant_at(json, "recorded_at"),
            .body = text_at(json, "body")};
}

/// Of a key that older exports do not have.
std::optional<Instant> find_added(const Json& json, const char* key) {
    return json.contains(key) ? find_instant(json, key) : std::nullopt;
}

ExportedRival read_rival(const Json& json) {
    using lifecycle::LesserAccount;
    const lifecycle::Rival rival{.loaded_at = instant_at(json, "loaded_at"),
                                 .created = find_instant(json, "created"),
                                 .sent_at = find_added(json, "sent_at"),
                                 .ended_at = find_added(json, "ended_at")};
    return {.upstream = lifecycle::UpstreamId(text_at(json, "upstream")),
            .model = lifecycle::ModelName(text_at(json, "model")),
            .rival = rival,
            .claim = lifecycle::make_claim(json.at("discovered").get<bool>(), rival.created,
                                           rival.loaded_at, instant_at(json, "since")),
            .lesser = json.at("lesser").get<bool>() ? LesserAccount::theirs : LesserAccount::ours};
}

std::vector<lifecycle::KeptWarm> read_kept_warm(const Json& json) {
    std::vector<lifecycle::KeptWarm> guests;
    for (const Json& guest : json) {
        guests.push_back({.key = lifecycle::KeyFingerprint(text_at(guest, "key")),
                          .runs = guest.at("runs").get<std::uint64_t>(),
                          .first_at = instant_at(guest, "first_at"),
                          .last_at = instant_at(guest, "last_at")});
    }
    return guests;
}

BookedSession read_session(const Json& json) {
    lifecycle::Session s;
    s.id = lifecycle::SessionId(text_at(json, "id"));
    s.upstream = lifecycle::UpstreamId(text_at(json, "upstream"));
    s.model = lifecycle::ModelName(text_at(json, "model"));
    s.key = lifecycle::KeyFingerprint(text_at(json, "key"));
    if (!json.at("gb").is_null()) s.gb = text_at(json, "gb");
    s.concurrency = json.at("concurrency").get<std::int64_t>();
    s.expiration_seconds = json.at("expiration_seconds").get<std::int64_t>();
    s.discovered = json.at("discovered").get<bool>();
    s.created = find_instant(json, "created");
    s.loaded_at = instant_at(json, "loaded_at");
    s.running_at = find_instant(json, "running_at");
    s.running_evidence =
        lifecycle::parse_running_evidence(text_at(json, "running_evidence")).value();
    s.expires_at = find_instant(json, "expires_at");
    s.ended_at = find_instant(json, "ended_at");
    if (!json.at("end_reason").is_null())
        s.end_reason = lifecycle::parse_end_reason(text_at(json, "end_reason")).value();
    s.end_evidence = lifecycle::parse_end_evidence(text_at(json, "end_evidence")).value();
    s.estimated = json.at("estimated").get<bool>();
    s.last_proof_of_life = find_instant(json, "last_proof_of_life");
    s.first_denial = find_instant(json, "first_denial");
    s.runs = json.at("runs").get<std::uint64_t>();
    s.last_run_at = find_instant(json, "last_run_at");
    s.kept_warm_by = read_kept_warm(json.at("kept_warm_by"));
    s.adjusted = json.at("adjusted").get<bool>();
    s.clock.shift.micros = json.at("clock_shift_micros").get<std::int64_t>();
    s.clock.uncertainty.reset();
    if (const Json& micros = json.at("clock_uncertainty_micros"); !micros.is_null())
        s.clock.uncertainty = calendar::Duration{micros.get<std::int64_t>()};
    s.facts_from = instant_at(json, "facts_from");
    s.facts_until = instant_at(json, "facts_until");
    return {std::move(s), text_at(json, "plan")};
}

ExportedCharge read_charge(const Json& json) {
    return {.session = lifecycle::SessionId(text_at(json, "session")),
            .revision = json.at("revision").get<std::int64_t>(),
            .place = {.period = text_at(json, "period"), .plan = text_at(json, "plan")},
            .owed = {.seconds = decimal_at(json, "seconds"),
                     .used = decimal_at(json, "used_seconds"),
                     .rounding = decimal_at(json, "rounding_seconds"),
                     .minimum = decimal_at(json, "minimum_seconds"),
                     .spin_down = decimal_at(json, "spin_down_seconds"),
                     .gb_seconds = find_decimal(json, "gb_seconds"),
                     .amount = find_decimal(json, "amount"),
                     .currency = text_at(json, "currency"),
                     .status = text_at(json, "status"),
                     .estimated = json.at("estimated").get<bool>()},
            .as_of = find_instant(json, "as_of"),
            .invoice = text_at(json, "invoice")};
}

SignedCheckpoint read_checkpoint(const Json& json) {
    return {.number = json.at("number").get<std::uint64_t>(),
            .body = document_at(json, "body"),
            .signature = platform::parse_signature(text_at(json, "signature")).value(),
            .public_key = platform::parse_public_key(text_at(json, "public_key")).value()};
}

ExportedStretch read_stretch(const Json& json) {
    return {.gateway = text_at(json, "gateway"),
            .after = {.hash = parse_hash(text_at(json, "after_link")).value(),
                      .count = json.at("after_count").get<std::uint64_t>(),
                      .last_sequence = json.at("after_sequence").get<std::uint64_t>()}};
}

void read_first(const Json& json, AccountExport& value) {
    value.made_at = instant_at(json, "made_at");
    value.month = calendar::to_text(calendar::parse_month(text_at(json, "month")).value());
    const Json& account = json.at("account");
    value.account = {.id = lifecycle::AccountId(text_at(account, "id")),
                     .name = text_at(account, "name"),
                     .timezone = text_at(account, "timezone"),
                     .currency = text_at(account, "currency"),
                     .passthrough = account.at("passthrough").get<bool>()};
}

/// Empty: read.
std::string read_further(const Json& line, AccountExport& value) {
    const std::string kind = line.items().begin().key();
    const Json& json = line.front();
    if (kind == "plan") {
        value.plans.push_back({text_at(json, "name"), document_at(json, "document")});
    } else if (kind == "assignment") {
        value.assignments.push_back({text_at(json, "plan"), instant_at(json, "effective_from"),
                                     json.at("revision").get<std::int64_t>(),
                                     json.at("default").get<bool>()});
    } else if (kind == "stretch") {
        value.stretches.push_back(read_stretch(json));
    } else if (kind == "fact") {
        if (value.stretches.empty()) return "a fact before its stretch";
        ExportedFact fact = read_fact(json);
        fact.link = parse_hash(text_at(json, "link")).value();
        value.stretches.back().facts.push_back(std::move(fact));
    } else if (kind == "rule") {
        value.rules.push_back(read_fact(json));
    } else if (kind == "early") {
        value.early.push_back(read_fact(json));
    } else if (kind == "guest") {
        value.guests.push_back(read_fact(json));
    } else if (kind == "rival") {
        value.rivals.push_back(read_rival(json));
    } else if (kind == "checkpoint") {
        value.checkpoints.push_back(read_checkpoint(json));
    } else if (kind == "session") {
        value.sessions.push_back(read_session(json));
    } else if (kind == "charge") {
        value.charges.push_back(read_charge(json));
    } else if (kind == "invoice") {
        value.invoices.push_back({text_at(json, "number"), document_at(json, "document")});
    } else {
        return "of a kind that this version does not know";
    }
    return "";
}

class Reading {
  public:
    explicit Reading(std::string_view text) : text_(text) {}

    std::variant<ReadExport, UnreadableExport> run() {
        if (text_.size() > export_bytes_limit) return refuse("the file is longer than 256 MiB");
        while (!is_sealed_) {
            if (place_ == text_.size())
                return refuse("the file ends before its last line, which holds the digest");
            const std::size_t end = text_.find('\n', place_);
            if (end == std::string_view::npos) return refuse("the file ends within this line");
            if (end - place_ > export_line_limit) return refuse("the line is longer than 64 MiB");
            if (const auto why = take(text_.substr(place_, end - place_)); !why.empty())
                return refuse(why);
            place_ = end + 1;
            ++line_;
        }
        if (place_ != text_.size()) return refuse("the file goes on after its last line");
        return compare_to_the_byte();
    }

  private:
    UnreadableExport refuse(const std::string& why) const { return {line_, why}; }

    std::string take(std::string_view line) {
        try {
            if (is_too_deep(line)) return "nested too deeply";
            const Json json = Json::parse(line);
            if (!json.is_object() || json.empty()) return "not a line of an export";
            if (line_ == 1) return take_first(json);
            if (!json.contains("digest")) return read_further(json, result_.value);
            result_.seal = {
                .digest = text_at(json, "digest"),
                .public_key = platform::parse_public_key(text_at(json, "public_key")).value(),
                .signature = platform::parse_signature(text_at(json, "signature")).value()};
            result_.lines = text_.substr(0, place_);
            is_sealed_ = true;
            return "";
        } catch (const Json::parse_error&) {
            return "not JSON";
        } catch (const Json::exception&) {
            return "a value is missing or of another kind";
        } catch (const std::bad_optional_access&) {
            return "a value is not of its form";
        }
    }

    std::string take_first(const Json& json) {
        const auto version = json.find("tollgate_export");
        if (version == json.end()) return "not an export: it begins with no \"tollgate_export\"";
        if (*version != 1) return "of a version that this tollgate does not read; it reads 1";
        read_first(json, result_.value);
        return "";
    }

    // What was read says all that the text says, and says it once.
    std::variant<ReadExport, UnreadableExport> compare_to_the_byte() {
        const std::string written = to_text(result_.value) + to_text(result_.seal);
        if (written == text_) return std::move(result_);
        const auto [mine, theirs] = std::ranges::mismatch(written, text_);
        line_ = 1 + static_cast<std::size_t>(std::count(written.begin(), mine, '\n'));
        return refuse("not written as an export is: keys, order or form are others");
    }

    const std::string_view text_;
    std::size_t place_ = 0;
    std::size_t line_ = 1;
    bool is_sealed_ = false;
    ReadExport result_;
};

}  // namespace

std::variant<ReadExport, UnreadableExport> read_export(std::string_view text) {
    return Reading(text).run();
}

}  // namespace proof

#include "metering/charge_json.h"

#include <array>
#include <charconv>

namespace metering {
namespace {

using calendar::Duration;
using calendar::Instant;

constexpr auto is_escaped = [] {
    std::array<bool, 256> escaped{};
    for (std::size_t c = 0; c < 0x20; ++c) escaped[c] = true;
    escaped['"'] = escaped['\\'] = true;
    return escaped;
}();

void append_key(std::string& out, std::string_view key) {
    out += '"';
    out += key;
    out += "\":";
}

void append_instant(std::string& out, std::string_view key, const std::optional<Instant>& instant) {
    append_key(out, key);
    if (!instant) {
        out += "null";
        return;
    }
    out += '"';
    calendar::append_text(out, *instant);
    out += '"';
}

void append_decimal(std::string& out, std::string_view key, const money::Decimal& value) {
    append_key(out, key);
    out += '"';
    value.append_to(out);
    out += '"';
}

/// to_seconds() without the way over a decimal; a charge's durations are not negative.
void append_seconds(std::string& out, std::string_view key, Duration duration) {
    constexpr std::int64_t micros_per_second = 1'000'000;
    append_key(out, key);
    std::array<char, 32> text;
    char* end =
        std::to_chars(text.data() + 1, text.data() + 20, duration.micros / micros_per_second).ptr;
    text[0] = '"';
    if (std::int64_t fraction = duration.micros % micros_per_second; fraction != 0) {
        *end = '.';
        for (int digit = 6; digit >= 1; --digit, fraction /= 10) {
            end[digit] = static_cast<char>('0' + fraction % 10);
        }
        for (end += 7; end[-1] == '0'; --end) {
        }
    }
    *end++ = '"';
    out.append(text.data(), end);
}

/// gb_seconds and amount of a charge or a slice.
template <class Priced>
void append_price(std::string& out, const Priced& priced) {
    if (!priced.gb_seconds || !priced.amount) {
        out += "\"gb_seconds\":null,\"amount\":null";
        return;
    }
    append_decimal(out, "gb_seconds", *priced.gb_seconds);
    out += ',';
    append_decimal(out, "amount", priced.amount->value());
}

/// Where the charge's own price stands in the output: an only slice has the same.
struct Written {
    std::size_t at;
    std::size_t size;
};

void append_slices(std::string& out, const Charge& charge, Written price) {
    out += "\"slices\":[";
    for (std::size_t i = 0; i < charge.slices.size(); ++i) {
        const MonthSlice& slice = charge.slices[i];
        out += i == 0 ? "{\"period\":\"" : ",{\"period\":\"";
        out += calendar::to_text(slice.period);
        out += "\",";
        append_seconds(out, "seconds", slice.billable);
        out += ',';
        if (charge.slices.size() == 1) {
            out.append(out, price.at, price.size);
        } else {
            append_price(out, slice);
        }
        out += '}';
    }
    out += ']';
}

void append_identity(std::string& out, const SessionFacts& facts) {
    out += "{\"session\":";
    append_json_text(out, facts.session);
    out += ",\"account\":";
    append_json_text(out, facts.account);
    out += ",\"model\":";
    append_json_text(out, facts.model);
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    static constexpr std::array<char, 17> hex{"0123456789abcdef"};
    out += '"';
    for (;;) {
        std::size_t plain = 0;
        while (plain < text.size() && !is_escaped[static_cast<unsigned char>(text[plain])]) ++plain;
        out.append(text, 0, plain);
        if (plain == text.size()) break;
        const auto c = static_cast<unsigned char>(text[plain]);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text[plain];
        } else {
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
        }
        text.remove_prefix(plain + 1);
    }
    out += '"';
}

void append_charge_json(std::string& out, const SessionFacts& facts, const Plan& plan,
                        const Charge& charge) {
    append_identity(out, facts);
    out += ",\"plan\":";
    append_json_text(out, plan.name);
    out += ",\"currency\":\"";
    out += plan.currency.code();
    out += "\",";
    append_key(out, "concurrency");
    out += std::to_string(facts.concurrency);
    out += ',';
    append_instant(out, "start", charge.start);
    out += ',';
    append_instant(out, "end", charge.end);
    out += ',';
    append_seconds(out, "used_seconds", charge.used);
    out += ',';
    append_seconds(out, "minimum_seconds", charge.minimum);
    out += ',';
    append_seconds(out, "rounding_seconds", charge.rounding);
    out += ',';
    append_seconds(out, "spin_down_seconds", charge.spin_down);
    out += ',';
    append_seconds(out, "billable_seconds", charge.billable);
    out += charge.estimated ? ",\"estimated\":true," : ",\"estimated\":false,";
    const std::size_t price = out.size();
    append_price(out, charge);
    const Written written{price, out.size() - price};
    out += ",\"status\":\"";
    out += to_text(charge.status);
    out += "\",";
    append_slices(out, charge, written);
    out += '}';
}

void append_session_json(std::string& out, const SessionFacts& facts) {
    append_identity(out, facts);
    out += ',';
    if (facts.gb) {
        append_decimal(out, "gb", *facts.gb);
    } else {
        out += "\"gb\":null";
    }
    out += ",\"concurrency\":";
    out += std::to_string(facts.concurrency);
    out += ',';
    append_instant(out, "loaded_at", facts.loaded_at);
    out += ',';
    append_instant(out, "running_at", facts.running_at);
    out += ',';
    append_instant(out, "expires_at", facts.expires_at);
    out += ',';
    append_instant(out, "ended_at", facts.ended_at);
    out += ",\"end_reason\":";
    if (facts.end_reason) {
        append_json_text(out, *facts.end_reason);
    } else {
        out += "null";
    }
    out += facts.estimated ? ",\"estimated\":true}" : ",\"estimated\":false}";
}

}  // namespace metering

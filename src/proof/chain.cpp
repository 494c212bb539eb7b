#include "proof/chain.h"

#include <charconv>
#include <concepts>
#include <iterator>

#include "platform/crypto.h"

namespace proof {
namespace {

constexpr std::string_view chain_domain = "tollgate chain 1\n";
constexpr std::string_view fact_domain = "tollgate fact 1\n";

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

template <std::integral Number>
void append_number(std::string& out, Number number) {
    char digits[24];
    out.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

template <std::integral Number>
void append_framed_number(std::string& out, Number number) {
    char digits[24];
    const char* end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    append_framed(out, {digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace

void append_framed(std::string& out, std::string_view text) {
    append_number(out, text.size());
    out += ':';
    out += text;
    out += ',';
}

Hash genesis(std::string_view gateway, std::string_view account) {
    std::string text(chain_domain);
    append_framed(text, gateway);
    append_framed(text, account);
    return platform::sha256(text);
}

Hash extend(const Hash& previous, const ChainedFact& fact) {
    thread_local std::string text;  // hashed for every fact: its memory is kept
    text = fact_domain;
    append_framed(text, to_text(previous));
    append_framed(text, fact.gateway);
    append_framed_number(text, fact.sequence);
    append_framed(text, fact.account);
    append_framed(text, fact.upstream);
    append_framed(text, fact.kind);
    append_framed(text, fact.key);
    append_framed(text, fact.model);
    append_framed_number(text, fact.occurred_at.micros);
    append_framed_number(text, fact.recorded_at.micros);
    append_framed(text, fact.body);
    return platform::sha256(text);
}

std::string to_text(const Hash& hash) {
    return platform::to_hex(hash);
}

std::optional<Hash> parse_hash(std::string_view text) {
    Hash hash{};
    if (text.size() != hash.size() * 2) return std::nullopt;
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        hash[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return hash;
}

ChainHead start_of(std::string_view gateway, std::string_view account) {
    return {.hash = genesis(gateway, account)};
}

void advance(ChainHead& head, const ChainedFact& fact) {
    head.hash = extend(head.hash, fact);
    head.last_sequence = fact.sequence;
    ++head.count;
}

}  // namespace proof

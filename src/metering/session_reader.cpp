#include "metering/session_reader.h"

#define SIMDJSON_EXCEPTIONS 0  // each error is looked at where it can occur
#include <simdjson.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace metering {
namespace {

namespace json = simdjson::ondemand;

static_assert(SessionReader::padding >= simdjson::SIMDJSON_PADDING);

/// Values nested deeper than this are refused: the walk is recursive.
constexpr int depth_limit = 500;

enum Key : unsigned {
    session,
    account,
    model,
    gb,
    concurrency,
    loaded_at,
    running_at,
    expires_at,
    ended_at,
    end_reason,
    estimated,
    unknown
};

struct KnownKey {
    std::string_view name;
    std::string_view bad_value;
};

// In the order of Key.
constexpr std::array<KnownKey, unknown> known_keys{{
    {"session", "session is not a text"},
    {"account", "account is not a text"},
    {"model", "model is not a text"},
    {"gb", "gb is neither null nor a decimal above 0, below 10^9, of at most 18 decimals"},
    {"concurrency", "concurrency is not an integer from 1 to 1000000"},
    {"loaded_at", "loaded_at is neither null nor an instant (RFC 3339, up to 6 fraction digits)"},
    {"running_at", "running_at is neither null nor an instant (RFC 3339, up to 6 fraction digits)"},
    {"expires_at", "expires_at is neither null nor an instant (RFC 3339, up to 6 fraction digits)"},
    {"ended_at", "ended_at is neither null nor an instant (RFC 3339, up to 6 fraction digits)"},
    {"end_reason", "end_reason is neither null nor a text"},
    {"estimated", "estimated is neither true nor false"},
}};
constexpr std::array<std::string_view, estimated> missing{
    "session is missing",    "account is missing",     "model is missing",
    "gb is missing",         "concurrency is missing", "loaded_at is missing",
    "running_at is missing", "expires_at is missing",  "ended_at is missing",
    "end_reason is missing"};
constexpr unsigned all_required = (1u << estimated) - 1;

/// Whether a key stands there as `name`, written without escapes. Reads within the padding.
bool is_written(json::raw_json_string key, std::string_view name) {
    return std::memcmp(key.raw(), name.data(), name.size()) == 0 && key.raw()[name.size()] == '"';
}

Key find_key(std::string_view name) {
    for (unsigned key = 0; key < unknown; ++key) {
        if (known_keys[key].name == name) return Key{key};
    }
    return unknown;
}

std::string_view trimmed(std::string_view token) {
    const std::size_t last = token.find_last_not_of(" \t\r\n");
    return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// RFC 8259's number, of any length.
bool is_json_number(std::string_view text) {
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        return at - begin;
    };
    if (at < text.size() && text[at] == '-') ++at;
    const bool leading_zero = at < text.size() && text[at] == '0';
    const std::size_t integer = digits();
    if (integer == 0 || (leading_zero && integer > 1)) return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (digits() == 0) return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == text.size();
}

bool read_concurrency(std::string_view token, std::int64_t& concurrency) {
    if (token.empty() || token.size() > 7 || token[0] == '0') return false;
    std::int64_t value = 0;
    for (char c : token) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    concurrency = value;
    return value <= concurrency_limit;
}

bool is_null(json::value& value) {
    bool answer = false;
    return !value.is_null().get(answer) && answer;
}

bool has_duplicate(std::vector<std::string_view>& names, std::size_t from) {
    const auto begin = names.begin() + static_cast<std::ptrdiff_t>(from);
    std::sort(begin, names.end());
    const bool found = std::adjacent_find(begin, names.end()) != names.end();
    names.resize(from);
    return found;
}

}  // namespace

struct SessionReader::State {
    json::parser parser;
    std::vector<std::string_view> names;  // a stack: unknown keys of the objects being walked
};

/// One pass over one line. The first thing found wrong is kept in `why_`, and ends it.
class SessionReader::Walk {
  public:
    Walk(State& state, SessionFacts& facts) : state_(state), facts_(facts) {}

    std::string_view read(std::string_view line) {
        json::document document;
        const std::size_t capacity = line.size() + padding;
        if (state_.parser.iterate(line.data(), line.size(), capacity).get(document))
            return not_json;
        json::object object;
        if (document.get_object().get(object)) return "not one JSON object";
        facts_.estimated = false;
        if (!fields(object)) return why_;
        // A location is found only while something is left behind the object.
        if (!document.current_location().error()) return "not one JSON object";
        const unsigned absent = all_required & ~seen_;
        if (absent != 0) return missing[static_cast<std::size_t>(std::countr_zero(absent))];
        return {};
    }

  private:
    static constexpr std::string_view not_json = "not JSON in UTF-8";
    static constexpr std::string_view duplicate = "a duplicate key";

    bool fail(std::string_view why) {
        why_ = why;
        return false;
    }

    bool fields(json::object& object) {
        state_.names.clear();
        Key key = unknown;
        for (auto result : object) {
            json::field field;
            if (std::move(result).get(field)) return fail(not_json);
            // Lines repeat the order of their keys, so the one behind the last is looked for first.
            key = key < estimated ? Key{key + 1u} : session;
            if (!is_written(field.key(), known_keys[key].name)) {
                std::string_view name;
                if (field.unescaped_key().get(name)) return fail(not_json);
                key = find_key(name);
                if (key == unknown) state_.names.push_back(name);
            }
            if (key == unknown) {
                if (!walk(field.value(), 1)) return false;
                continue;
            }
            if ((seen_ & (1u << key)) != 0) return fail(duplicate);
            seen_ |= 1u << key;
            if (!known(key, field.value())) return fail(known_keys[key].bad_value);
        }
        return state_.names.size() < 2 || !has_duplicate(state_.names, 0) || fail(duplicate);
    }

    bool known(Key key, json::value value) {
        switch (key) {
            case session:
                return text(value, facts_.session);
            case account:
                return text(value, facts_.account);
            case model:
                return text(value, facts_.model);
            case gb:
                return read_gb(value);
            case concurrency: {
                std::string_view token = value.raw_json_token();
                return read_concurrency(trimmed(token), facts_.concurrency);
            }
            case loaded_at:
                return instant(value, facts_.loaded_at);
            case running_at:
                return instant(value, facts_.running_at);
            case expires_at:
                return instant(value, facts_.expires_at);
            case ended_at:
                return instant(value, facts_.ended_at);
            case end_reason:
                return reason(value);
            case estimated:
                return value.get_bool().get(facts_.estimated) == simdjson::SUCCESS;
            case unknown:
                break;
        }
        return false;
    }

    bool text(json::value& value, std::string& out) {
        std::string_view read;
        if (value.get_string().get(read)) return false;
        out.assign(read);
        return true;
    }

    bool instant(json::value& value, std::optional<calendar::Instant>& out) {
        out.reset();
        std::string_view read;
        if (value.get_string().get(read)) return is_null(value);
        out = calendar::parse_instant(read);
        return out.has_value();
    }

    bool reason(json::value& value) {
        std::string_view read;
        if (value.get_string().get(read)) {
            facts_.end_reason.reset();
            return is_null(value);
        }
        if (!facts_.end_reason) facts_.end_reason.emplace();
        facts_.end_reason->assign(read);
        return true;
    }

    bool read_gb(json::value& value) {
        facts_.gb.reset();
        std::string_view read;
        if (!value.get_string().get(read)) {
            facts_.gb = parse_gb(read);
            return facts_.gb.has_value();
        }
        if (is_null(value)) return true;
        facts_.gb = parse_gb(trimmed(value.raw_json_token()));
        return facts_.gb.has_value();
    }

    /// A value nobody asked for: valid all the same.
    bool walk(json::value value, int depth) {
        if (depth > depth_limit) return fail("nested too deeply");
        json::json_type type;
        if (value.type().get(type)) return fail(not_json);
        switch (type) {
            case json::json_type::object:
                return walk_object(value, depth);
            case json::json_type::array:
                return walk_array(value, depth);
            case json::json_type::string: {
                std::string_view read;
                return !value.get_string().get(read) || fail(not_json);
            }
            case json::json_type::number:
                return is_json_number(trimmed(value.raw_json_token())) || fail(not_json);
            case json::json_type::boolean: {
                bool read;
                return !value.get_bool().get(read) || fail(not_json);
            }
            case json::json_type::null:
                return is_null(value) || fail(not_json);
        }
        return fail(not_json);
    }

    bool walk_object(json::value& value, int depth) {
        json::object object;
        if (value.get_object().get(object)) return fail(not_json);
        const std::size_t from = state_.names.size();
        for (auto result : object) {
            json::field field;
            std::string_view name;
            if (std::move(result).get(field) || field.unescaped_key().get(name))
                return fail(not_json);
            state_.names.push_back(name);
            if (!walk(field.value(), depth + 1)) return false;
        }
        return !has_duplicate(state_.names, from) || fail(duplicate);
    }

    bool walk_array(json::value& value, int depth) {
        json::array array;
        if (value.get_array().get(array)) return fail(not_json);
        for (auto result : array) {
            json::value element;
            if (std::move(result).get(element)) return fail(not_json);
            if (!walk(element, depth + 1)) return false;
        }
        return true;
    }

    State& state_;
    SessionFacts& facts_;
    std::string_view why_;
    unsigned seen_ = 0;
};

SessionReader::SessionReader() : state_(std::make_unique<State>()) {}
SessionReader::~SessionReader() = default;

std::string_view SessionReader::read(std::string_view line, SessionFacts& facts) {
    return Walk(*state_, facts).read(line);
}

}  // namespace metering

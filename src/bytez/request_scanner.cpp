#include "bytez/request_scanner.h"

#include <algorithm>

#include "lifecycle/plain_run.h"

namespace bytez {
namespace {

constexpr std::size_t longest_name = 32;  // ours are shorter

constexpr bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A name that readers without regard to case take for one of ours.
bool is_near_miss(std::string_view name) {
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    for (const std::string_view ours : {"model", "key", "concurrency", "expirationPeriodSeconds"}) {
        if (std::equal(name.begin(), name.end(), ours.begin(), ours.end(), same)) return true;
    }
    return false;
}

}  // namespace

void RequestScanner::reset() {
    state_ = State::more;
    mode_ = Mode::start;
    field_ = Field::none;
    is_name_ = capturing_ = name_too_long_ = false;
    depth_ = 0;
    utf8_ = {};
    unicode_left_ = 0;
    high_surrogate_ = 0;
    error_ = {};
    for (Text* text : {&model_, &key_}) {
        text->seen = text->present = false;
        text->text.clear();
    }
    concurrency_ = {};
    expiration_seconds_ = {};
}

void RequestScanner::fail(std::string_view why) {
    error_ = why;
    state_ = State::bad;
}

RequestScanner::State RequestScanner::feed(std::string_view piece) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (at < end && state_ != State::bad) at = step(at, end);
    return state_;
}

RequestScanner::State RequestScanner::finish() {
    if (state_ == State::more) fail("the body ends inside its JSON");
    return state_;
}

const char* RequestScanner::step(const char* at, const char* end) {
    if (mode_ == Mode::string) return read_string(at, end);
    if (mode_ == Mode::number) return read_number(at, end);
    const char c = *at++;
    switch (mode_) {
        case Mode::escape:
            read_escape(c);
            return at;
        case Mode::unicode:
            read_unicode_digit(c);
            return at;
        case Mode::literal:
            if (c != literal_rest_.front()) fail("not a JSON value");
            literal_rest_.remove_prefix(1);
            if (literal_rest_.empty() && state_ != State::bad) after_value();
            return at;
        default:
            break;
    }
    if (is_space(c)) return at;
    read_structure(c);
    return at;
}

void RequestScanner::read_structure(char c) {
    switch (mode_) {
        case Mode::start:
            if (c != '{') return fail("the body is not a JSON object");
            return push(true);
        case Mode::first_element:
            if (c == ']') return pop(false);
            return begin_value(c);
        case Mode::value:
            return begin_value(c);
        case Mode::first_name:
            if (c == '}') return pop(true);
            [[fallthrough]];
        case Mode::name:
            if (c != '"') return fail("a name must follow in a JSON object");
            return begin_string(true);
        case Mode::colon:
            if (c != ':') return fail("a colon must follow a JSON name");
            mode_ = Mode::value;
            return;
        case Mode::after_value:
            if (c == '}' || c == ']') return pop(c == '}');
            if (c != ',') return fail("a comma or a bracket must follow a JSON value");
            mode_ = in_object() ? Mode::name : Mode::value;
            return;
        default:
            return fail("something follows the JSON object");
    }
}

const char* RequestScanner::read_string(const char* at, const char* end) {
    if (utf8_.is_inside()) {
        if (!utf8_.take(static_cast<unsigned char>(*at))) fail("the body is not UTF-8");
        if (capturing_ && state_ != State::bad) capture({at, 1});
        return at + 1;
    }
    const char* const stop = lifecycle::skip_plain(at, end);
    if (stop != at) {
        if (high_surrogate_ != 0) refuse_lone_surrogate();
        if (capturing_) capture({at, static_cast<std::size_t>(stop - at)});
        return stop;
    }
    const char c = *at;
    if (c == '"') {
        if (high_surrogate_ != 0) refuse_lone_surrogate();
        if (state_ != State::bad) end_string();
    } else if (c == '\\') {
        mode_ = Mode::escape;
    } else if (static_cast<unsigned char>(c) < 0x20) {
        fail("a control character in a JSON string");
    } else {
        if (!utf8_.take(static_cast<unsigned char>(c))) fail("the body is not UTF-8");
        if (high_surrogate_ != 0) refuse_lone_surrogate();
        if (capturing_ && state_ != State::bad) capture({at, 1});
    }
    return at + 1;
}

void RequestScanner::read_escape(char c) {
    mode_ = Mode::string;
    char meant = 0;
    switch (c) {
        case '"':
        case '\\':
        case '/':
            meant = c;
            break;
        case 'b':
            meant = '\b';
            break;
        case 'f':
            meant = '\f';
            break;
        case 'n':
            meant = '\n';
            break;
        case 'r':
            meant = '\r';
            break;
        case 't':
            meant = '\t';
            break;
        case 'u':
            mode_ = Mode::unicode;
            unicode_ = 0;
            unicode_left_ = 4;
            return;
        default:
            fail("an unknown escape in a JSON string");
            return;
    }
    if (high_surrogate_ != 0) refuse_lone_surrogate();
    if (capturing_ && state_ != State::bad) capture({&meant, 1});
}

void RequestScanner::read_unicode_digit(char c) {
    std::uint32_t digit = 0;
    if (is_digit(c)) {
        digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
        fail("an unknown escape in a JSON string");
        return;
    }
    unicode_ = unicode_ * 16 + digit;
    if (--unicode_left_ != 0) return;
    mode_ = Mode::string;
    capture_code_point(unicode_);
}

/// Lone surrogates pass where nothing is captured: JavaScript clients write them when they cut a
/// text in the middle of a pair. A name that holds one is none of ours.
void RequestScanner::refuse_lone_surrogate() {
    high_surrogate_ = 0;
    if (!capturing_) return;
    if (is_name_) {
        name_too_long_ = true;
    } else {
        fail("half a surrogate pair in the model's name or in the key");
    }
}

void RequestScanner::capture_code_point(std::uint32_t unit) {
    const bool is_high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    std::uint32_t code_point = unit;
    if (is_low && high_surrogate_ != 0) {
        code_point = 0x10000 + ((high_surrogate_ - 0xD800) << 10) + (unit - 0xDC00);
    } else if (is_low || high_surrogate_ != 0) {
        refuse_lone_surrogate();
    }
    high_surrogate_ = is_high ? unit : 0;
    if (!capturing_ || is_high || state_ == State::bad) return;
    std::array<char, 4> bytes{};
    const std::size_t size = encode_utf8(code_point, bytes);
    capture({bytes.data(), size});
}

RequestScanner::Text* RequestScanner::captured_text() {
    if (field_ == Field::model) return &model_;
    if (field_ == Field::key) return &key_;
    return nullptr;
}

void RequestScanner::capture(std::string_view run) {
    if (is_name_) {
        name_too_long_ = name_too_long_ || name_.size() + run.size() > longest_name;
        if (!name_too_long_) name_.append(run);
        return;
    }
    std::string& text = captured_text()->text;
    if (text.size() + run.size() > max_text) {
        fail(field_ == Field::model ? "the model's name is too long" : "the key is too long");
        return;
    }
    text.append(run);
}

void RequestScanner::begin_string(bool is_name) {
    mode_ = Mode::string;
    is_name_ = is_name;
    high_surrogate_ = 0;
    if (is_name) {
        capturing_ = depth_ == 1;
        name_too_long_ = false;
        name_.clear();
        return;
    }
    Text* const text = captured_text();
    capturing_ = text != nullptr;
    if (text) text->text.clear();
}

void RequestScanner::end_string() {
    if (is_name_) {
        mode_ = Mode::colon;
        if (capturing_) resolve_name();
        capturing_ = false;
        return;
    }
    if (capturing_) {
        capturing_ = false;
        Text* const text = captured_text();
        for (const char c : text->text) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
                fail("a control character in the model's name or in the key");
                return;
            }
        }
        text->present = true;
    }
    after_value();
}

void RequestScanner::resolve_name() {
    field_ = Field::none;
    bool* seen = nullptr;
    if (name_too_long_) return;
    if (name_ == "model") {
        field_ = Field::model;
        seen = &model_.seen;
    } else if (name_ == "key") {
        field_ = Field::key;
        seen = &key_.seen;
    } else if (name_ == "concurrency") {
        field_ = Field::concurrency;
        seen = &concurrency_.seen;
    } else if (name_ == "expirationPeriodSeconds") {
        field_ = Field::expiration;
        seen = &expiration_seconds_.seen;
    } else {
        if (is_near_miss(name_)) fail("a metered field's name is in other letters");
        return;
    }
    if (*seen) fail("a field that must be unique is given twice");
    *seen = true;
}

void RequestScanner::begin_value(char c) {
    if (field_ == Field::concurrency) concurrency_.odd = c != 'n';  // until its number is read
    switch (c) {
        case '"':
            begin_string(false);
            return;
        case '{':
            push(true);
            return;
        case '[':
            push(false);
            return;
        case 't':
            literal_rest_ = "rue";
            break;
        case 'f':
            literal_rest_ = "alse";
            break;
        case 'n':
            literal_rest_ = "ull";
            break;
        default:
            if (c == '-' || is_digit(c)) {
                begin_number(c);
            } else {
                fail("not a JSON value");
            }
            return;
    }
    mode_ = Mode::literal;
}

bool RequestScanner::in_object() const {
    const std::uint32_t level = depth_ - 1;
    return (objects_[level / 64] >> (level % 64) & 1) != 0;
}

void RequestScanner::push(bool object) {
    if (depth_ == max_depth) {
        fail("the JSON is nested too deeply");
        return;
    }
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    if (object) {
        objects_[depth_ / 64] |= bit;
    } else {
        objects_[depth_ / 64] &= ~bit;
    }
    // A field of ours holds a plain value or counts as absent: what is inside is not its value.
    field_ = Field::none;
    ++depth_;
    mode_ = object ? Mode::first_name : Mode::first_element;
}

void RequestScanner::pop(bool object) {
    if (in_object() != object) {
        fail("a bracket of another kind closes the JSON value");
        return;
    }
    --depth_;
    after_value();
}

void RequestScanner::after_value() {
    field_ = Field::none;
    if (depth_ == 0) {
        mode_ = Mode::end;
        state_ = State::complete;
    } else {
        mode_ = Mode::after_value;
    }
}

void RequestScanner::begin_number(char c) {
    mode_ = Mode::number;
    number_.begin();
    number_.take(c);
}

const char* RequestScanner::read_number(const char* at, const char* end) {
    while (at < end && number_.take(*at)) ++at;
    if (at == end) return end;
    if (!number_.is_complete()) {
        fail("a malformed JSON number");
        return end;
    }
    if (field_ == Field::concurrency) {
        concurrency_.value = number_.integer();
        concurrency_.odd = !concurrency_.value;
    }
    if (field_ == Field::expiration) expiration_seconds_.value = number_.integer();
    after_value();
    return at;  // the byte that ended it is read as what follows a value
}

}  // namespace bytez

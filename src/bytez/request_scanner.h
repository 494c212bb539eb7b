// Reads a request's JSON body as it streams past, a piece at a time, in constant memory: validates
// UTF-8 and JSON, and takes the top-level fields that metering needs. Keys are compared after
// unescaping ("\u006dodel" is `model`), because that is how the upstream reads them; a second
// `model`, `key`, `concurrency` or `expirationPeriodSeconds` is refused, because upstreams differ
// in which of the two they take. A name in other letters than ours ("Model") is refused too:
// readers without regard to case take it for ours.
//
// Nothing is allocated after the first uses: the captured texts keep their memory over reset().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bytez/json_number.h"
#include "bytez/utf8.h"

namespace bytez {

class RequestScanner {
  public:
    enum class State {
        more,      // fine so far
        complete,  // one whole JSON object, followed by nothing but white space so far
        bad,       // error() says why; nothing more is read
    };
    static constexpr std::size_t max_text = 512;                // bytes of `model` and of `key`
    static constexpr std::size_t max_depth = 256;               // of nested arrays and objects
    static constexpr std::int64_t max_concurrency = 1'000'000;  // metering.md, "Command"

    State feed(std::string_view piece);
    State finish();  // end of body: complete or bad
    State state() const { return state_; }
    std::string_view error() const { return error_; }  // a static sentence, no content of the body

    // Valid at any time for what has been seen whole, until reset(); final when complete. A value
    // of another type than the field's own counts as absent: the upstream judges it.

    /// UTF-8 without control characters; a longer or lone-surrogate text makes the body bad.
    std::optional<std::string_view> model() const { return model_.view(); }
    /// The legacy credential field.
    std::optional<std::string_view> key() const { return key_.view(); }
    /// Whole numbers in any spelling of JSON (4, 4.0, 4e0), up to 10^15; others count as absent.
    std::optional<std::int64_t> concurrency() const { return concurrency_.value; }
    std::optional<std::int64_t> expiration_seconds() const { return expiration_seconds_.value; }
    /// The body names a number of replicas that cannot be billed: no whole number from 1 to
    /// max_concurrency, which a lenient upstream may take all the same ("4", 1.5). Null is none.
    bool has_odd_concurrency() const {
        const auto& value = concurrency_.value;
        return concurrency_.odd || (value && (*value < 1 || *value > max_concurrency));
    }

    void reset();

  private:
    enum class Mode : std::uint8_t {
        start,          // white space or the opening brace
        value,          // a value must follow
        first_element,  // a value or ]
        first_name,     // a name or }
        name,           // a name must follow
        colon,          // after a name
        after_value,    // , or the closing bracket
        string,         // between quotes
        escape,         // after a backslash
        unicode,        // in the four digits of \u
        number,         // in a number
        literal,        // in true, false, null
        end,            // after the object
    };
    enum class Field : std::uint8_t { none, model, key, concurrency, expiration };
    struct Text {
        std::string text;
        bool seen = false;     // the name occurred
        bool present = false;  // and its value is a text, whole
        std::optional<std::string_view> view() const {
            return present ? std::optional<std::string_view>(text) : std::nullopt;
        }
    };
    struct Number {
        bool seen = false;
        bool odd = false;  // neither null nor a whole number
        std::optional<std::int64_t> value;
    };

    void fail(std::string_view why);
    void read_structure(char c);
    const char* step(const char* at, const char* end);
    const char* read_string(const char* at, const char* end);
    const char* read_number(const char* at, const char* end);
    void read_escape(char c);
    void read_unicode_digit(char c);
    void begin_value(char c);
    void begin_string(bool is_name);
    void end_string();
    void begin_number(char c);
    void push(bool object);
    void pop(bool object);
    void after_value();
    void resolve_name();
    Text* captured_text();
    void capture(std::string_view run);
    void capture_code_point(std::uint32_t unit);
    void refuse_lone_surrogate();
    bool in_object() const;

    State state_ = State::more;
    Mode mode_ = Mode::start;
    Field field_ = Field::none;  // which top-level field's value is being read
    bool is_name_ = false;       // the string being read is a name
    bool capturing_ = false;
    bool name_too_long_ = false;  // or otherwise none of ours

    std::uint32_t depth_ = 0;
    std::array<std::uint64_t, max_depth / 64> objects_{};  // a bit per level: object or array

    Utf8Check utf8_;
    std::uint8_t unicode_left_ = 0;
    std::uint32_t unicode_ = 0;
    std::uint32_t high_surrogate_ = 0;  // 0: none waits for its partner

    JsonNumber number_;
    std::string_view literal_rest_;

    std::string_view error_;
    std::string name_;
    Text model_, key_;
    Number concurrency_, expiration_seconds_;
};

}  // namespace bytez

#include "lifecycle/fact_json.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "lifecycle/fact_fields.h"
#include "lifecycle/json_text.h"

namespace lifecycle {
namespace {

constexpr std::string_view source_names[] = {"passing", "watcher"};

class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    template <class T>
    void operator()(std::string_view name, const T& value) {
        out_ += first_ ? '{' : ',';
        first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
        write(value);
    }
    template <class T>
    void operator()(std::string_view name, const std::optional<T>& value) {
        if (value) (*this)(name, *value);
    }
    void close() { out_ += '}'; }

  private:
    template <std::integral T>
    void write(T number) {
        std::array<char, 24> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out_.append(digits.data(), end);
    }
    void write(bool truth) { out_ += truth ? "true" : "false"; }
    void write(const std::string& text) { append_json_text(text, out_); }
    void write(std::string_view text) { append_json_text(text, out_); }
    void write(calendar::Instant instant) { write(instant.micros); }
    void write(Source source) { write(source_names[static_cast<std::size_t>(source)]); }
    template <class Tag>
    void write(const Id<Tag>& id) {
        write(id.text());
    }
    template <class Nested>
    requires(std::is_same_v<Nested, CallId> ||
             std::is_same_v<Nested, LoadOptions>) void write(const Nested& nested) {
        Writer inner(out_);
        visit_fields(inner, nested);
        inner.close();
    }

    std::string& out_;
    bool first_ = true;
};

[[noreturn]] void refuse(std::string_view field, std::string_view why) {
    throw std::invalid_argument("not a fact: " + std::string(field) + ": " + std::string(why));
}

/// Takes the fields of one object in order; what is out of order, unknown or missing is refused.
class FieldReader {
  public:
    explicit FieldReader(simdjson::dom::object object)
        : next_(object.begin()), end_(object.end()) {}

    template <class T>
    void operator()(std::string_view name, T& value) {
        if (!at(name)) refuse(name, "missing");
        read(name, next_.value(), value);
        ++next_;
    }
    template <class T>
    void operator()(std::string_view name, std::optional<T>& value) {
        if (at(name)) (*this)(name, value.emplace());
    }
    void close() {
        if (next_ != end_) refuse(next_.key(), "unknown, repeated or out of order");
    }

  private:
    bool at(std::string_view name) { return next_ != end_ && next_.key() == name; }

    template <class T>
    static T take(std::string_view name, simdjson::dom::element element) {
        T value;
        if (element.get(value) != simdjson::SUCCESS) refuse(name, "of another type");
        return value;
    }

    void read(std::string_view name, simdjson::dom::element from, std::uint64_t& to) {
        to = take<std::uint64_t>(name, from);
    }
    void read(std::string_view name, simdjson::dom::element from, std::int64_t& to) {
        to = take<std::int64_t>(name, from);
    }
    void read(std::string_view name, simdjson::dom::element from, int& to) {
        const auto wide = take<std::int64_t>(name, from);
        if (!std::in_range<int>(wide)) refuse(name, "out of range");
        to = static_cast<int>(wide);
    }
    void read(std::string_view name, simdjson::dom::element from, bool& to) {
        to = take<bool>(name, from);
    }
    void read(std::string_view name, simdjson::dom::element from, std::string& to) {
        to = take<std::string_view>(name, from);
    }
    void read(std::string_view name, simdjson::dom::element from, calendar::Instant& to) {
        to.micros = take<std::int64_t>(name, from);
    }
    void read(std::string_view name, simdjson::dom::element from, Source& to) {
        const auto text = take<std::string_view>(name, from);
        if (text == source_names[0]) {
            to = Source::passing;
        } else if (text == source_names[1]) {
            to = Source::watcher;
        } else {
            refuse(name, "unknown");
        }
    }
    template <class Tag>
    void read(std::string_view name, simdjson::dom::element from, Id<Tag>& to) {
        to = Id<Tag>(std::string(take<std::string_view>(name, from)));
    }
    template <class Nested>
    requires(std::is_same_v<Nested, CallId> || std::is_same_v<Nested, LoadOptions>) void read(
        std::string_view name, simdjson::dom::element from, Nested& to) {
        FieldReader inner(take<simdjson::dom::object>(name, from));
        visit_fields(inner, to);
        inner.close();
    }

    simdjson::dom::object::iterator next_;
    simdjson::dom::object::iterator end_;
};

template <class Kind>
bool read_kind(std::string_view kind, FieldReader& reader, FactBody& body) {
    if (kind != kind_name<Kind>) return false;
    visit_fields(reader, body.emplace<Kind>());
    return true;
}

template <class... Kinds>
void read_body(std::string_view kind, FieldReader& reader, std::variant<Kinds...>& body) {
    if (!(read_kind<Kinds>(kind, reader, body) || ...)) refuse("kind", "unknown");
}

}  // namespace

void append_json(const Fact& fact, std::string& out) {
    Writer writer(out);
    writer("occurred_at", fact.occurred_at);
    std::visit(
        [&]<class Kind>(const Kind& body) {
            writer("kind", kind_name<Kind>);
            visit_fields(writer, body);
        },
        fact.body);
    writer.close();
}

std::string to_json(const Fact& fact) {
    std::string out;
    append_json(fact, out);
    return out;
}

Fact parse_fact(std::string_view json) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (const auto error = parser.parse(json.data(), json.size()).get(object))
        refuse("text", simdjson::error_message(error));
    FieldReader reader(object);
    Fact fact;
    std::string kind;
    reader("occurred_at", fact.occurred_at);
    reader("kind", kind);
    read_body(kind, reader, fact.body);
    reader.close();
    // White space, other spellings of escapes: one fact has one text, or hashes over it mean
    // little.
    if (to_json(fact) != json) refuse("text", "not canonical");
    return fact;
}

}  // namespace lifecycle

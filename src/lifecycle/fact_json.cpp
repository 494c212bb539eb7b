#include "lifecycle/fact_json.h"

#include <array>
#include <charconv>
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

/// Takes the fields of one object in order, each as Writer writes it; what is out of order,
/// unknown, missing or spelled otherwise is refused.
class FieldReader {
  public:
    explicit FieldReader(std::string_view& rest) : rest_(rest) {}

    template <class T>
    void operator()(std::string_view name, T& value) {
        const std::size_t length = find_value(name);
        if (length == 0) refuse(name, "missing");
        take(name, length, value);
    }
    template <class T>
    void operator()(std::string_view name, std::optional<T>& value) {
        if (const std::size_t length = find_value(name)) take(name, length, value.emplace());
    }
    void close() {
        if (!rest_.starts_with('}')) refuse("object", "holds more, or not in order");
        rest_.remove_prefix(1);
    }

  private:
    /// Where the value begins if the field of this name is next; else 0.
    std::size_t find_value(std::string_view name) const {
        const std::size_t length = name.size() + 4;
        const bool is_next = rest_.size() > length && rest_[0] == (first_ ? '{' : ',') &&
                             rest_[1] == '"' && rest_.substr(2, name.size()) == name &&
                             rest_.substr(2 + name.size(), 2) == "\":";
        return is_next ? length : 0;
    }
    template <class T>
    void take(std::string_view name, std::size_t length, T& value) {
        rest_.remove_prefix(length);
        first_ = false;
        read(name, value);
    }

    template <std::integral T>
    void read(std::string_view name, T& to) {
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), to);
        if (error != std::errc()) refuse(name, "not a number in range");
        const auto length = static_cast<std::size_t>(end - rest_.data());
        const std::string_view digits = rest_.substr(rest_[0] == '-', length);
        if (digits[0] == '0' && length > 1) refuse(name, "not canonical");
        rest_.remove_prefix(length);
    }
    void read(std::string_view name, bool& to) {
        to = rest_.starts_with("true");
        if (!to && !rest_.starts_with("false")) refuse(name, "neither true nor false");
        rest_.remove_prefix(to ? 4 : 5);
    }
    void read(std::string_view name, std::string& to) {
        if (!take_json_text(rest_, to)) refuse(name, "not a canonical text");
    }
    void read(std::string_view name, calendar::Instant& to) { read(name, to.micros); }
    void read(std::string_view name, Source& to) {
        std::string text;
        read(name, text);
        if (text == source_names[0]) {
            to = Source::passing;
        } else if (text == source_names[1]) {
            to = Source::watcher;
        } else {
            refuse(name, "unknown");
        }
    }
    template <class Tag>
    void read(std::string_view name, Id<Tag>& to) {
        std::string text;
        read(name, text);
        to = Id<Tag>(std::move(text));
    }
    template <class Nested>
    requires(std::is_same_v<Nested, CallId> ||
             std::is_same_v<Nested, LoadOptions>) void read(std::string_view, Nested& to) {
        FieldReader inner(rest_);
        visit_fields(inner, to);
        inner.close();
    }

    std::string_view& rest_;
    bool first_ = true;
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
    FieldReader reader(json);
    Fact fact;
    std::string kind;
    reader("occurred_at", fact.occurred_at);
    reader("kind", kind);
    read_body(kind, reader, fact.body);
    reader.close();
    if (!json.empty()) refuse("text", "goes on behind the fact");
    return fact;
}

}  // namespace lifecycle

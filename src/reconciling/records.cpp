#include "reconciling/records.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace reconciling {
namespace {

constexpr std::string_view blank = " \t\r\n";

bool is_blank(std::string_view text) {
    return text.find_first_not_of(blank) == std::string_view::npos;
}

/// Reads CSV record by record.
class CsvReader {
  public:
    explicit CsvReader(std::string_view text) : text_(text) {}

    bool at_end() const { return place_ >= text_.size(); }
    std::uint64_t line() const { return line_; }

    /// The next record's fields; blank lines are records of one empty field.
    std::optional<Unreadable> read(std::vector<std::string>& fields) {
        fields.assign(1, "");
        while (!at_end()) {
            const char c = text_[place_];
            if (c == '"' && fields.back().empty() && !closed_) {
                if (auto fault = read_quoted(fields.back())) return fault;
                continue;
            }
            ++place_;
            if (c == ',') {
                fields.emplace_back();
                closed_ = false;
            } else if (c == '\n' || c == '\r') {
                if (c == '\r' && !at_end() && text_[place_] == '\n') ++place_;
                ++line_;
                break;
            } else if (closed_) {
                return Unreadable{line_, "text behind a closing quote"};
            } else if (c == '"') {
                return Unreadable{line_, "a quote within a field that does not begin with one"};
            } else {
                fields.back() += c;
            }
        }
        closed_ = false;
        return std::nullopt;
    }

  private:
    std::optional<Unreadable> read_quoted(std::string& field) {
        const std::uint64_t began = line_;
        for (++place_; !at_end(); ++place_) {
            const char c = text_[place_];
            if (c == '"') {
                if (place_ + 1 >= text_.size() || text_[place_ + 1] != '"') {
                    ++place_;
                    closed_ = true;
                    return std::nullopt;
                }
                ++place_;
            } else if (c == '\n') {
                ++line_;
            }
            field += c;
        }
        return Unreadable{began, "a quote that is never closed"};
    }

    std::string_view text_;
    std::size_t place_ = 0;
    std::uint64_t line_ = 1;
    bool closed_ = false;  // the field's quote is
};

std::optional<Unreadable> read_csv(std::string_view text, const TakeRecord& take) {
    CsvReader reader(text);
    std::vector<std::string> names;
    std::vector<std::string> values;
    while (!reader.at_end()) {
        TextRecord record{reader.line(), {}};
        if (auto fault = reader.read(values)) return fault;
        if (values.size() == 1 && is_blank(values.front())) continue;
        if (names.empty()) {
            names = values;
            continue;
        }
        if (values.size() != names.size())
            return Unreadable{record.line, "has " + std::to_string(values.size()) +
                                               " fields, the header " +
                                               std::to_string(names.size())};
        for (std::size_t i = 0; i < names.size(); ++i)
            if (!values[i].empty()) record.fields.push_back({names[i], values[i], false, false});
        if (auto fault = take(record)) return fault;
    }
    if (names.empty()) return Unreadable{1, "is empty: no header and no line"};
    return std::nullopt;
}

/// One flat object into fields; numbers keep their text.
class ObjectReader : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit ObjectReader(std::vector<Field>& fields) : fields_(fields) {}
    const std::string& why() const { return why_; }
    bool is_object() const { return is_object_; }

    bool null() override { return skip(); }
    bool boolean(bool value) override { return add(value ? "true" : "false", false); }
    bool number_integer(number_integer_t value) override {
        return add(std::to_string(value), true);
    }
    bool number_unsigned(number_unsigned_t value) override {
        return add(std::to_string(value), true);
    }
    bool number_float(number_float_t, const string_t& text) override { return add(text, true); }
    bool string(string_t& value) override { return add(value, false); }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override {
        if (depth_++ == 0) return is_object_ = true;
        return depth_ > 2 || add_nested();
    }
    bool key(string_t& name) override {
        if (depth_ != 1) return true;
        if (!names_.insert(name).second) {
            why_ = "the name `" + name + "` twice";
            return false;
        }
        name_ = name;
        return true;
    }
    bool end_object() override { return --depth_, true; }
    bool start_array(std::size_t) override { return ++depth_ != 2 || add_nested(); }
    bool end_array() override { return --depth_, true; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        why_ = "is not JSON";
        return false;
    }

  private:
    bool skip() { return true; }
    bool add(const std::string& value, bool is_number) {
        if (depth_ == 1 && !value.empty()) fields_.push_back({name_, value, is_number, false});
        return true;
    }
    bool add_nested() {
        fields_.push_back({name_, "", false, true});
        return true;
    }

    std::vector<Field>& fields_;
    std::set<std::string> names_;
    std::string name_;
    std::string why_;
    int depth_ = 0;
    bool is_object_ = false;
};

std::optional<Unreadable> read_object(std::string_view text, std::uint64_t line,
                                      const TakeRecord& take) {
    TextRecord record{line, {}};
    ObjectReader reader(record.fields);
    const bool is_good = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    if (!is_good) return Unreadable{line, reader.why()};
    if (!reader.is_object()) return Unreadable{line, "is not a JSON object"};
    return take(record);
}

std::optional<Unreadable> read_json_lines(std::string_view text, const TakeRecord& take) {
    std::uint64_t line = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++line;
        if (is_blank(one)) continue;
        if (auto fault = read_object(one, line, take)) return fault;
    }
    return std::nullopt;
}

/// Cuts an array's text into its elements, so that each is read, and named by its line, alone.
class ArrayCutter {
  public:
    explicit ArrayCutter(std::string_view text) : text_(text) { skip_blanks(); }

    std::optional<Unreadable> cut(const TakeRecord& take) {
        ++place_;  // [
        skip_blanks();
        for (bool is_first = true; peek() != ']' || !is_first; is_first = false) {
            const std::size_t began = place_;
            const std::uint64_t line = line_;
            if (!pass_element()) return Unreadable{line, "the array is never closed"};
            if (auto fault = read_object(text_.substr(began, place_ - began), line, take))
                return fault;
            if (peek() == ']') break;
            ++place_;  // the comma
            skip_blanks();
        }
        ++place_;  // ]
        skip_blanks();
        if (place_ < text_.size()) return Unreadable{line_, "text behind the array"};
        return std::nullopt;
    }

  private:
    char peek() const { return place_ < text_.size() ? text_[place_] : '\0'; }

    void skip_blanks() {
        for (; place_ < text_.size() && blank.find(text_[place_]) != std::string_view::npos;
             ++place_)
            if (text_[place_] == '\n') ++line_;
    }

    /// Up to the comma or bracket that ends it.
    bool pass_element() {
        int depth = 0;
        bool in_text = false;
        for (; place_ < text_.size(); ++place_) {
            const char c = text_[place_];
            if (c == '\n') ++line_;
            if (in_text) {
                if (c == '\\') ++place_;
                if (c == '"') in_text = false;
            } else if (c == '"') {
                in_text = true;
            } else if (depth == 0 && (c == ',' || c == ']')) {
                return true;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if (c == '}' || c == ']') {
                --depth;
            }
        }
        return false;
    }

    std::string_view text_;
    std::size_t place_ = 0;
    std::uint64_t line_ = 1;
};

}  // namespace

std::optional<Unreadable> for_each_record(std::string_view text, const TakeRecord& take) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return Unreadable{1, "is empty: no header and no line"};
    if (text[first] == '[') return ArrayCutter(text).cut(take);
    if (text[first] == '{') return read_json_lines(text, take);
    return read_csv(text, take);
}

}  // namespace reconciling

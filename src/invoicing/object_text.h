// A JSON object as its text, member by member: what a document of thousands of lines is written
// with. Ours to document.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace invoicing {

enum class KeyOrder { reader, sorted };

/// `"…"`, escaped as nlohmann's dump does; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);
std::string json_string(const std::vector<std::string>& list);

class ObjectText {
  public:
    explicit ObjectText(KeyOrder order) : order_(order) { members_.reserve(24); }
    KeyOrder order() const { return order_; }

    /// `text` is JSON already. `key`: a literal without anything to escape.
    void put(const char* key, std::string text) { members_.push_back({key, std::move(text)}); }
    void put_string(const char* key, std::string_view value) { put(key, json_string(value)); }
    void put_or_null(const char* key, const std::optional<std::string>& value) {
        put(key, value ? json_string(*value) : "null");
    }
    void put_number(const char* key, std::int64_t value) { put(key, std::to_string(value)); }
    void put_number(const char* key, std::uint64_t value) { put(key, std::to_string(value)); }
    void put_bool(const char* key, bool value) { put(key, value ? "true" : "false"); }

    /// Compact. To be called once.
    std::string text();

  private:
    struct Member {
        std::string_view key;
        std::string text;
    };
    KeyOrder order_;
    std::vector<Member> members_;
};

}  // namespace invoicing

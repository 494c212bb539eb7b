// The answers of the model API are flat: one object, or an array of objects, whose interesting
// fields are scalars. Reads such a body into those scalars, numbers as their text, every digit;
// nested values are passed over. Later of two equal keys wins, as in the clients of this API.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"

namespace bytez {

struct Scalar {
    enum class Kind { text, number, truth };
    Kind kind = Kind::text;
    std::string text;  // of a truth: "true" or "false"
};

/// The scalar fields of one object; null and nested ones are absent.
class FlatObject {
  public:
    void set(const std::string& key, Scalar scalar) { fields_[key] = std::move(scalar); }
    void erase(const std::string& key) { fields_.erase(key); }

    // Each absent when the field is missing, of another type or out of range.
    std::optional<std::string> text(const std::string& key) const;
    std::optional<std::string> number(const std::string& key) const;
    std::optional<std::int64_t> integer(const std::string& key) const;
    std::optional<bool> truth(const std::string& key) const;
    std::optional<calendar::Instant> instant(const std::string& key) const;

  private:
    const std::string* find(const std::string& key, Scalar::Kind kind) const;
    std::map<std::string, Scalar> fields_;
};

struct FlatBody {
    bool is_array = false;
    std::vector<FlatObject> objects;  // one when not an array
};

/// Absent: not JSON, or neither an object nor an array of objects.
std::optional<FlatBody> parse_flat(std::string_view json);

}  // namespace bytez

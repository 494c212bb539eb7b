#include "bytez/flat_json.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace bytez {
namespace {

/// A SAX handler, because nlohmann's tree keeps no number's text.
class FlatHandler : public nlohmann::json_sax<nlohmann::json> {
  public:
    FlatBody body;

    bool null() override { return scalar(std::nullopt); }
    bool boolean(bool value) override {
        return scalar(Scalar{Scalar::Kind::truth, value ? "true" : "false"});
    }
    bool number_integer(number_integer_t value) override {
        return scalar(Scalar{Scalar::Kind::number, std::to_string(value)});
    }
    bool number_unsigned(number_unsigned_t value) override {
        return scalar(Scalar{Scalar::Kind::number, std::to_string(value)});
    }
    bool number_float(number_float_t, const string_t& text) override {
        return scalar(Scalar{Scalar::Kind::number, text});
    }
    bool string(string_t& value) override {
        return scalar(Scalar{Scalar::Kind::text, std::move(value)});
    }
    bool binary(binary_t&) override { return false; }

    bool start_object(std::size_t) override {
        if (depth_ == 0 || (depth_ == 1 && body.is_array)) {
            body.objects.emplace_back();
            object_depth_ = depth_ + 1;
        } else {
            pass_over();
        }
        return ++depth_ <= depth_limit;
    }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override {
        if (depth_ == 0) {
            body.is_array = true;
        } else if (depth_ == 1 && body.is_array) {
            return false;  // an array of arrays
        } else {
            pass_over();
        }
        return ++depth_ <= depth_limit;
    }
    bool end_array() override { return leave(); }
    bool key(string_t& name) override {
        if (depth_ == object_depth_) key_ = name;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }

  private:
    static constexpr int depth_limit = 64;

    bool scalar(std::optional<Scalar> value) {
        if (object_depth_ == 0) return false;  // the body, or an element of the array, is a scalar
        if (depth_ != object_depth_) return true;
        if (value) {
            body.objects.back().set(key_, std::move(*value));
        } else {
            body.objects.back().erase(key_);
        }
        return true;
    }
    void pass_over() {
        if (depth_ == object_depth_) body.objects.back().erase(key_);
    }
    bool leave() {
        if (depth_-- == object_depth_) object_depth_ = 0;
        return true;
    }

    int depth_ = 0;
    int object_depth_ = 0;  // depth inside the object being read; 0: outside of any
    std::string key_;
};

}  // namespace

const std::string* FlatObject::find(const std::string& key, Scalar::Kind kind) const {
    const auto field = fields_.find(key);
    return field == fields_.end() || field->second.kind != kind ? nullptr : &field->second.text;
}

std::optional<std::string> FlatObject::text(const std::string& key) const {
    const auto* found = find(key, Scalar::Kind::text);
    return found ? std::optional(*found) : std::nullopt;
}

std::optional<std::string> FlatObject::number(const std::string& key) const {
    const auto* found = find(key, Scalar::Kind::number);
    return found ? std::optional(*found) : std::nullopt;
}

std::optional<std::int64_t> FlatObject::integer(const std::string& key) const {
    const auto* found = find(key, Scalar::Kind::number);
    if (!found) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
    if (error != std::errc() || end != found->data() + found->size()) return std::nullopt;
    return value;
}

std::optional<bool> FlatObject::truth(const std::string& key) const {
    const auto* found = find(key, Scalar::Kind::truth);
    return found ? std::optional(*found == "true") : std::nullopt;
}

std::optional<calendar::Instant> FlatObject::instant(const std::string& key) const {
    const auto* found = find(key, Scalar::Kind::text);
    return found ? calendar::parse_instant(*found) : std::nullopt;
}

std::optional<FlatBody> parse_flat(std::string_view json) {
    FlatHandler handler;
    if (!nlohmann::json::sax_parse(json, &handler)) return std::nullopt;
    return std::move(handler.body);
}

}  // namespace bytez

#include "invoicing/object_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace invoicing {
namespace {

bool is_plain(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

std::string json_string(std::string_view text) {
    if (!is_plain(text))
        return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::string result;
    result.reserve(text.size() + 2);
    result += '"';
    result += text;
    result += '"';
    return result;
}

std::string json_string(const std::vector<std::string>& list) {
    std::string result = "[";
    for (const std::string& text : list) {
        if (result.size() > 1) result += ',';
        result += json_string(text);
    }
    return result += ']';
}

std::string ObjectText::text() {
    if (order_ == KeyOrder::sorted) std::ranges::sort(members_, {}, &Member::key);
    std::size_t size = 2;
    for (const Member& member : members_) size += member.key.size() + member.text.size() + 4;
    std::string result;
    result.reserve(size);
    result += '{';
    for (const Member& member : members_) {
        if (result.size() > 1) result += ',';
        result.append(1, '"').append(member.key).append("\":").append(member.text);
    }
    return result += '}';
}

}  // namespace invoicing

#include "proof/checkpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

namespace proof {
namespace {

using Json = nlohmann::ordered_json;

NamedHead read_head(const Json& json) {
    return {.gateway = json.at("gateway").get<std::string>(),
            .account = json.at("account").get<std::string>(),
            .head = {.hash = parse_hash(json.at("head").get<std::string>()).value(),
                     .count = json.at("count").get<std::uint64_t>(),
                     .last_sequence = json.at("last_sequence").get<std::uint64_t>()}};
}

}  // namespace

std::string to_text(Checkpoint checkpoint) {
    std::ranges::sort(checkpoint.heads, [](const NamedHead& a, const NamedHead& b) {
        return std::tie(a.gateway, a.account) < std::tie(b.gateway, b.account);
    });
    Json heads = Json::array();
    for (const NamedHead& named : checkpoint.heads) {
        heads.push_back({{"gateway", named.gateway},
                         {"account", named.account},
                         {"count", named.head.count},
                         {"last_sequence", named.head.last_sequence},
                         {"head", to_text(named.head.hash)}});
    }
    const Json json = {{"checkpoint", 1},
                       {"made_at", calendar::to_text(checkpoint.made_at)},
                       {"previous", checkpoint.previous},
                       {"heads", std::move(heads)}};
    return json.dump();
}

std::optional<Checkpoint> parse_checkpoint(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        Checkpoint checkpoint{
            .made_at = calendar::parse_instant(json.at("made_at").get<std::string>()).value(),
            .previous = json.at("previous").get<std::string>(),
            .heads = {}};
        for (const Json& head : json.at("heads")) checkpoint.heads.push_back(read_head(head));
        if (to_text(checkpoint) != text) return std::nullopt;
        return checkpoint;
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const std::bad_optional_access&) {
        return std::nullopt;
    }
}

}  // namespace proof

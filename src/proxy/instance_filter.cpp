#include "proxy/instance_filter.h"

#include <simdjson.h>

namespace proxy {

std::optional<std::string> keep_own_instances(std::string_view json,
                                              const lifecycle::KeyFingerprint& key,
                                              const Ownership& ownership) {
    simdjson::dom::parser validator;
    simdjson::ondemand::parser parser;
    const simdjson::padded_string padded(json);
    try {
        // Reading on demand checks only what it visits; what is shown on must be JSON all over.
        if (validator.parse(padded).error()) return {};
        simdjson::ondemand::document document = parser.iterate(padded);
        std::string kept = "[";
        for (simdjson::ondemand::object instance : document.get_array()) {
            std::string_view name;
            const bool is_named = !instance.find_field_unordered("model").get_string().get(name);
            const lifecycle::ModelName model{std::string(is_named ? name : "")};
            instance.reset();
            const std::string_view raw = instance.raw_json();
            if (!is_named || ownership.is_foreign(key, model)) continue;
            if (kept.size() > 1) kept += ',';
            kept += raw;
        }
        return kept + "]";
    } catch (const simdjson::simdjson_error&) {
        return {};
    }
}

}  // namespace proxy

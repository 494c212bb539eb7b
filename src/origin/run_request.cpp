#include "origin/run_request.h"

#include <nlohmann/json.hpp>

namespace origin {
namespace {

using json = nlohmann::ordered_json;  // messages go back in the order they came in

constexpr std::int64_t kMaxTokens = 1'000'000;
constexpr std::int64_t kDefaultMaxTokens = 20;
constexpr int kMaxDepth = 64;  // writing JSON recurses

[[noreturn]] void refuse(const std::string& message) {
    throw BadRunRequest(message);
}

/// One parameter's name for the engine, and what it must be.
enum class Kind { number, boolean, text_or_texts, integer, only_one };
struct Parameter {
    std::string_view name;
    std::string_view engine_name;  // empty: read below, not passed on
    Kind kind;
};
constexpr Parameter kParameters[] = {
    {"max_length", "", Kind::integer},
    {"max_new_tokens", "", Kind::integer},
    {"min_length", "", Kind::integer},
    {"min_new_tokens", "", Kind::integer},
    {"do_sample", "", Kind::boolean},
    {"return_full_text", "", Kind::boolean},
    {"temperature", "temperature", Kind::number},
    {"top_p", "top_p", Kind::number},
    {"top_k", "top_k", Kind::integer},
    {"min_p", "min_p", Kind::number},
    {"seed", "seed", Kind::integer},
    {"stop", "stop", Kind::text_or_texts},
    {"repetition_penalty", "repetition_penalty", Kind::number},
    {"frequency_penalty", "frequency_penalty", Kind::number},
    {"presence_penalty", "presence_penalty", Kind::number},
    // Asked for by default in many clients; there is nothing to pass on where they ask for one.
    {"num_beams", "", Kind::only_one},
    {"num_return_sequences", "", Kind::only_one},
    {"use_cache", "", Kind::boolean},
};

const Parameter& find_parameter(const std::string& name) {
    for (const Parameter& parameter : kParameters) {
        if (parameter.name == name) return parameter;
    }
    refuse("unknown parameter '" + name + "'");
}

bool is_text_or_texts(const json& value) {
    if (value.is_string()) return true;
    if (!value.is_array()) return false;
    for (const json& item : value) {
        if (!item.is_string()) return false;
    }
    return true;
}

void check(const Parameter& parameter, const json& value) {
    const std::string name(parameter.name);
    switch (parameter.kind) {
        case Kind::number:
            if (!value.is_number()) refuse("parameter '" + name + "' must be a number");
            return;
        case Kind::integer:
            if (!value.is_number_integer() || value > kMaxTokens * 5000 || value < -1) {
                refuse("parameter '" + name + "' must be a whole number");
            }
            return;
        case Kind::boolean:
            if (!value.is_boolean()) refuse("parameter '" + name + "' must be true or false");
            return;
        case Kind::text_or_texts:
            if (!is_text_or_texts(value))
                refuse("parameter '" + name + "' must be a text or texts");
            return;
        case Kind::only_one:
            if (value != 1) refuse("parameter '" + name + "' can only be 1");
            return;
    }
}

/// The named token count: the first that is given.
std::optional<std::int64_t> token_count(const json& params, const char* first, const char* second) {
    for (const char* name : {first, second}) {
        const auto found = params.find(name);
        if (found == params.end() || found->is_null()) continue;
        if (*found < 0 || *found > kMaxTokens) {
            refuse(std::string("parameter '") + name + "' must be from 0 to 1000000");
        }
        return found->get<std::int64_t>();
    }
    return std::nullopt;
}

json engine_parameters(const json& params) {
    json body;
    for (const auto& [name, value] : params.items()) {
        const Parameter& parameter = find_parameter(name);
        if (value.is_null()) continue;
        check(parameter, value);
        if (!parameter.engine_name.empty()) body[std::string(parameter.engine_name)] = value;
    }
    const auto maximum = token_count(params, "max_length", "max_new_tokens");
    const auto minimum = token_count(params, "min_length", "min_new_tokens");
    // A minimum alone means at least so many, not none.
    const std::int64_t most = maximum.value_or(std::max(kDefaultMaxTokens, minimum.value_or(0)));
    if (minimum.value_or(0) > most) refuse("the minimum length is above the maximum");
    body["max_tokens"] = most;
    if (minimum.value_or(0) > 0) body["min_tokens"] = *minimum;
    const auto sampling = params.find("do_sample");
    const bool asked = sampling != params.end() && sampling->is_boolean();
    if (asked ? !sampling->get<bool>() : !body.contains("temperature")) body["temperature"] = 0;
    return body;
}

/// `input` and its older names; objects are merged into the top level.
void merge_input(json& body) {
    for (const char* name : {"input", "prompt", "text"}) {
        const auto found = body.find(name);
        if (found == body.end() || !found->is_object()) continue;
        const json inner = *found;
        body.erase(name);
        for (const auto& [key, value] : inner.items()) {
            if (key != "model" && key != "key" && !body.contains(key)) body[key] = value;
        }
    }
}

std::string text_field(const json& body, const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The conversation, if this is a chat.
const json* find_messages(const json& body) {
    for (const char* name : {"messages", "input", "prompt"}) {
        const auto found = body.find(name);
        if (found != body.end() && found->is_array()) return &*found;
    }
    return nullptr;
}

const json* find_prompt(const json& body) {
    for (const char* name : {"prompt", "input", "text"}) {
        const auto found = body.find(name);
        if (found != body.end() && found->is_string()) return &*found;
    }
    return nullptr;
}

json parse_object(std::string_view text) {
    json body;
    try {
        body = json::parse(text, [](int depth, json::parse_event_t, const json&) {
            if (depth > kMaxDepth) refuse("the body is nested too deeply");
            return true;
        });
    } catch (const json::exception&) {
        refuse("the body is no JSON");
    }
    if (!body.is_object()) refuse("the body is no JSON object");
    return body;
}

bool read_flag(const json& object, const char* name, bool fallback) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return fallback;
    if (!found->is_boolean()) refuse(std::string("'") + name + "' must be true or false");
    return found->get<bool>();
}

}  // namespace

RunRequest parse_run_request(std::string_view text) {
    json body = parse_object(text);
    merge_input(body);
    RunRequest request;
    request.model = lifecycle::ModelName(text_field(body, "model"));
    if (request.model.empty()) refuse("'model' is missing");
    request.stream = read_flag(body, "stream", false);
    const json params =
        body.contains("params") && !body["params"].is_null() ? body["params"] : json::object();
    if (!params.is_object()) refuse("'params' must be an object");
    json engine = engine_parameters(params);
    engine["model"] = request.model.text();
    engine["stream"] = request.stream;
    if (const json* messages = find_messages(body)) {
        request.is_chat = true;
        request.messages = messages->dump();
        engine["messages"] = *messages;
    } else if (const json* prompt = find_prompt(body)) {
        if (read_flag(params, "return_full_text", true)) request.echo = prompt->get<std::string>();
        engine["prompt"] = *prompt;
    } else {
        refuse("there is no 'prompt', 'input', 'text' or 'messages'");
    }
    request.engine_body = engine.dump();
    return request;
}

}  // namespace origin

#include "origin/answers.h"

#include <nlohmann/json.hpp>

#include "bytez/answer.h"

namespace origin {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const std::optional<calendar::Instant>& instant) {
    return instant ? ordered_json(calendar::to_text_milliseconds(*instant)) : ordered_json();
}

}  // namespace

Answer error_answer(int status, std::string_view message) {
    return {status, bytez::write_error(message), status == 429 ? 1 : 0};
}

std::string write_job(const lifecycle::ModelName& model, const JobAnswer& job) {
    ordered_json answer;
    answer["model"] = model.text();
    answer["success"] = job.success;
    if (job.message) {
        answer["message"] = *job.message;
        answer["startTime"] = to_json(job.started);
        if (job.ended) answer["endTime"] = to_json(job.ended);
    }
    answer["modified"] = to_json(job.modified);
    return answer.dump();
}

std::string write_load(const lifecycle::ModelName& model, std::int64_t concurrency) {
    return ordered_json{
        {"model", model.text()}, {"status", "started"}, {"concurrency", concurrency}}
        .dump();
}

std::string write_delete(const lifecycle::ModelName& model) {
    return ordered_json{{"model", model.text()}, {"status", "stopped"}}.dump();
}

std::string write_output(std::string_view generated_text) {
    ordered_json answer;
    answer["output"] = ordered_json::array({{{"generated_text", generated_text}}});
    return answer.dump();
}

std::string write_chat_output(const std::string& messages, std::string_view reply) {
    ordered_json conversation = ordered_json::parse(messages);
    conversation.push_back({{"role", "assistant"}, {"content", reply}});
    ordered_json item;
    item["generated_text"] = conversation;
    ordered_json answer;
    answer["output"] = ordered_json::array({item});
    return answer.dump();
}

}  // namespace origin

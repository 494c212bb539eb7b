// Answers of the model API that the origin alone writes; bytez/answer.h has the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lifecycle/ids.h"
#include "origin/job_runner.h"

namespace origin {

/// One whole answer. Errors are always bytez::write_error's shape.
struct Answer {
    int status = 200;
    std::string body;
    int retry_after_seconds = 0;  // 0: not said
};

Answer error_answer(int status, std::string_view message);
std::string write_job(const lifecycle::ModelName& model, const JobAnswer& job);
std::string write_load(const lifecycle::ModelName& model, std::int64_t concurrency);
std::string write_delete(const lifecycle::ModelName& model);
/// `{"output":[{"generated_text":…}]}`: a text, or for a chat the conversation with its new
/// message.
std::string write_output(std::string_view generated_text);
std::string write_chat_output(const std::string& messages, std::string_view reply);

}  // namespace origin

#include "origin/service.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "bytez/answer.h"
#include "origin/benchmark.h"
#include "origin/engine_client.h"
#include "platform/files.h"

namespace origin {
namespace {

using lifecycle::ModelName;
using nlohmann::json;

constexpr std::int64_t kMaxExpirationSeconds = 366 * 24 * 3600;

/// A request's body with what all calls have in it, or why it is refused.
struct Request {
    json body;
    ModelName model;
};

std::variant<Request, Answer> parse_request(std::string_view text) {
    Request request;
    request.body = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!request.body.is_object()) return error_answer(400, "the body is no JSON object");
    const auto model = request.body.find("model");
    if (model == request.body.end() || !model->is_string() || model->get<std::string>().empty()) {
        return error_answer(400, "'model' is missing");
    }
    request.model = ModelName(model->get<std::string>());
    return request;
}

/// A whole number from 1 to `high`; the fallback where the field is absent or null.
std::optional<std::int64_t> read_count(const json& body, const char* name, std::int64_t fallback,
                                       std::int64_t high) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return fallback;
    if (!found->is_number_integer() || *found < 1 || *found > high) return std::nullopt;
    return found->get<std::int64_t>();
}

Answer count_refused(const char* name, std::int64_t high) {
    return error_answer(400, std::string("'") + name + "' must be a whole number from 1 to " +
                                 std::to_string(high));
}

Answer unknown_model(const ModelName& model) {
    return error_answer(404, model.text() + " not found");
}

std::string job_book_path(const std::string& data_dir) {
    const std::string directory = data_dir + "/origin";
    platform::make_directories(directory);
    return directory + "/models.json";
}

/// An engine's refusal as ours: what the client sent is at fault, or the engine is.
Answer engine_refusal(const EngineRefused& error) {
    const int status = error.status >= 400 && error.status < 500 ? 400 : 500;
    return error_answer(status, std::string("the engine refused the run: ") + error.what());
}

}  // namespace

Service::Service(const calendar::Clock& clock, const Options& options)
    : catalogue_(load_catalogue(options.models, options.boot_limit)),
      run_silence_limit_(options.run_silence_limit),
      fleet_(clock, options.engine_dir, options.fleet),
      jobs_(clock, catalogue_, job_book_path(options.data_dir),
            [directory = options.engine_dir](const CatalogueEntry& entry, const auto& is_wanted) {
                return benchmark(entry, directory, is_wanted);
            }) {}

const CatalogueEntry* Service::find_entry(const ModelName& model) const {
    for (const CatalogueEntry& entry : catalogue_) {
        if (entry.name == model) return &entry;
    }
    return nullptr;
}

Answer Service::list(const std::string& task) const {
    std::vector<bytez::CatalogueModel> models;
    for (const CatalogueEntry& entry : catalogue_) {
        if (!task.empty() && entry.task != task) continue;
        const auto required_ram = jobs_.find_required_ram(entry);
        models.push_back({entry.name, required_ram, required_ram.has_value()});
    }
    return {200, bytez::write_list(models)};
}

Answer Service::job(std::string_view body) {
    const auto request = parse_request(body);
    if (const Answer* refused = std::get_if<Answer>(&request)) return *refused;
    const ModelName& model = std::get<Request>(request).model;
    const CatalogueEntry* entry = find_entry(model);
    if (entry == nullptr) return unknown_model(model);
    return {200, write_job(model, jobs_.ask(*entry))};
}

Answer Service::load(std::string_view body) {
    const auto parsed = parse_request(body);
    if (const Answer* refused = std::get_if<Answer>(&parsed)) return *refused;
    const Request& request = std::get<Request>(parsed);
    const CatalogueEntry* entry = find_entry(request.model);
    if (entry == nullptr) return unknown_model(request.model);
    if (!jobs_.find_required_ram(*entry)) {
        return error_answer(
            404, request.model.text() + " is not benchmarked: request it with /model/job first");
    }
    const auto concurrency = read_count(request.body, "concurrency", 1, entry->max_replicas);
    if (!concurrency) return count_refused("concurrency", entry->max_replicas);
    const auto expiration =
        read_count(request.body, "expirationPeriodSeconds", 1800, kMaxExpirationSeconds);
    if (!expiration) return count_refused("expirationPeriodSeconds", kMaxExpirationSeconds);
    switch (fleet_.load(*entry, {*concurrency, *expiration})) {
        case Fleet::LoadOutcome::started:
            break;
        case Fleet::LoadOutcome::already_loaded:
            return error_answer(409, request.model.text() + " already loaded");
        case Fleet::LoadOutcome::in_progress:
            return error_answer(429, request.model.text() + " operation already in progress: load");
    }
    return {200, write_load(request.model, *concurrency)};
}

Answer Service::status(std::string_view body) const {
    const auto request = parse_request(body);
    if (const Answer* refused = std::get_if<Answer>(&request)) return *refused;
    const ModelName& model = std::get<Request>(request).model;
    const auto report = fleet_.find(model);
    if (!report) {
        return find_entry(model) == nullptr ? unknown_model(model)
                                            : error_answer(404, model.text() + " is not loaded");
    }
    return {200, bytez::write_status(*report)};
}

Answer Service::instances() const {
    return {200, bytez::write_instances(fleet_.list())};
}

Answer Service::remove(std::string_view body) {
    const auto request = parse_request(body);
    if (const Answer* refused = std::get_if<Answer>(&request)) return *refused;
    const ModelName& model = std::get<Request>(request).model;
    if (find_entry(model) == nullptr) return unknown_model(model);
    (void)fleet_.remove(model);  // nothing loaded is as good as stopped
    return {200, write_delete(model)};
}

Answer Service::refuse_run(Fleet::RunRefusal refusal, const RunRequest& request) const {
    const std::string& model = request.model.text();
    switch (refusal) {
        case Fleet::RunRefusal::not_loaded:
            return find_entry(request.model) == nullptr
                       ? unknown_model(request.model)
                       : error_answer(404, model + " is not loaded");
        case Fleet::RunRefusal::booting:
            return error_answer(404, model + " is still booting");
        case Fleet::RunRefusal::failed:
            return error_answer(404, model + " has failed");
        case Fleet::RunRefusal::stopped:
            return error_answer(404, model + " is stopped");
        case Fleet::RunRefusal::busy:
            return error_answer(429, model + " is busy: its replicas have runs in flight");
        // Nobody reads it; the number is for the log of whatever stands between.
        case Fleet::RunRefusal::client_gone:
            return error_answer(499, "the client has gone");
    }
    return error_answer(500, "");
}

std::variant<Answer, Streamed> Service::run(std::string_view body, const RunClient& client) {
    RunRequest request;
    try {
        request = parse_run_request(body);
    } catch (const BadRunRequest& error) {
        return error_answer(400, error.what());
    }
    HangupWatch::Run watched(hangups_, client.descriptor);
    Fleet::RunRefusal refusal{};
    auto lease = fleet_.begin_run(
        request.model, [&watched] { return !watched.client_has_gone(); }, refusal);
    if (!lease) return refuse_run(refusal, request);
    return run_on(*lease, request, watched, client);
}

std::variant<Answer, Streamed> Service::run_on(RunLease& lease, const RunRequest& request,
                                               HangupWatch::Run& watched, const RunClient& client) {
    const EngineAddress engine{lease.port(), run_silence_limit_};
    const CompletionCall call{request.is_chat, request.engine_body,
                              [&watched](int descriptor) { watched.set_engine(descriptor); }};
    bool begun = false;
    try {
        if (!request.stream) {
            const std::string text = complete(engine, call);
            lease.set_answered();
            return Answer{200, request.is_chat ? write_chat_output(request.messages, text)
                                               : write_output(request.echo + text)};
        }
        const auto on_begin = [&] {
            begun = true;
            lease.set_answered();
            client.begin();
            if (!request.echo.empty()) (void)client.write(request.echo);
        };
        complete_streaming(engine, call, on_begin, client.write);
        return Streamed::whole;
    } catch (const EngineRefused& error) {
        lease.set_answered();
        return engine_refusal(error);
    } catch (const EngineUnreachable& error) {
        return error_answer(502, "the engine does not answer");
    } catch (const EngineBroke& error) {
        if (begun) return Streamed::broken;
        return error_answer(502, std::string("the engine failed: ") + error.what());
    }
}

}  // namespace origin

#include "console/handler.h"

#include <nlohmann/json.hpp>

namespace console {
namespace {

constexpr std::string_view text_type = "text/plain; charset=utf-8";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

constexpr std::string_view start_page =
    "Tollgate's console\n"
    "\n"
    "/healthz   200 while the process lives\n"
    "/readyz    200 when metered calls can be recorded, 503 when not; JSON\n"
    "/metrics   for Prometheus\n";

}  // namespace

Answer Handler::answer(std::string_view method, std::string_view target) const {
    if (method != "GET" && method != "HEAD") {
        Answer refusal = problem(405, "Method Not Allowed", "The console answers GET and HEAD.");
        refusal.names_methods = true;
        return refusal;
    }
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/") return {200, std::string(text_type), std::string(start_page)};
    if (path == "/healthz") return {200, std::string(text_type), "ok\n"};
    if (path == "/readyz") {
        const Health health = health_();
        return {is_ready(health) ? 200 : 503, "application/json", to_json(health)};
    }
    if (path == "/metrics") return {200, std::string(metrics_type), metrics_.to_prometheus()};
    return problem(404, "Not Found", "There are /, /healthz, /readyz and /metrics.");
}

Answer problem(int status, std::string_view title, std::string_view detail) {
    const nlohmann::ordered_json body = {
        {"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
    return {status, "application/problem+json", body.dump() + "\n"};
}

}  // namespace console

#include "origin/http_handler.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "bytez/answer.h"
#include "platform/log.h"

namespace origin {
namespace {

using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

enum class Call { list, job, load, status, run, instances, remove };

struct Route {
    std::string_view method;
    std::string_view path;
    Call call;
};
constexpr Route kRoutes[] = {
    {"GET", "/model/list", Call::list},      {"POST", "/model/job", Call::job},
    {"POST", "/model/load", Call::load},     {"POST", "/model/status", Call::status},
    {"POST", "/model/run", Call::run},       {"GET", "/model/instances", Call::instances},
    {"POST", "/model/delete", Call::remove},
};

const Route* find_route(std::string_view path) {
    for (const Route& route : kRoutes) {
        if (route.path == path) return &route;
    }
    return nullptr;
}

void send(HTTPServerResponse& response, const Answer& answer) {
    response.setStatus(static_cast<HTTPResponse::HTTPStatus>(answer.status));
    response.setReason(HTTPResponse::getReasonForStatus(response.getStatus()));
    response.setContentType("application/json");
    if (answer.retry_after_seconds > 0) {
        response.set("Retry-After", std::to_string(answer.retry_after_seconds));
    }
    response.sendBuffer(answer.body.data(), answer.body.size());
}

/// The whole body; absent: longer than the limit.
std::optional<std::string> read_body(HTTPServerRequest& request, std::size_t limit) {
    std::string body;
    if (!request.hasContentLength() && !request.getChunkedTransferEncoding()) return body;
    char buffer[16 * 1024];
    std::istream& stream = request.stream();
    std::size_t size = 0;
    // A body that is too long is still read, up to twice the limit: closing a connection with
    // unread bytes resets it, and the client would not see why.
    while (stream.good() && size <= 2 * limit) {
        stream.read(buffer, sizeof buffer);
        const auto count = static_cast<std::size_t>(stream.gcount());
        size += count;
        if (size <= limit) body.append(buffer, count);
    }
    if (size > limit) return std::nullopt;
    return body;
}

std::string query_value(const Poco::URI& uri, const std::string& name) {
    for (const auto& [key, value] : uri.getQueryParameters()) {
        if (key == name) return value;
    }
    return "";
}

/// Ends the connection at once: what was sent must not look whole.
void cut_off(Poco::Net::StreamSocket& socket) {
    // Not Poco's: it throws where the client has closed already.
    ::shutdown(socket.impl()->sockfd(), SHUT_RDWR);
}

Poco::Net::StreamSocket& socket_of(HTTPServerRequest& request) {
    return dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
}

}  // namespace

void HttpHandler::handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) try {
    answer(request, response);
} catch (const std::exception& error) {
    platform::log(platform::Severity::error, "origin", "request failed", {{"error", error.what()}});
    if (response.sent()) {
        cut_off(socket_of(request));
    } else {
        send(response, error_answer(500, "internal error"));
    }
}

void HttpHandler::answer(HTTPServerRequest& request, HTTPServerResponse& response) {
    const auto body = read_body(request, max_body_bytes_);
    if (!body) {
        response.setKeepAlive(false);  // the rest of the body is not read
        return send(response, error_answer(413, "the body is too long"));
    }
    const Poco::URI uri(request.getURI());
    if (request.getURI() == "/healthz") return send(response, {200, R"({"status":"ok"})"});
    const Route* route = find_route(uri.getPath());
    if (route == nullptr) return send(response, error_answer(404, "no such call"));
    if (request.getMethod() != route->method) {
        response.set("Allow", std::string(route->method));
        return send(response, error_answer(405, "this call is " + std::string(route->method)));
    }
    if (!is_authorised(request, *body)) {
        response.set("WWW-Authenticate", "Key");
        return send(response, error_answer(401, "Unauthorized: unknown or missing API key"));
    }
    switch (route->call) {
        case Call::list:
            return send(response, service_.list(query_value(uri, "task")));
        case Call::job:
            return send(response, service_.job(*body));
        case Call::load:
            return send(response, service_.load(*body));
        case Call::status:
            return send(response, service_.status(*body));
        case Call::run:
            return run(*body, request, response);
        case Call::instances:
            return send(response, service_.instances());
        case Call::remove:
            return send(response, service_.remove(*body));
    }
}

bool HttpHandler::is_authorised(const HTTPServerRequest& request, const std::string& body) const {
    if (request.has("Authorization")) {
        const std::string& field = request.get("Authorization");
        const auto key = key_of(field);
        return key && keys_.accepts(*key);
    }
    // The old way: the key as a field of the body.
    const auto object = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return false;
    const auto key = object.find("key");
    return key != object.end() && key->is_string() && keys_.accepts(key->get<std::string>());
}

void HttpHandler::run(const std::string& body, HTTPServerRequest& request,
                      HTTPServerResponse& response) {
    Poco::Net::StreamSocket& socket = socket_of(request);
    std::ostream* out = nullptr;
    RunClient client;
    client.descriptor = socket.impl()->sockfd();
    client.begin = [&] {
        socket.setNoDelay(true);  // a piece is sent when it is there, not when a packet is full
        const bool chunked = request.getVersion() != Poco::Net::HTTPMessage::HTTP_1_0;
        response.setChunkedTransferEncoding(chunked);
        if (!chunked) response.setKeepAlive(false);
        response.setContentType("text/plain; charset=utf-8");
        response.set("Cache-Control", "no-store");
        out = &response.send();
    };
    client.write = [&out](std::string_view piece) {
        out->write(piece.data(), static_cast<std::streamsize>(piece.size()));
        out->flush();
        return out->good();
    };
    const auto outcome = service_.run(body, client);
    if (const Answer* answer = std::get_if<Answer>(&outcome)) return send(response, *answer);
    if (std::get<Streamed>(outcome) == Streamed::broken) cut_off(socket);
}

}  // namespace origin

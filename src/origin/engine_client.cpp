#include "origin/engine_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <istream>
#include <nlohmann/json.hpp>
#include <optional>

#include "origin/text.h"

namespace origin {
namespace {

using nlohmann::json;
using Poco::Timespan;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

constexpr std::size_t kMaxAnswerBytes = 256 * 1024 * 1024;  // images come as base64
constexpr std::size_t kMaxLineBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxErrorBytes = 64 * 1024;
constexpr std::size_t kMaxMessageBytes = 1000;
const Timespan kConnectLimit(2, 0);
const Timespan kProbeLimit(0, 800'000);

std::string read_limited(std::istream& stream, std::size_t limit) {
    std::string text;
    char buffer[16 * 1024];
    while (stream.good()) {
        stream.read(buffer, sizeof buffer);
        text.append(buffer, static_cast<std::size_t>(stream.gcount()));
        if (text.size() > limit) throw EngineBroke("the engine's answer is too long");
    }
    return text;
}

/// A line without its end; absent at the end of the stream.
std::optional<std::string> read_line(std::istream& stream) {
    std::string line;
    for (int c = stream.get(); c != std::istream::traits_type::eof(); c = stream.get()) {
        if (c == '\n') return line;
        if (c != '\r') line += static_cast<char>(c);
        if (line.size() > kMaxLineBytes) throw EngineBroke("the engine sent an endless line");
    }
    return std::nullopt;
}

/// What the engine says went wrong: OpenAI's error object, or the text as it is.
std::string error_message(const std::string& body) {
    const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
    std::string message = body;
    if (answer.is_object()) {
        const json& error = answer.contains("error") ? answer["error"] : answer;
        if (error.is_string()) message = error;
        if (error.is_object() && error.value("message", json()).is_string()) {
            message = error["message"];
        }
    }
    return printable_tail(std::string_view(message).substr(0, kMaxMessageBytes), kMaxMessageBytes);
}

/// One HTTP exchange with the engine.
class Exchange {
  public:
    Exchange(const EngineAddress& engine, const CompletionCall& call)
        : session_("127.0.0.1", engine.port), call_(call) {
        session_.setTimeout(kConnectLimit, Timespan(30, 0), Timespan(engine.silence_limit.micros));
        session_.setKeepAlive(false);
    }
    ~Exchange() { call_.on_descriptor(-1); }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Sends the call and returns the body of its 2xx answer.
    std::istream& begin() try {
        HTTPRequest request(HTTPRequest::HTTP_POST,
                            call_.is_chat ? "/v1/chat/completions" : "/v1/completions",
                            HTTPRequest::HTTP_1_1);
        request.setContentType("application/json");
        request.setContentLength64(static_cast<Poco::Int64>(call_.body.size()));
        std::ostream& out = session_.sendRequest(request);
        call_.on_descriptor(session_.socket().impl()->sockfd());
        out << call_.body << std::flush;
        HTTPResponse response;
        std::istream& in = session_.receiveResponse(response);
        const int status = response.getStatus();
        if (status < 200 || status > 299) {
            throw EngineRefused(status, error_message(read_limited(in, kMaxErrorBytes)));
        }
        return in;
    } catch (const Poco::Exception& error) {
        throw EngineUnreachable(error.displayText());
    }

    /// How the connection failed while the body was read; absent where it ended well.
    std::optional<std::string> failure() const {
        const Poco::Exception* error = session_.networkException();
        if (error == nullptr) return std::nullopt;
        return error->displayText();
    }

  private:
    Poco::Net::HTTPClientSession session_;
    const CompletionCall& call_;
};

/// choices[0].text, or its message's or delta's content; empty where it is null or absent.
std::string text_of(const json& answer) try {
    if (answer.contains("error")) throw EngineBroke(error_message(answer.dump()));
    if (!answer.contains("choices") || !answer["choices"].is_array()) {
        throw EngineBroke("the engine's answer has no choices");
    }
    if (answer["choices"].empty()) return "";  // the last event may bring only the usage
    const json& choice = answer["choices"][0];
    for (const char* holder : {"message", "delta"}) {
        if (!choice.contains(holder)) continue;
        const json content = choice[holder].value("content", json());
        return content.is_string() ? content.get<std::string>() : "";
    }
    const json text = choice.value("text", json());
    return text.is_string() ? text.get<std::string>() : "";
} catch (const json::exception&) {
    throw EngineBroke("the engine's answer has another shape than the OpenAI API's");
}

json parse_answer(std::string_view text) {
    json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!answer.is_object()) throw EngineBroke("the engine's answer is no JSON object");
    return answer;
}

}  // namespace

bool is_healthy(std::uint16_t port, const std::string& path) try {
    Poco::Net::HTTPClientSession session("127.0.0.1", port);
    session.setTimeout(kProbeLimit, kProbeLimit, kProbeLimit);
    session.setKeepAlive(false);
    HTTPRequest request(HTTPRequest::HTTP_GET, path, HTTPRequest::HTTP_1_1);
    session.sendRequest(request);
    HTTPResponse response;
    session.receiveResponse(response);
    return response.getStatus() >= 200 && response.getStatus() <= 299;
} catch (const Poco::Exception&) {
    return false;
}

bool is_listening(std::uint16_t port) try {
    Poco::Net::StreamSocket socket;
    socket.connect(Poco::Net::SocketAddress("127.0.0.1", port), kProbeLimit);
    return true;
} catch (const Poco::Exception&) {
    return false;
}

std::string complete(const EngineAddress& engine, const CompletionCall& call) {
    Exchange exchange(engine, call);
    const std::string body = read_limited(exchange.begin(), kMaxAnswerBytes);
    if (const auto failure = exchange.failure()) throw EngineBroke(*failure);
    return text_of(parse_answer(body));
}

void complete_streaming(const EngineAddress& engine, const CompletionCall& call,
                        const std::function<void()>& on_begin,
                        const std::function<bool(std::string_view)>& on_piece) {
    Exchange exchange(engine, call);
    std::istream& in = exchange.begin();
    on_begin();
    while (const auto line = read_line(in)) {
        if (!line->starts_with("data:")) continue;
        std::string_view data = std::string_view(*line).substr(5);
        while (data.starts_with(' ')) data.remove_prefix(1);
        if (data == "[DONE]") return;
        const std::string piece = text_of(parse_answer(data));
        if (!piece.empty() && !on_piece(piece)) return;
    }
    throw EngineBroke(exchange.failure().value_or("the engine stopped in the middle of a run"));
}

}  // namespace origin

#include "console/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/ThreadPool.h>

#include <stdexcept>

#include "console/handler.h"
#include "platform/log.h"

namespace console {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

void send(HTTPServerResponse& response, const HTTPServerRequest& request, const Answer& answer) {
    response.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
    response.setContentType(answer.content_type);
    response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
    response.set("Cache-Control", "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    if (answer.names_methods) response.set("Allow", "GET, HEAD");
    // A body is not read, so what follows it on the connection cannot be told from it.
    if (request.hasContentLength() || request.getChunkedTransferEncoding()) {
        response.setKeepAlive(false);
    }
    std::ostream& out = response.send();
    if (request.getMethod() != "HEAD") out << answer.body;
}

class RequestHandler : public Poco::Net::HTTPRequestHandler {
  public:
    explicit RequestHandler(const Handler& handler) : handler_(handler) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        Answer answer;
        try {
            answer = handler_.answer(request.getMethod(), request.getURI());
        } catch (const std::exception& error) {
            platform::log(platform::Severity::error, "console", "a request failed",
                          {{"error", error.what()}});
            answer = problem(500, "Internal Server Error", "The log tells more.");
        }
        try {
            send(response, request, answer);
        } catch (const Poco::Exception& error) {
            // The client went away while it was answered.
            platform::log(platform::Severity::debug, "console", "an answer was not taken",
                          {{"error", error.displayText()}});
        }
    }

  private:
    const Handler& handler_;
};

class Factory : public Poco::Net::HTTPRequestHandlerFactory {
  public:
    explicit Factory(const Handler& handler) : handler_(handler) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new RequestHandler(handler_);  // Poco owns and deletes it
    }

  private:
    const Handler& handler_;
};

Poco::Net::ServerSocket bind(const std::string& listen) {
    try {
        const Poco::Net::SocketAddress address(listen);
        Poco::Net::ServerSocket socket;
        // Not SO_REUSEPORT, which Poco would set by default: a second process must be refused.
        socket.bind(address, true, false);
        socket.listen(64);
        return socket;
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("console.listen " + listen + ": " + error.displayText());
    }
}

Poco::Net::HTTPServerParams::Ptr parameters(const Options& options) {
    Poco::Net::HTTPServerParams::Ptr result = new Poco::Net::HTTPServerParams;
    result->setMaxThreads(options.threads);
    result->setMaxQueued(options.queue);
    result->setTimeout(Poco::Timespan(options.idle_limit.micros));
    result->setKeepAlive(true);
    result->setKeepAliveTimeout(Poco::Timespan(options.idle_limit.micros));
    result->setMaxKeepAliveRequests(100);
    return result;
}

}  // namespace

struct Server::Parts {
    Handler handler;
    Poco::ThreadPool threads;
    Poco::Net::ServerSocket socket;
    Poco::Net::HTTPServer server;

    Parts(const Options& options, const std::function<Health()>& health,
          const platform::Metrics& metrics)
        : handler(health, metrics),
          threads("console", 1, options.threads),
          socket(bind(options.listen)),
          server(new Factory(handler), threads, socket, parameters(options)) {}
};

Server::Server(Options options, std::function<Health()> health, const platform::Metrics& metrics)
    : options_(std::move(options)), health_(std::move(health)), metrics_(metrics) {}

Server::~Server() {
    stop();
}

void Server::start() {
    parts_ = std::make_unique<Parts>(options_, health_, metrics_);
    parts_->server.start();
    platform::log(platform::Severity::info, "console", "listening",
                  {{"address", parts_->socket.address().toString()}});
}

std::uint16_t Server::port() const {
    return parts_ ? parts_->socket.address().port() : 0;
}

void Server::stop() {
    if (!parts_) return;
    parts_->server.stopAll(true);
    parts_->threads.joinAll();
    parts_.reset();
}

}  // namespace console

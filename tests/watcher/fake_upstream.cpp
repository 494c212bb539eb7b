#include "watcher/fake_upstream.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timestamp.h>

#include <chrono>

namespace watcher {

using namespace Poco::Net;

namespace {

ServerSocket listen(const std::string& certificate) {
    const SocketAddress any("127.0.0.1", 0);
    if (certificate.empty()) return ServerSocket(any);
    Context::Ptr context(
        new Context(Context::TLS_SERVER_USE, certificate, certificate, "", Context::VERIFY_NONE));
    return SecureServerSocket(any, 16, context);
}

HTTPServerParams::Ptr params() {
    HTTPServerParams::Ptr params(new HTTPServerParams);
    params->setKeepAlive(false);
    params->setMaxThreads(16);
    return params;
}

}  // namespace

class FakeUpstream::Server : public HTTPRequestHandlerFactory {
  public:
    // The server deletes its factory, so it gets one of its own that points here.
    struct Factory : HTTPRequestHandlerFactory {
        explicit Factory(Server& owner) : server(owner) {}
        HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
            return new Handler(server);
        }
        Server& server;
    };
    struct Handler : HTTPRequestHandler {
        explicit Handler(Server& owner) : server(owner) {}
        void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
            server.handle(request, response);
        }
        Server& server;
    };

    explicit Server(const std::string& certificate)
        : secure(!certificate.empty()),
          socket(listen(certificate)),
          http(new Factory(*this), socket, params()) {
        http.start();
    }
    ~Server() override {
        {
            const std::lock_guard lock(mutex);
            closing = true;
        }
        changed.notify_all();
        http.stopAll(true);
        // It does not wait for the threads that serve.
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return now == 0; });
    }
    HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override { return nullptr; }

    void handle(HTTPServerRequest& request, HTTPServerResponse& response) {
        std::string body;
        Poco::StreamCopier::copyToString(request.stream(), body);
        Answer answer;
        {
            const std::lock_guard lock(mutex);
            asked.push_back(
                {request.getMethod(), request.getURI(), request.get("Authorization", ""), body});
            most = std::max(most, ++now);
            answer = request.getURI().ends_with("/model/list") ? list : status;
        }
        changed.notify_all();
        try {
            reply(answer, response);
        } catch (const Poco::Exception&) {
        }
        const std::lock_guard lock(mutex);
        --now;
        changed.notify_all();  // under the lock: all goes once it is let go
    }

    void reply(const Answer& answer, HTTPServerResponse& response) {
        if (answer.drop) return;
        response.setStatus(static_cast<HTTPResponse::HTTPStatus>(answer.status));
        response.setContentType("application/json");
        if (!answer.date.empty()) response.set("Date", answer.date);
        if (!answer.trickle) {
            response.sendBuffer(answer.body.data(), answer.body.size());
            return;
        }
        response.setChunkedTransferEncoding(true);
        std::ostream& out = response.send();
        std::unique_lock lock(mutex);
        while (!closing && out.good()) {
            lock.unlock();
            out << ' ' << std::flush;
            lock.lock();
            changed.wait_for(lock, std::chrono::milliseconds(20));
        }
    }

    const Poco::Timestamp began;
    const bool secure;
    ServerSocket socket;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    Answer status{404, R"({"status":"error","error":"not loaded"})"};
    Answer list{200, "[]"};
    std::vector<Asked> asked;
    int now = 0;
    int most = 0;
    bool closing = false;
    HTTPServer http;
};

FakeUpstream::FakeUpstream(const std::string& certificate)
    : server_(std::make_unique<Server>(certificate)) {}

FakeUpstream::~FakeUpstream() = default;

std::string FakeUpstream::url() const {
    return (server_->secure ? "https://localhost:" : "http://127.0.0.1:") +
           std::to_string(server_->socket.address().port());
}

void FakeUpstream::on_status(Answer answer) {
    const std::lock_guard lock(server_->mutex);
    server_->status = std::move(answer);
}

void FakeUpstream::on_list(Answer answer) {
    const std::lock_guard lock(server_->mutex);
    server_->list = std::move(answer);
}

std::size_t FakeUpstream::asked_count() const {
    const std::lock_guard lock(server_->mutex);
    return server_->asked.size();
}

std::vector<FakeUpstream::Asked> FakeUpstream::asked() const {
    const std::lock_guard lock(server_->mutex);
    return server_->asked;
}

bool FakeUpstream::wait_for_questions(std::size_t count) const {
    std::unique_lock lock(server_->mutex);
    return server_->changed.wait_for(lock, std::chrono::seconds(10),
                                     [&] { return server_->asked.size() >= count; });
}

int FakeUpstream::most_at_once() const {
    const std::lock_guard lock(server_->mutex);
    return server_->most;
}

std::string FakeUpstream::status_json(const std::string& model, const std::string& state,
                                      int created, int modified, int expires,
                                      int inferences) const {
    const auto instant = [this](int offset) {
        if (offset == 0) return std::string("null");
        const Poco::Timestamp at = server_->began + offset * Poco::Timestamp::resolution();
        return '"' + Poco::DateTimeFormatter::format(at, "%Y-%m-%dT%H:%M:%S.%iZ") + '"';
    };
    return R"({"model":")" + model + R"(","status":")" + state +
           R"(","concurrency":1,"inferences":)" + std::to_string(inferences) +
           R"(,"expirationPeriodSeconds":1800,"expirationPeriodMinutes":30,"expiresAt":)" +
           instant(expires) + R"(,"created":)" + instant(created) + R"(,"modified":)" +
           instant(modified) + "}";
}

}  // namespace watcher

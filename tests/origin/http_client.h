// A small client of the model API for tests: one request, and an answer whole or as it comes.
#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>
#include <sys/socket.h>

#include <istream>
#include <nlohmann/json.hpp>
#include <string>

namespace origin::testing_support {

struct Reply {
    int status = 0;
    std::string body;
    Poco::Net::HTTPResponse head;
    nlohmann::json json() const { return nlohmann::json::parse(body); }
};

class HttpClient {
  public:
    explicit HttpClient(const std::string& url, std::string key = "secret")
        : uri_(url), session_(uri_.getHost(), uri_.getPort()), key_(std::move(key)) {
        session_.setTimeout(Poco::Timespan(30, 0));
        session_.setKeepAlive(true);
    }

    /// POST where there is a body, else GET.
    std::istream& begin(const std::string& path, const std::string& body, Reply& reply) {
        Poco::Net::HTTPRequest request(body.empty() ? "GET" : "POST", path, "HTTP/1.1");
        if (!key_.empty()) request.set("Authorization", "Key " + key_);
        request.setContentType("application/json");
        if (!body.empty()) request.setContentLength(static_cast<std::streamsize>(body.size()));
        session_.sendRequest(request) << body << std::flush;
        std::istream& in = session_.receiveResponse(reply.head);
        reply.status = reply.head.getStatus();
        return in;
    }

    Reply send(const std::string& path, const std::string& body = "") {
        Reply reply;
        std::istream& in = begin(path, body, reply);
        reply.body.assign(std::istreambuf_iterator<char>(in), {});
        return reply;
    }

    /// Everything that comes back until the connection closes, framing and all.
    std::string send_raw(const std::string& path, const std::string& body) {
        Poco::Net::StreamSocket socket(Poco::Net::SocketAddress(uri_.getHost(), uri_.getPort()));
        socket.setReceiveTimeout(Poco::Timespan(30, 0));
        const std::string request =
            "POST " + path + " HTTP/1.1\r\nHost: test\r\nAuthorization: Key " + key_ +
            "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
            body;
        socket.sendBytes(request.data(), static_cast<int>(request.size()));
        std::string answer;
        char buffer[4096];
        for (int count = 1; count > 0;) {
            count = socket.receiveBytes(buffer, sizeof buffer);
            answer.append(buffer, static_cast<std::size_t>(count));
        }
        return answer;
    }
    void hang_up() { session_.reset(); }
    /// From another thread, while an answer is waited for.
    void cut() { ::shutdown(session_.socket().impl()->sockfd(), SHUT_RDWR); }

  private:
    Poco::URI uri_;
    Poco::Net::HTTPClientSession session_;
    std::string key_;
};

}  // namespace origin::testing_support

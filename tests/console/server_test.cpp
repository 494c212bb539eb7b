#include "console/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <thread>

#include "console/exposition.h"

namespace console {
namespace {

/// A connection to the server; everything it reads is bounded by ten seconds.
class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval limit{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(socket_); }
    bool connected() const { return connected_; }
    void send(const std::string& text) const {
        EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// As much of it as the server takes.
    void try_send(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    /// Up to the end of the connection.
    std::string read_all() const {
        std::string all;
        char buffer[4096];
        while (true) {
            const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
            if (count <= 0) return all;
            all.append(buffer, static_cast<std::size_t>(count));
        }
    }

  private:
    int socket_;
    bool connected_ = false;
};

std::string ask(std::uint16_t port, const std::string& method, const std::string& path) {
    const Client client(port);
    client.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.read_all();
}

std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

Options any_port() {
    Options options;
    options.listen = "127.0.0.1:0";
    options.idle_limit = calendar::Duration::milliseconds(500);
    return options;
}

class ConsoleServer : public testing::Test {
  protected:
    void SetUp() override { server_.start(); }
    std::atomic<JournalState> journal_{JournalState::writing};
    platform::Metrics metrics_;
    Server server_{any_port(), [this] { return Health{journal_, 0, true}; }, metrics_};
};

}  // namespace

TEST_F(ConsoleServer, AnswersOverHttp) {
    EXPECT_THAT(
        ask(server_.port(), "GET", "/healthz"),
        testing::AllOf(testing::StartsWith("HTTP/1.1 200 OK\r\n"), testing::EndsWith("ok\n"),
                       testing::HasSubstr("Cache-Control: no-store\r\n")));
    EXPECT_THAT(ask(server_.port(), "GET", "/readyz"), testing::StartsWith("HTTP/1.1 200 "));
    journal_ = JournalState::failed;
    EXPECT_THAT(ask(server_.port(), "GET", "/readyz"), testing::StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(ask(server_.port(), "GET", "/nothing"), testing::StartsWith("HTTP/1.1 404 "));
}

TEST_F(ConsoleServer, ServesMetricsThatAStrictReaderTakes) {
    metrics_.counter("tollgate_requests_total", "Calls.", {{"call", "run"}}).add(5);
    const std::string answer = ask(server_.port(), "GET", "/metrics");
    EXPECT_THAT(answer,
                testing::HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    const auto families = exposition::parse(body_of(answer));
    EXPECT_EQ(families.at("tollgate_requests_total").samples.at(0).value, "5");
}

TEST_F(ConsoleServer, AnswersHeadWithoutABody) {
    const std::string answer = ask(server_.port(), "HEAD", "/healthz");
    EXPECT_THAT(answer, testing::HasSubstr("Content-Length: 3\r\n"));
    EXPECT_EQ(body_of(answer), "");
}

TEST_F(ConsoleServer, RefusesOtherMethodsAndDoesNotReadTheirBodies) {
    const Client client(server_.port());
    client.send(
        "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: x");
    const std::string answer = client.read_all();
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(answer, testing::HasSubstr("Allow: GET, HEAD\r\n"));
    EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos);
}

TEST_F(ConsoleServer, SurvivesWhatIsNoHttp) {
    for (const std::string& junk :
         {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("\r\n\r\n"),
          "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"}) {
        const Client client(server_.port());
        client.try_send(junk);
        EXPECT_EQ(client.read_all().find(" 200 "), std::string::npos);
    }
    EXPECT_THAT(ask(server_.port(), "GET", "/healthz"), testing::StartsWith("HTTP/1.1 200 "));
}

TEST_F(ConsoleServer, ServesManyAtOnce) {
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                good += ask(server_.port(), "GET", "/readyz").starts_with("HTTP/1.1 200 ");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 160);
}

TEST_F(ConsoleServer, RefusesAPortThatIsTakenByName) {
    Options options;
    options.listen = "127.0.0.1:" + std::to_string(server_.port());
    Server second(
        options, [] { return Health{}; }, metrics_);
    try {
        second.start();
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(options.listen));
        EXPECT_THAT(error.what(), testing::HasSubstr("already in use"));
    }
}

TEST_F(ConsoleServer, StopsWhileAConnectionIsOpen) {
    const Client idle(server_.port());
    idle.send("GET /heal");
    const std::uint16_t port = server_.port();
    server_.stop();
    server_.stop();
    EXPECT_EQ(idle.read_all().find("200"), std::string::npos);
    EXPECT_FALSE(Client(port).connected());
}

TEST(ConsoleServerStart, RefusesAnAddressThatIsNone) {
    const platform::Metrics metrics;
    for (const char* listen : {"127.0.0.1:99999", "nowhere", "256.1.1.1:80", ""}) {
        Options options;
        options.listen = listen;
        Server server(
            options, [] { return Health{}; }, metrics);
        EXPECT_THROW(server.start(), std::runtime_error) << listen;
    }
}

}  // namespace console

// An open loop: POST requests leave at a constant spacing, whatever the answers do, and a latency
// is counted from the instant at which its request should have left. So a server that stalls is
// charged with all that would have been sent meanwhile, which a closed loop (wrk) forgives.
// steady_load URL RATE SECONDS CONNECTIONS [--warm SECONDS] [--body TEXT] [--header LINE]…
// A request that finds no free connection opens another one; beyond CONNECTIONS it waits. What is
// sent in the first `--warm` seconds (1) is not counted. Prints one line: latencies in µs, `late`
// is the 99th percentile of how much too late this program itself was.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t patience = 10 * second;  // for answers, after the last request

struct Plan {
    sockaddr_in address{};
    std::string request;
    std::int64_t rate = 0;
    std::int64_t seconds = 0;
    std::int64_t warm = 1;
    std::size_t connections = 0;
};

std::int64_t now_nanos() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second + now.tv_nsec;
}

struct Connection {
    int descriptor = -1;
    bool connected = false;
    bool busy = false;
    std::int64_t due = 0;  // when its request should have left
    std::string bytes;     // of the answer
};

/// The size of the whole answer; 0: not known yet.
std::size_t answer_size(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    for (std::size_t at = bytes.find("\r\n") + 2; at < end; at = bytes.find("\r\n", at) + 2) {
        if (strncasecmp(bytes.data() + at, "content-length:", 15) == 0) {
            return end + 4 + std::strtoul(bytes.data() + at + 15, nullptr, 10);
        }
    }
    return end + 4;
}

class Load {
  public:
    explicit Load(const Plan& plan) : plan_(plan), epoll_(::epoll_create1(0)) {
        const auto expected = static_cast<std::size_t>(plan.rate * plan.seconds);
        latencies_.reserve(expected);
        lateness_.reserve(expected);
    }

    void run() {
        begin_ = now_nanos();
        first_ = begin_ + plan_.warm * second;
        end_ = first_ + plan_.seconds * second;
        while (true) {
            const std::int64_t now = now_nanos();
            dispatch(now);
            if (next_due() >= end_ && (outstanding_ == 0 || now > end_ + patience)) break;
            wait(next_due() < end_ ? next_due() : end_ + patience);
        }
        errors_ += outstanding_;
    }

    void print() {
        std::printf(
            "achieved %.1f p50 %.1f p99 %.1f p999 %.1f max %.1f errors %lu not2xx %lu "
            "connections %zu late %.1f\n",
            static_cast<double>(answered_in_time_) / static_cast<double>(plan_.seconds),
            percentile(latencies_, 500), percentile(latencies_, 990), percentile(latencies_, 999),
            percentile(latencies_, 1000), errors_, not_2xx_, opened_most_,
            percentile(lateness_, 990));
    }

  private:
    std::int64_t next_due() const { return begin_ + sent_ * second / plan_.rate; }

    static double percentile(std::vector<std::int64_t>& values, std::size_t per_mille) {
        if (values.empty()) return 0;
        const std::size_t at = std::min(values.size() * per_mille / 1000, values.size() - 1);
        std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at),
                         values.end());
        return static_cast<double>(values[at]) / 1000;
    }

    void dispatch(std::int64_t now) {
        for (; next_due() <= now && next_due() < end_; ++sent_) {
            if (next_due() >= first_) lateness_.push_back(now - next_due());
            ++outstanding_;
            waiting_.push_back(next_due());
        }
        while (!waiting_.empty()) {
            Connection* connection = take_connection();
            if (connection == nullptr) return;
            connection->due = waiting_.front();
            connection->busy = true;
            waiting_.pop_front();
            if (connection->connected) send_request(*connection);
        }
    }

    /// The one that was used last; a new one where none is free; null at the limit.
    Connection* take_connection() {
        while (!free_.empty()) {
            Connection* connection = free_.back();
            free_.pop_back();
            if (connection->descriptor >= 0) return connection;
        }
        return open_ < plan_.connections ? connect() : nullptr;
    }

    Connection* connect() {
        auto& connection = all_.emplace_back(std::make_unique<Connection>());
        connection->descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        const int on = 1;
        setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = connection.get();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->descriptor, &event);
        const auto* address = reinterpret_cast<const sockaddr*>(&plan_.address);
        if (connection->descriptor < 0 ||
            (::connect(connection->descriptor, address, sizeof plan_.address) != 0 &&
             errno != EINPROGRESS)) {
            std::perror("steady_load: connect");
            std::exit(1);
        }
        opened_most_ = std::max(opened_most_, ++open_);
        return connection.get();
    }

    void send_request(Connection& connection) {
        const std::string& bytes = plan_.request;
        if (::send(connection.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(bytes.size())) {
            close(connection);
        }
    }

    void close(Connection& connection) {
        if (connection.busy) {
            ++errors_;
            --outstanding_;
        }
        connection.busy = false;
        ::close(connection.descriptor);
        connection.descriptor = -1;
        --open_;
    }

    void wait(std::int64_t until) {
        const std::int64_t left = std::max<std::int64_t>(until - now_nanos(), 0);
        const timespec timeout{left / second, left % second};
        epoll_event events[256];
        const int count = ::epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
        for (int i = 0; i < count; ++i) {
            auto& connection = *static_cast<Connection*>(events[i].data.ptr);
            if (connection.descriptor < 0) continue;
            if (!connection.connected && (events[i].events & EPOLLOUT) != 0) {
                connection.connected = true;
                if (connection.busy) send_request(connection);
            }
            if (connection.descriptor >= 0 && (events[i].events & EPOLLIN) != 0) read(connection);
        }
    }

    void read(Connection& connection) {
        char piece[65536];
        while (true) {
            const ssize_t size = ::recv(connection.descriptor, piece, sizeof piece, 0);
            if (size < 0 && errno == EAGAIN) return;
            if (size <= 0) return close(connection);
            connection.bytes.append(piece, static_cast<std::size_t>(size));
            const std::size_t whole = answer_size(connection.bytes);
            if (whole != 0 && connection.bytes.size() >= whole) on_answer(connection);
            if (static_cast<std::size_t>(size) < sizeof piece) return;
        }
    }

    void on_answer(Connection& connection) {
        const std::int64_t now = now_nanos();
        if (!connection.bytes.starts_with("HTTP/1.1 2")) ++not_2xx_;
        if (connection.due >= first_) latencies_.push_back(now - connection.due);
        if (now >= first_ && now < end_) ++answered_in_time_;
        connection.bytes.clear();
        connection.busy = false;
        --outstanding_;
        free_.push_back(&connection);
    }

    const Plan& plan_;
    const int epoll_;
    std::int64_t begin_ = 0;
    std::int64_t first_ = 0;
    std::int64_t end_ = 0;
    std::int64_t sent_ = 0;
    std::vector<std::unique_ptr<Connection>> all_;  // an event may still name a closed one
    std::vector<Connection*> free_;
    std::deque<std::int64_t> waiting_;  // due, and without a connection
    std::size_t open_ = 0;
    std::size_t opened_most_ = 0;
    std::uint64_t outstanding_ = 0;
    std::uint64_t answered_in_time_ = 0;
    std::uint64_t errors_ = 0;
    std::uint64_t not_2xx_ = 0;
    std::vector<std::int64_t> latencies_;
    std::vector<std::int64_t> lateness_;
};

/// http://ADDRESS:PORT/PATH
bool parse_url(std::string_view url, sockaddr_in& address, std::string& path) {
    if (!url.starts_with("http://")) return false;
    url.remove_prefix(7);
    const std::size_t colon = url.find(':');
    const std::size_t slash = url.find('/');
    if (colon > slash || slash == std::string_view::npos) return false;
    path = url.substr(slash);
    address.sin_family = AF_INET;
    const std::string port(url.substr(colon + 1, slash - colon - 1));
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
    return ::inet_pton(AF_INET, std::string(url.substr(0, colon)).c_str(), &address.sin_addr) == 1;
}

bool parse_arguments(int argc, char** argv, Plan& plan) {
    std::string path;
    if (argc < 5 || !parse_url(argv[1], plan.address, path)) return false;
    plan.rate = std::atol(argv[2]);
    plan.seconds = std::atol(argv[3]);
    plan.connections = std::strtoul(argv[4], nullptr, 10);
    std::string body =
        R"({"model":"openai-community/gpt2","prompt":"Once upon a time there was a small house )"
        R"(at the edge of the wood","params":{"min_length":30,"max_length":256}})";
    std::string fields =
        "Host: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench/1.0 (a client of usual length)\r\n"
        "Authorization: Key 0123456789abcdef0123456789abcdef\r\n"
        "Content-Type: application/json\r\n";
    for (int i = 5; i < argc; i += 2) {
        const std::string_view option = argv[i];
        if (i + 1 == argc) return false;
        if (option == "--body") {
            body = argv[i + 1];
        } else if (option == "--header") {
            fields += argv[i + 1] + std::string("\r\n");
        } else if (option == "--warm") {
            plan.warm = std::atol(argv[i + 1]);
        } else {
            return false;
        }
    }
    plan.request = "POST " + path + " HTTP/1.1\r\n" + fields +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return plan.rate > 0 && plan.seconds > 0 && plan.connections > 0 && plan.warm >= 0;
}

}  // namespace

int main(int argc, char** argv) {
    Plan plan;
    if (!parse_arguments(argc, argv, plan)) {
        std::fputs(
            "steady_load URL RATE SECONDS CONNECTIONS [--warm SECONDS] [--body TEXT] "
            "[--header LINE]…\n",
            stderr);
        return 2;
    }
    // Timers that are as exact as they can be, instead of within 50 µs.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    Load load(plan);
    load.run();
    load.print();
}

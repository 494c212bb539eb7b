// Many clients of one server that are there and do little: each opens a connection and asks once.
// hold_clients URL COUNT idle     … and then keeps the connection open
// hold_clients URL COUNT stream   … and then reads what streams, again and again
// Prints `ready` once all have their answer (or the first piece of it), and when its standard input
// ends one line: pieces read, connections lost, and the longest wait of any stream between two
// pieces after `ready`, in ms.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

std::int64_t now_millis() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1000} + now.tv_nsec / 1'000'000;
}

class Clients {
  public:
    Clients(const sockaddr_in& address, std::string request, bool streams)
        : address_(address),
          request_(std::move(request)),
          streams_(streams),
          epoll_(::epoll_create1(0)) {
        watch(STDIN_FILENO);
    }

    void run(std::size_t count) {
        // A few hundred at a time: the listener's queue is no part of what is measured.
        constexpr std::size_t at_once = 256;
        while (!ended_) {
            while (clients_.size() < count && clients_.size() < answered_ + at_once) open();
            if (answered_ == count && ready_at_ == 0) {
                std::puts("ready");
                std::fflush(stdout);
                ready_at_ = now_millis();
            }
            serve();
        }
        const std::int64_t now = now_millis();
        for (const auto& [descriptor, client] : clients_) note_gap(client, now);
        std::printf("pieces %lu lost %lu longest_wait %ld\n", pieces_, lost_,
                    static_cast<long>(longest_wait_));
    }

  private:
    struct Client {
        bool answered = false;
        std::int64_t last_millis = 0;  // when it read something
    };

    void watch(int descriptor) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
    }

    void open() {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        if (descriptor < 0 || ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address_),
                                        sizeof address_) != 0) {
            std::perror("hold_clients");
            std::exit(1);
        }
        clients_[descriptor] = {};
        watch(descriptor);
        ask(descriptor);
    }

    void ask(int descriptor) { ::send(descriptor, request_.data(), request_.size(), MSG_NOSIGNAL); }

    void serve() {
        epoll_event events[256];
        const int count = ::epoll_wait(epoll_, events, 256, -1);
        const std::int64_t now = now_millis();
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd == STDIN_FILENO) {
                ended_ = true;
            } else {
                read(events[i].data.fd, now);
            }
        }
    }

    void read(int descriptor, std::int64_t now) {
        char piece[65536];
        const ssize_t size = ::recv(descriptor, piece, sizeof piece, MSG_DONTWAIT);
        Client& client = clients_[descriptor];
        if (size <= 0) {
            ++lost_;
            if (!client.answered) std::exit(1);
            clients_.erase(descriptor);
            ::close(descriptor);
            return;
        }
        ++pieces_;
        note_gap(client, now);
        if (!client.answered) ++answered_;
        client.answered = true;
        client.last_millis = now;
        const std::string_view bytes(piece, static_cast<std::size_t>(size));
        if (streams_ && bytes.ends_with("0\r\n\r\n")) ask(descriptor);
    }

    void note_gap(const Client& client, std::int64_t now) {
        if (!streams_ || ready_at_ == 0) return;
        longest_wait_ = std::max(longest_wait_, now - std::max(client.last_millis, ready_at_));
    }

    const sockaddr_in address_;
    const std::string request_;
    const bool streams_;
    const int epoll_;
    std::unordered_map<int, Client> clients_;
    bool ended_ = false;
    std::size_t answered_ = 0;
    std::int64_t ready_at_ = 0;
    std::uint64_t pieces_ = 0;
    std::uint64_t lost_ = 0;
    std::int64_t longest_wait_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    char host[64] = {};
    unsigned port = 0;
    char path[256] = {};
    if (argc != 4 || std::sscanf(argv[1], "http://%63[0-9.]:%u%255s", host, &port, path) != 3) {
        std::fputs("hold_clients http://ADDRESS:PORT/PATH COUNT idle|stream\n", stderr);
        return 2;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, host, &address.sin_addr);
    const std::string body = R"({"model":"openai-community/gpt2","prompt":"Once","stream":true})";
    const std::string request = "POST " + std::string(path) +
                                " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
                                "User-Agent: bench/1.0 (a client of usual length)\r\n"
                                "Authorization: Key 0123456789abcdef0123456789abcdef\r\n"
                                "Content-Type: application/json\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    Clients(address, request, std::string_view(argv[3]) == "stream")
        .run(std::strtoul(argv[2], nullptr, 10));
}

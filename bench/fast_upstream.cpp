// An upstream that costs next to nothing: one thread, epoll, a fixed answer of 246 bytes to every
// request, keep-alive. Understands Content-Length, nothing else.
// fast_upstream PORT [--delay MS] [--stream SECONDS] [--interval MS]
//   --delay     an answer leaves that long after its request
//   --stream    runs are answered in chunks for that long, one at each interval (100 ms)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

const std::string head_start =
    "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Mon, 05 Oct 2026 12:00:00 GMT\r\n"
    "Content-Type: text/plain\r\n";
const std::string body(120, 'x');
const std::string answer =
    head_start + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
const std::string chunked_head = head_start + "Transfer-Encoding: chunked\r\n\r\n";
const std::string chunk = "14\r\ndata: one word more\n\r\n";
const std::string last_chunk = "0\r\n\r\n";

struct Settings {
    std::int64_t delay_micros = 0;
    long pieces = 0;  // of a streamed answer; 0: none is streamed
    std::int64_t interval_micros = 100'000;
};

std::int64_t now_micros() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000;
}

std::size_t content_length(const std::string& bytes, std::size_t head_size) {
    for (std::size_t at = 0; at < head_size; at = bytes.find("\r\n", at) + 2) {
        if (strncasecmp(bytes.data() + at, "content-length:", 15) == 0) {
            return std::strtoul(bytes.data() + at + 15, nullptr, 10);
        }
    }
    return 0;
}

bool send_all(int descriptor, std::string_view bytes) {
    return ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
}

int listen_on(const char* port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, 4096) != 0) {
        std::perror("fast_upstream");
        std::exit(1);
    }
    return listener;
}

class Upstream {
  public:
    Upstream(const char* port, const Settings& settings)
        : settings_(settings), listener_(listen_on(port)), epoll_(::epoll_create1(0)) {
        watch(listener_);
    }

    [[noreturn]] void run() {
        epoll_event events[256];
        while (true) {
            const int count = ::epoll_pwait2(epoll_, events, 256, time_left(), nullptr);
            for (int i = 0; i < count; ++i) {
                if (events[i].data.fd == listener_) {
                    accept_all();
                } else {
                    read_from(events[i].data.fd);
                }
            }
            send_due(delayed_);
            send_due(streams_);
        }
    }

  private:
    struct Client {
        std::uint64_t id = 0;  // a descriptor may be another client's when its time has come
        std::string bytes;
    };
    struct Due {
        std::int64_t at_micros;
        int descriptor;
        std::uint64_t client;
        long pieces;  // to send after the one that is due; -1: a plain answer
    };
    /// All of one queue wait equally long, so it is in order.
    using Queue = std::deque<Due>;

    void watch(int descriptor) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
    }

    const timespec* time_left() {
        std::int64_t at = INT64_MAX;
        if (!delayed_.empty()) at = delayed_.front().at_micros;
        if (!streams_.empty()) at = std::min(at, streams_.front().at_micros);
        if (at == INT64_MAX) return nullptr;
        const std::int64_t left = std::max<std::int64_t>(at - now_micros(), 0);
        timeout_ = {left / 1'000'000, left % 1'000'000 * 1000};
        return &timeout_;
    }

    void accept_all() {
        while (true) {
            const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
            if (descriptor < 0) return;
            const int on = 1;
            setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            clients_[descriptor] = {++last_id_, {}};
            watch(descriptor);
        }
    }

    void close(int descriptor) {
        clients_.erase(descriptor);
        ::close(descriptor);
    }

    void read_from(int descriptor) {
        const ssize_t size = ::recv(descriptor, piece_, sizeof piece_, 0);
        if (size <= 0) return close(descriptor);
        Client& client = clients_[descriptor];
        client.bytes.append(piece_, static_cast<std::size_t>(size));
        if (!serve(descriptor, client)) close(descriptor);
    }

    /// Answers every whole request, now or later, and removes it.
    bool serve(int descriptor, Client& client) {
        std::string out;
        while (true) {
            const std::size_t end = client.bytes.find("\r\n\r\n");
            if (end == std::string::npos) break;
            const std::size_t size = end + 4 + content_length(client.bytes, end + 2);
            if (client.bytes.size() < size) break;
            const bool is_run = client.bytes.starts_with("POST /model/run");
            client.bytes.erase(0, size);
            const long pieces = is_run && settings_.pieces > 0 ? settings_.pieces : -1;
            if (settings_.delay_micros > 0) {
                delayed_.push_back(
                    {now_micros() + settings_.delay_micros, descriptor, client.id, pieces});
            } else if (pieces >= 0) {
                begin_stream(descriptor, client.id, pieces);
            } else {
                out += answer;
            }
        }
        return out.empty() || send_all(descriptor, out);
    }

    void begin_stream(int descriptor, std::uint64_t client, long pieces) {
        send_all(descriptor, chunked_head);
        streams_.push_back({now_micros() + settings_.interval_micros, descriptor, client, pieces});
    }

    void send_due(Queue& queue) {
        if (queue.empty()) return;
        const std::int64_t now = now_micros();
        while (!queue.empty() && queue.front().at_micros <= now) {
            const Due due = queue.front();
            queue.pop_front();
            const auto client = clients_.find(due.descriptor);
            if (client == clients_.end() || client->second.id != due.client) continue;
            if (!send_one(due, &queue == &streams_)) close(due.descriptor);
        }
    }

    bool send_one(const Due& due, bool streaming) {
        if (due.pieces < 0) return send_all(due.descriptor, answer);
        if (!streaming) {
            begin_stream(due.descriptor, due.client, due.pieces);
            return true;
        }
        if (due.pieces == 0) return send_all(due.descriptor, last_chunk);
        streams_.push_back({due.at_micros + settings_.interval_micros, due.descriptor, due.client,
                            due.pieces - 1});
        return send_all(due.descriptor, chunk);
    }

    const Settings settings_;
    const int listener_;
    const int epoll_;
    std::unordered_map<int, Client> clients_;
    std::uint64_t last_id_ = 0;
    Queue delayed_;
    Queue streams_;
    timespec timeout_{};
    char piece_[65536];
};

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    long stream_seconds = 0;
    for (int i = 2; i < argc; i += 2) {
        const std::string_view option = argv[i];
        const long value = i + 1 < argc ? std::atol(argv[i + 1]) : 0;
        if (option == "--delay") {
            settings.delay_micros = value * 1000;
        } else if (option == "--stream") {
            stream_seconds = value;
        } else if (option == "--interval" && value > 0) {
            settings.interval_micros = value * 1000;
        } else {
            argc = 0;
        }
    }
    if (argc < 2) {
        std::fputs("fast_upstream PORT [--delay MS] [--stream SECONDS] [--interval MS]\n", stderr);
        return 2;
    }
    settings.pieces = stream_seconds * 1'000'000 / settings.interval_micros;
    std::signal(SIGPIPE, SIG_IGN);
    Upstream(argv[1], settings).run();
}

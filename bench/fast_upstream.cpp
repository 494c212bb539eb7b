// An upstream that costs next to nothing: one thread, epoll, a fixed answer of 246 bytes to every
// request, keep-alive. Understands Content-Length, nothing else. fast_upstream PORT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>

namespace {

const std::string body(120, 'x');
const std::string answer =
    "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Mon, 05 Oct 2026 12:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: " +
    std::to_string(body.size()) + "\r\n\r\n" + body;

std::size_t content_length(const std::string& bytes, std::size_t head_size) {
    for (std::size_t at = 0; at < head_size; at = bytes.find("\r\n", at) + 2) {
        if (strncasecmp(bytes.data() + at, "content-length:", 15) == 0) {
            return std::strtoul(bytes.data() + at + 15, nullptr, 10);
        }
    }
    return 0;
}

/// Answers every whole request in `bytes` and removes it.
bool serve(int descriptor, std::string& bytes) {
    std::string out;
    while (true) {
        const std::size_t end = bytes.find("\r\n\r\n");
        if (end == std::string::npos) break;
        const std::size_t size = end + 4 + content_length(bytes, end + 2);
        if (bytes.size() < size) break;
        bytes.erase(0, size);
        out += answer;
    }
    return out.empty() || ::send(descriptor, out.data(), out.size(), MSG_NOSIGNAL) ==
                              static_cast<ssize_t>(out.size());
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

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::signal(SIGPIPE, SIG_IGN);
    const int listener = listen_on(argv[1]);
    const int epoll = ::epoll_create1(0);
    const auto watch = [epoll](int descriptor) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    };
    watch(listener);
    std::unordered_map<int, std::string> waiting;
    epoll_event events[256];
    char piece[65536];
    while (true) {
        const int count = ::epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; ++i) {
            const int descriptor = events[i].data.fd;
            if (descriptor == listener) {
                const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (client < 0) continue;
                const int on = 1;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                watch(client);
                continue;
            }
            const ssize_t size = ::recv(descriptor, piece, sizeof piece, 0);
            if (size > 0) {
                std::string& bytes = waiting[descriptor];
                bytes.append(piece, static_cast<std::size_t>(size));
                if (serve(descriptor, bytes)) continue;
            }
            waiting.erase(descriptor);
            ::close(descriptor);
        }
    }
}

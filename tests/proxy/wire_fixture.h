// What the tables of the wire share: a client that sends raw bytes and keeps all that comes back,
// and an upstream that keeps all that it is sent and answers raw bytes.
#pragma once

#include "proxy/gateway_fixture.h"

namespace proxy {

/// What the upstream does after its answer.
enum class Then { stay, close };

class WireFixture : public GatewayFixture {
  protected:
    /// With a new upstream, whose answer this is, except to what ends a conversation.
    void start_answering(const std::string& answer, Then then = Then::stay) {
        upstream = support::TestUpstream::scripted(
            [answer, then](support::Peer& peer, support::TestUpstream& self) {
                while (true) {
                    const auto request = support::TestUpstream::read_request(peer);
                    if (request.head.empty()) return;
                    self.see(request);
                    if (request.head.find(" /last ") != std::string::npos) {
                        peer.send(last_answer);
                        continue;
                    }
                    peer.send(answer);
                    if (then == Then::close) return;
                }
            });
        start(*upstream);
    }
    void start_again(const std::string& answer, Then then = Then::stay) {
        stop();
        log.reset();
        options.upstream_url.clear();
        start_answering(answer, then);
    }

    /// All that comes back to these bytes until the gateway closes.
    std::string talk(const std::string& bytes) {
        const auto peer = client();
        peer->send(bytes);
        return peer->read_to_end();
    }
    std::string authority() const { return "127.0.0.1:" + std::to_string(upstream->port()); }

    /// A request that ends a conversation, and what it is answered.
    static inline const std::string last =
        "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    static inline const std::string last_answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast";
    static inline const std::string last_answer_received =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast";
    static inline const std::string fine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

    std::unique_ptr<support::TestUpstream> upstream;
};

/// In what a row expects, @ stands for the upstream's authority.
inline std::string with_authority(std::string text, const std::string& authority) {
    for (std::size_t at; (at = text.find('@')) != std::string::npos;) {
        text.replace(at, 1, authority);
    }
    return text;
}

inline std::string shown(const std::string& bytes) {
    return testing::PrintToString(bytes.substr(0, 400));
}

}  // namespace proxy

// An upstream for tests, on threads of its own: blocking sockets, scripted answers, every byte it
// saw kept. Knows HTTP only as far as a test needs it and nothing of the product, so that tests do
// not confirm themselves. Every wait is bounded.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

/// One end of a TCP connection; reads and writes give up after a few seconds.
class Peer {
  public:
    explicit Peer(int descriptor, SSL* tls = nullptr) : descriptor_(descriptor), tls_(tls) {}
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    bool send(std::string_view bytes);
    /// More bytes into `buffered`; false: the end, a broken connection, or nothing for too long.
    bool receive();
    /// What is received up to and including `end`; empty when it does not come.
    std::string read_until(std::string_view end);
    std::string read_exactly(std::size_t count);
    std::string read_to_end();
    /// A body as its head frames it (Content-Length or chunked), raw.
    std::string read_body(const std::string& head);
    void shut_down_sending();
    /// Over TLS: whether the certificate that it was shown is this name's.
    bool was_shown(const std::string& name) const;
    /// Over TLS: what ALPN settled.
    std::string protocol() const;
    /// Closes with a reset.
    void reset();
    void close();
    /// Whether the other side has closed (or reset), within the time a wait lasts.
    bool is_closed_by_peer();
    /// Whether it ended with a reset, not with a mere end of the stream.
    bool is_reset_by_peer();

    /// The descriptor, the caller's from now on.
    int release() { return std::exchange(descriptor_, -1); }

    std::string buffered;

  private:
    int descriptor_;
    SSL* tls_;
};

struct SeenRequest {
    std::string head;            // with the blank line
    std::string body;            // raw, framing and all
    std::size_t connection = 0;  // counted from 0
};

/// A certificate of a test's own authority, as PEM files in a directory.
struct TestCertificate {
    /// `name`: what it is for, a DNS name or an IP address.
    TestCertificate(const std::string& directory, const std::string& name);
    std::string certificate_file;  // also the authority to trust
    std::string key_file;
};

class TestUpstream {
  public:
    /// The raw answer to each request, in order, on one connection.
    using Responder = std::function<std::string(const SeenRequest&)>;
    /// Everything on one connection; `requests` is told what it read with see().
    using Script = std::function<void(Peer&, TestUpstream&)>;

    explicit TestUpstream(Responder responder);
    static std::unique_ptr<TestUpstream> scripted(Script script);
    static std::unique_ptr<TestUpstream> with_tls(const TestCertificate& certificate,
                                                  Responder responder);
    /// That lets nobody in who does not show this one.
    static std::unique_ptr<TestUpstream> with_mutual_tls(const TestCertificate& certificate,
                                                         const TestCertificate& client,
                                                         Responder responder);
    ~TestUpstream();

    int port() const { return port_; }
    std::vector<SeenRequest> seen() const;
    /// Waits until `count` requests were seen whole.
    bool wait_for(std::size_t count) const;
    std::size_t connections() const { return connections_; }
    void see(SeenRequest request);
    /// Reads one request of a connection; an empty head: there is none.
    static SeenRequest read_request(Peer& peer);

  private:
    TestUpstream(Script script, SSL_CTX* tls);
    void listen();
    void serve(int descriptor);

    Script script_;
    SSL_CTX* tls_ = nullptr;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> connections_{0};
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<SeenRequest> seen_;     // under mutex_
    std::vector<std::thread> threads_;  // under mutex_
    std::vector<int> descriptors_;      // under mutex_: open ones
    std::thread listening_;
};

/// A client's connection to a port of this machine.
std::unique_ptr<Peer> connect_to(int port);

struct TlsWish {
    std::string name = {};       // asked for by SNI; empty: none
    int newest_version = 0;      // TLS1_1_VERSION …; 0: any
    std::string protocols = {};  // ALPN as on the wire; empty: none
};
/// The same over TLS, whatever certificate is shown; null: no handshake.
std::unique_ptr<Peer> connect_with_tls(int port, const TlsWish& wish = {});

struct ReadAnswer {
    std::string head;
    std::string body;  // raw
    int status = 0;
    std::string field(std::string_view name) const;
};
/// The next final answer; status 0: none came. `without_body`: to HEAD.
ReadAnswer read_answer(Peer& peer, bool without_body = false);
std::string field_of(const std::string& head, std::string_view name);
/// 200 with a Content-Length.
std::string ok(std::string_view body, std::string_view fields = "");
std::string with_status(const std::string& status, std::string_view body);

}  // namespace support

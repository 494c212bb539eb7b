#include "support/test_upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace support {
namespace {

constexpr timeval patience = {5, 0};

void make_patient(int descriptor) {
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void need(bool condition, const char* what) {
    if (!condition) throw std::runtime_error(what);
}

}  // namespace

Peer::~Peer() {
    close();
}

void Peer::close() {
    if (tls_) {
        SSL_free(tls_);
        tls_ = nullptr;
    }
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

void Peer::reset() {
    const linger option{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &option, sizeof option);
    close();
}

void Peer::shut_down_sending() {
    if (tls_) SSL_shutdown(tls_);
    ::shutdown(descriptor_, SHUT_WR);
}

bool Peer::was_shown(const std::string& name) const {
    X509* const shown = SSL_get0_peer_certificate(tls_);
    return shown && X509_check_host(shown, name.c_str(), 0, 0, nullptr) == 1;
}

std::string Peer::protocol() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(tls_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

bool Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                   : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool Peer::receive() {
    char piece[65536];
    const ssize_t count =
        tls_ ? SSL_read(tls_, piece, sizeof piece) : ::recv(descriptor_, piece, sizeof piece, 0);
    if (count <= 0) return false;
    buffered.append(piece, static_cast<std::size_t>(count));
    return true;
}

std::string Peer::read_until(std::string_view end) {
    std::size_t from = 0;
    while (true) {
        const std::size_t found = buffered.find(end, from);
        if (found != std::string::npos) return read_exactly(found + end.size());
        from = buffered.size() < end.size() ? 0 : buffered.size() - end.size();
        if (!receive()) return {};
    }
}

std::string Peer::read_exactly(std::size_t count) {
    while (buffered.size() < count) {
        if (!receive()) break;
    }
    std::string taken = buffered.substr(0, count);
    buffered.erase(0, count);
    return taken;
}

std::string Peer::read_to_end() {
    while (receive()) {
    }
    return std::exchange(buffered, {});
}

std::string Peer::read_body(const std::string& head) {
    if (same_name(field_of(head, "transfer-encoding"), "chunked")) {
        std::string body;
        while (true) {
            const std::string line = read_until("\r\n");
            body += line;
            const std::size_t size = line.empty() ? 0 : std::stoul(line, nullptr, 16);
            if (size == 0) break;
            body += read_exactly(size + 2);
        }
        while (true) {
            const std::string line = read_until("\r\n");
            body += line;
            if (line.size() <= 2) return body;
        }
    }
    const std::string length = field_of(head, "content-length");
    return length.empty() ? std::string() : read_exactly(std::stoul(length));
}

bool Peer::is_closed_by_peer() {
    while (true) {
        char piece[4096];
        const ssize_t count = ::recv(descriptor_, piece, sizeof piece, 0);
        if (count > 0) continue;
        if (count == 0) errno = 0;
        return count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
}

bool Peer::is_reset_by_peer() {
    return is_closed_by_peer() && errno == ECONNRESET;
}

TestCertificate::TestCertificate(const std::string& directory, const std::string& name)
    : certificate_file(directory + "/certificate.pem"), key_file(directory + "/key.pem") {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    need(key && certificate, "no key");
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* const subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    in_addr address;
    const bool is_address = inet_pton(AF_INET, name.c_str(), &address) == 1;
    const std::string names = (is_address ? "IP:" : "DNS:") + name;
    for (const auto& [kind, value] : {std::pair<int, std::string>{NID_subject_alt_name, names},
                                      {NID_basic_constraints, "critical,CA:TRUE"}}) {
        X509_EXTENSION* const extension =
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        need(extension, "no extension");
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    need(X509_sign(certificate, key, EVP_sha256()) > 0, "not signed");
    std::FILE* file = std::fopen(certificate_file.c_str(), "w");
    need(file && PEM_write_X509(file, certificate), "no certificate file");
    std::fclose(file);
    file = std::fopen(key_file.c_str(), "w");
    need(file && PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr),
         "no key file");
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

TestUpstream::TestUpstream(Script script, SSL_CTX* tls) : script_(std::move(script)), tls_(tls) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    need(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    need(::listen(listener_, 256) == 0, "listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    listening_ = std::thread([this] { listen(); });
}

namespace {

TestUpstream::Script script_of(TestUpstream::Responder responder) {
    return [responder = std::move(responder)](Peer& peer, TestUpstream& upstream) {
        const std::size_t connection = upstream.connections() - 1;
        while (true) {
            SeenRequest request = TestUpstream::read_request(peer);
            if (request.head.empty()) return;
            request.connection = connection;
            upstream.see(request);
            const std::string answer = responder(request);
            if (answer.empty() || !peer.send(answer)) return;
            if (field_of(answer, "connection") == "close") return;
        }
    };
}

}  // namespace

TestUpstream::TestUpstream(Responder responder)
    : TestUpstream(script_of(std::move(responder)), nullptr) {}

std::unique_ptr<TestUpstream> TestUpstream::scripted(Script script) {
    return std::unique_ptr<TestUpstream>(new TestUpstream(std::move(script), nullptr));
}

std::unique_ptr<TestUpstream> TestUpstream::with_mutual_tls(const TestCertificate& certificate,
                                                            const TestCertificate& client,
                                                            Responder responder) {
    auto upstream = with_tls(certificate, std::move(responder));
    need(SSL_CTX_load_verify_file(upstream->tls_, client.certificate_file.c_str()) == 1, "no CA");
    SSL_CTX_set_verify(upstream->tls_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return upstream;
}

std::unique_ptr<TestUpstream> TestUpstream::with_tls(const TestCertificate& certificate,
                                                     Responder responder) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    need(context &&
             SSL_CTX_use_certificate_chain_file(context, certificate.certificate_file.c_str()) ==
                 1 &&
             SSL_CTX_use_PrivateKey_file(context, certificate.key_file.c_str(), SSL_FILETYPE_PEM) ==
                 1,
         "no TLS context");
    return std::unique_ptr<TestUpstream>(
        new TestUpstream(script_of(std::move(responder)), context));
}

TestUpstream::~TestUpstream() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    listening_.join();
    ::close(listener_);
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
        threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
    SSL_CTX_free(tls_);
}

void TestUpstream::listen() {
    while (!stopping_) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0) return;
        make_patient(descriptor);
        ++connections_;
        const std::lock_guard lock(mutex_);
        descriptors_.push_back(descriptor);
        threads_.emplace_back([this, descriptor] { serve(descriptor); });
    }
}

void TestUpstream::serve(int descriptor) {
    SSL* tls = nullptr;
    if (tls_) {
        tls = SSL_new(tls_);
        SSL_set_fd(tls, descriptor);
    }
    {
        Peer peer(descriptor, tls);
        if (!tls || SSL_accept(tls) == 1) script_(peer, *this);
        const std::lock_guard lock(mutex_);
        descriptors_.erase(std::find(descriptors_.begin(), descriptors_.end(), descriptor));
    }
}

SeenRequest TestUpstream::read_request(Peer& peer) {
    SeenRequest request;
    request.head = peer.read_until("\r\n\r\n");
    if (!request.head.empty()) request.body = peer.read_body(request.head);
    return request;
}

void TestUpstream::see(SeenRequest request) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(request));
    changed_.notify_all();
}

std::vector<SeenRequest> TestUpstream::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

bool TestUpstream::wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return seen_.size() >= count; });
}

std::unique_ptr<Peer> connect_to(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    make_patient(descriptor);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int result = ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
    auto peer = std::make_unique<Peer>(descriptor);
    need(result == 0, "connect");
    return peer;
}

std::unique_ptr<Peer> connect_with_tls(int port, const TlsWish& wish) {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    need(context, "no TLS context");
    SSL_CTX_set_security_level(context, 0);  // or the library itself has no old versions
    if (wish.newest_version != 0) {
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, wish.newest_version);
    }
    SSL* const session = SSL_new(context);
    SSL_CTX_free(context);
    const int descriptor = connect_to(port)->release();
    SSL_set_fd(session, descriptor);
    if (!wish.name.empty()) SSL_set_tlsext_host_name(session, wish.name.c_str());
    if (!wish.protocols.empty())
        SSL_set_alpn_protos(session, reinterpret_cast<const unsigned char*>(wish.protocols.data()),
                            static_cast<unsigned>(wish.protocols.size()));
    auto peer = std::make_unique<Peer>(descriptor, session);
    return SSL_connect(session) == 1 ? std::move(peer) : nullptr;
}

std::string field_of(const std::string& head, std::string_view name) {
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        const std::size_t begin = at + 2;
        at = head.find("\r\n", begin);
        const std::string line = head.substr(begin, at - begin);
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || !same_name(line.substr(0, colon), name)) continue;
        const std::size_t value = line.find_first_not_of(" \t", colon + 1);
        return value == std::string::npos ? "" : line.substr(value);
    }
    return {};
}

std::string ReadAnswer::field(std::string_view name) const {
    return field_of(head, name);
}

ReadAnswer read_answer(Peer& peer, bool without_body) {
    ReadAnswer answer;
    while (true) {
        answer.head = peer.read_until("\r\n\r\n");
        if (answer.head.size() < 12) return answer;
        answer.status = std::stoi(answer.head.substr(9, 3));
        if (answer.status / 100 != 1) break;
    }
    const bool bodiless = without_body || answer.status == 204 || answer.status == 304;
    if (bodiless) return answer;
    const bool is_framed =
        !answer.field("content-length").empty() || !answer.field("transfer-encoding").empty();
    answer.body = is_framed ? peer.read_body(answer.head) : peer.read_to_end();
    return answer;
}

std::string ok(std::string_view body, std::string_view fields) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string with_status(const std::string& status, std::string_view body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

}  // namespace support

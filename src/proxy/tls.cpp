#include "proxy/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace proxy {
namespace {

SSL_CTX* context_of(void* native) {
    return static_cast<SSL_CTX*>(native);
}
SSL* session_of(void* native) {
    return static_cast<SSL*>(native);
}

bool is_address(const std::string& host) {
    unsigned char binary[sizeof(in6_addr)];
    return inet_pton(AF_INET, host.c_str(), binary) == 1 ||
           inet_pton(AF_INET6, host.c_str(), binary) == 1;
}

std::string last_error() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    return reason ? reason : "the connection ended";
}

}  // namespace

TlsContext::TlsContext(const std::string& ca_file) : native_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX* const context = context_of(native_);
    if (!context) throw std::runtime_error("upstream.ca_file: no TLS: " + last_error());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    const int loaded = ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(context)
                           : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
    if (loaded != 1) {
        const std::string why = last_error();
        SSL_CTX_free(context);
        throw std::runtime_error("upstream.ca_file: cannot read '" + ca_file + "': " + why);
    }
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_of(native_));
}

TlsSession::TlsSession(const TlsContext& context, const std::string& host, int descriptor)
    : native_(SSL_new(context_of(context.native()))) {
    SSL* const session = session_of(native_);
    if (!session) throw std::runtime_error("no TLS session: " + last_error());
    SSL_set_fd(session, descriptor);
    if (is_address(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    } else {
        SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(session, host.c_str());
        SSL_set_tlsext_host_name(session, host.c_str());
    }
    SSL_set_connect_state(session);
}

TlsSession::~TlsSession() {
    SSL_free(session_of(native_));
}

TlsSession::Outcome TlsSession::outcome_of(int result) {
    switch (SSL_get_error(session_of(native_), result)) {
        case SSL_ERROR_NONE:
            return Outcome::done;
        case SSL_ERROR_WANT_READ:
            return Outcome::want_read;
        case SSL_ERROR_WANT_WRITE:
            return Outcome::want_write;
        case SSL_ERROR_ZERO_RETURN:
            return Outcome::ended;
        default:
            break;
    }
    const long verdict = SSL_get_verify_result(session_of(native_));
    failure_ = verdict == X509_V_OK ? last_error() : X509_verify_cert_error_string(verdict);
    ERR_clear_error();
    return Outcome::failed;
}

TlsSession::Outcome TlsSession::handshake() {
    ERR_clear_error();
    return outcome_of(SSL_do_handshake(session_of(native_)));
}

TlsSession::Moved TlsSession::read(char* into, std::size_t size) {
    ERR_clear_error();
    std::size_t moved = 0;
    const int result = SSL_read_ex(session_of(native_), into, size, &moved);
    return {result == 1 ? Outcome::done : outcome_of(result), moved};
}

TlsSession::Moved TlsSession::write(const char* from, std::size_t size) {
    ERR_clear_error();
    std::size_t moved = 0;
    const int result = SSL_write_ex(session_of(native_), from, size, &moved);
    return {result == 1 ? Outcome::done : outcome_of(result), moved};
}

void TlsSession::shutdown() {
    ERR_clear_error();
    SSL_shutdown(session_of(native_));
    ERR_clear_error();
}

}  // namespace proxy

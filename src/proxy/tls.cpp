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

[[noreturn]] void refuse(const std::string& setting, const std::string& file) {
    throw std::runtime_error(setting + ": cannot use '" + file + "': " + last_error());
}

/// Nobody is there to be asked for one.
int no_pass_phrase(char*, int, int, void*) {
    return 0;
}

SSL_CTX* make_context(const SSL_METHOD* method) {
    SSL_CTX* const context = SSL_CTX_new(method);
    if (!context) throw std::runtime_error("no TLS: " + last_error());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    return context;
}

void use_certificate(SSL_CTX* context, const CertificateFiles& files, const std::string& setting) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        refuse(setting + "certificate", files.certificate);
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        refuse(setting + "key", files.key);
    // A key of another kind than the certificate's is taken beside it, and is of no use.
    if (SSL_CTX_check_private_key(context) != 1) refuse(setting + "key", files.key);
}

/// HTTP/1.1 is what is spoken here: a client that offers other protocols alone is told so.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// `others`: the contexts of all certificates. A name that none is for gets the first's.
int choose_certificate(SSL* session, int*, void* others) {
    const char* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_OK;
    for (void* native : *static_cast<const std::vector<void*>*>(others)) {
        if (X509_check_host(SSL_CTX_get0_certificate(context_of(native)), name, 0, 0, nullptr) == 1)
            return SSL_set_SSL_CTX(session, context_of(native)) ? SSL_TLSEXT_ERR_OK
                                                                : SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::unique_ptr<const TlsContext> TlsContext::for_upstream(const std::string& ca_file,
                                                           const CertificateFiles& own) {
    std::unique_ptr<TlsContext> made(new TlsContext);
    SSL_CTX* const context = make_context(TLS_client_method());
    made->natives_.push_back(context);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const int loaded = ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(context)
                           : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
    if (loaded != 1) refuse("upstream.ca_file", ca_file);
    if (!own.empty()) use_certificate(context, own, "upstream.client_");
    return made;
}

std::unique_ptr<const TlsContext> TlsContext::for_clients(
    const std::vector<CertificateFiles>& certificates) {
    std::unique_ptr<TlsContext> made(new TlsContext);
    for (const CertificateFiles& files : certificates) {
        SSL_CTX* const context = make_context(TLS_server_method());
        made->natives_.push_back(context);
        use_certificate(context, files, "gateway.tls.");
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    }
    if (made->natives_.empty()) throw std::runtime_error("gateway.tls.certificate: there is none");
    SSL_CTX_set_tlsext_servername_callback(context_of(made->native()), choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context_of(made->native()), &made->natives_);
    return made;
}

TlsContext::~TlsContext() {
    for (void* native : natives_) SSL_CTX_free(context_of(native));
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int descriptor)
    : context_(std::move(context)), native_(SSL_new(context_of(context_->native()))) {
    if (!native_) throw std::runtime_error("no TLS session: " + last_error());
    SSL_set_fd(session_of(native_), descriptor);
    SSL_set_accept_state(session_of(native_));
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
    met_plain_http_ = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
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

std::uint64_t TlsSession::received_bytes() const {
    return BIO_number_read(SSL_get_rbio(session_of(native_)));
}

void TlsSession::shutdown() {
    ERR_clear_error();
    SSL_shutdown(session_of(native_));
    ERR_clear_error();
}

}  // namespace proxy

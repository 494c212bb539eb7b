// TLS over a non-blocking descriptor, 1.2 or newer: towards the upstream, whose certificate is
// verified against the CA file (or the system's) and against the host's name, and from clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace proxy {

/// PEM files: a certificate with its chain, and its private key, without a pass phrase.
struct CertificateFiles {
    std::string certificate;
    std::string key;
    bool empty() const { return certificate.empty() && key.empty(); }
};

/// Constant after construction, shared by the threads. The makers throw std::runtime_error with the
/// setting and the file that cannot be used, and why.
class TlsContext {
  public:
    /// `ca_file` empty: the system's authorities. `own`: for an upstream that asks for one; may be
    /// empty.
    static std::unique_ptr<const TlsContext> for_upstream(const std::string& ca_file,
                                                          const CertificateFiles& own);
    /// One or more: by the name that the client asks for (SNI), the first where none is for it.
    static std::unique_ptr<const TlsContext> for_clients(
        const std::vector<CertificateFiles>& certificates);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    void* native() const { return natives_.front(); }

  private:
    TlsContext() = default;
    std::vector<void*> natives_;  // SSL_CTX, one for each certificate
};

/// One session. The descriptor stays its owner's.
class TlsSession {
  public:
    enum class Outcome { done, want_read, want_write, ended, failed };
    struct Moved {
        Outcome outcome;
        std::size_t bytes = 0;
    };

    /// Towards `host`: a DNS name (sent as SNI) or an IP address; what the certificate must be for.
    /// The context outlives it.
    TlsSession(const TlsContext& context, const std::string& host, int descriptor);
    /// Of a client that was accepted.
    TlsSession(std::shared_ptr<const TlsContext> context, int descriptor);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    Outcome handshake();
    Moved read(char* into, std::size_t size);
    Moved write(const char* from, std::size_t size);
    void shutdown();
    /// Off the wire, handshake included.
    std::uint64_t received_bytes() const;
    /// Why it failed; a sentence of OpenSSL's.
    const std::string& failure() const { return failure_; }
    /// The other side spoke HTTP without TLS.
    bool met_plain_http() const { return met_plain_http_; }

  private:
    Outcome outcome_of(int result);
    std::shared_ptr<const TlsContext> context_;  // a client's: it may be renewed meanwhile
    void* native_;                               // SSL
    std::string failure_;
    bool met_plain_http_ = false;
};

}  // namespace proxy

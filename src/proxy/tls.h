// TLS towards the upstream, over a non-blocking descriptor: the certificate is verified against the
// CA file (or the system's) and against the host's name; TLS 1.2 or newer.
#pragma once

#include <memory>
#include <string>

namespace proxy {

/// Constant after construction, shared by the threads.
class TlsContext {
  public:
    /// Throws std::runtime_error: `ca_file` can't be read. Empty: the system's authorities.
    explicit TlsContext(const std::string& ca_file);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    void* native() const { return native_; }

  private:
    void* native_;  // SSL_CTX
};

/// One session. The descriptor stays its owner's.
class TlsSession {
  public:
    enum class Outcome { done, want_read, want_write, ended, failed };
    struct Moved {
        Outcome outcome;
        std::size_t bytes = 0;
    };

    /// `host`: a DNS name (sent as SNI) or an IP address; what the certificate must be for.
    TlsSession(const TlsContext& context, const std::string& host, int descriptor);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    Outcome handshake();
    Moved read(char* into, std::size_t size);
    Moved write(const char* from, std::size_t size);
    void shutdown();
    /// Why it failed; a sentence of OpenSSL's.
    const std::string& failure() const { return failure_; }

  private:
    Outcome outcome_of(int result);
    void* native_;  // SSL
    std::string failure_;
};

}  // namespace proxy

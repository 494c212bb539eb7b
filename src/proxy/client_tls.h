// The certificates that clients are shown, renewed while the gateway runs: new files are used for
// the connections that come after them, and those that are open go on with what they have.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/tls.h"

namespace proxy {

/// Thread-safe.
class ClientTls {
  public:
    /// Throws as TlsContext::for_clients does.
    explicit ClientTls(std::vector<CertificateFiles> certificates);

    /// Looks at the files every few seconds at most. Files that changed and cannot be used (half
    /// written, a key that is another certificate's) are logged once, and those before stay.
    std::shared_ptr<const TlsContext> current(std::int64_t now_micros);

  private:
    using Stamps = std::vector<std::pair<std::int64_t, std::uint64_t>>;  // changed at, inode
    Stamps read_stamps() const;
    void renew();

    const std::vector<CertificateFiles> certificates_;
    std::mutex mutex_;
    // Under mutex_.
    Stamps stamps_;  // of what was last tried
    std::shared_ptr<const TlsContext> context_;
    std::int64_t next_look_micros_ = 0;
};

}  // namespace proxy

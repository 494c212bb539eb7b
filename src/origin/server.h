// The origin as a program: the model API over HTTP in front of the service. Not a hot path, so it
// is Poco's server, a thread a connection.
#pragma once

#include <memory>
#include <string>

#include "calendar/clock.h"
#include "origin/options.h"

namespace origin {

class Server {
  public:
    /// Listens and answers from here on. Throws std::runtime_error: an address that is taken or
    /// makes no sense, a catalogue or a job book that cannot be read, an unwritable data directory.
    Server(const calendar::Clock& clock, const Options& options);
    ~Server();  // ends runs in flight, then all engines

    /// `http://HOST:PORT`, with the port that was really bound.
    const std::string& url() const { return url_; }

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::string url_;
};

}  // namespace origin

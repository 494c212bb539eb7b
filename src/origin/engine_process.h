// One engine as a local process: its command line, its last words, its end. Starts it under a
// guardian (guardian.h), reads its output into a bounded tail, and ends the whole process group.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/files.h"

namespace origin {

struct EngineCommand {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  // added to ours
    std::string directory;                           // empty: ours
};

/// Not thread-safe: one thread owns it, except `terminate` and `kill`.
class EngineProcess {
  public:
    /// Throws std::system_error when no process can be made. A command that cannot be executed is
    /// an engine that ends at once, and says so.
    static std::unique_ptr<EngineProcess> start(const EngineCommand& command);
    ~EngineProcess();  // kills the group and reaps
    EngineProcess(const EngineProcess&) = delete;
    EngineProcess& operator=(const EngineProcess&) = delete;

    // Readable when there is something to read for the functions below; non-blocking.
    int output_descriptor() const { return output_.get(); }
    int report_descriptor() const { return report_.get(); }
    void read_output();
    void read_report();

    bool has_ended() const { return ended_; }
    /// The engine, for measuring; 0 until it is known.
    pid_t engine_pid() const { return engine_pid_; }
    pid_t group() const { return guardian_; }
    /// The port of the first `http://HOST:PORT` that the engine printed.
    std::optional<std::uint16_t> printed_port() const;
    /// How it ended, one sentence, and the last lines that it printed; valid UTF-8, bounded.
    std::string last_words() const;

    void terminate() const;  // SIGTERM to the group
    void kill() const;       // SIGKILL to the group

  private:
    EngineProcess() = default;
    std::string ending() const;

    pid_t guardian_ = 0;
    platform::Descriptor lifeline_;  // held open: the engine's life hangs on it
    platform::Descriptor output_;
    platform::Descriptor report_;
    pid_t engine_pid_ = 0;
    int exec_error_ = 0;
    int exit_status_ = -1;
    bool ended_ = false;
    std::string head_;  // the beginning of the output, where addresses are printed
    std::string tail_;
};

}  // namespace origin

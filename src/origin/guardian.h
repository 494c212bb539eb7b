// The small process between the origin and an engine. It shares a process group with the engine and
// all that the engine starts; it ends that group when the engine ends, and when the origin is gone,
// however it went (kill -9 closes the lifeline too). It is a fork without exec: between fork and
// its end it uses only what is safe in a child of a program with threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace origin {

/// What the guardian tells the origin, over a pipe, in this order.
struct GuardianReport {
    enum class Kind : std::int32_t { engine_pid, exec_failed, engine_ended };
    Kind kind;
    std::int32_t value;  // the pid; errno; the status as waitpid gives it
};

/// argv and environment as execvpe wants them, made before the fork.
struct PreparedCommand {
    std::vector<char*> argv;         // ends with nullptr
    std::vector<char*> environment;  // ends with nullptr
    const char* directory;           // nullptr: as ours
};

/// Descriptors that the guardian and the engine keep; all others are closed.
struct GuardianDescriptors {
    int lifeline;  // read end; the engine's standard input. End of file: the origin is gone.
    int report;    // write end
    int output;    // write end; the engine's standard output and error
};

/// Forks. Returns the guardian's pid, which is also its group's; throws std::system_error.
pid_t start_guardian(const PreparedCommand& command, const GuardianDescriptors& descriptors);

}  // namespace origin

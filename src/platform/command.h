// Runs a program to its end, bounded in time and output, optionally as another user. Owns nothing
// afterwards: no child is left behind. No shell is involved.
#pragma once

#include <string>
#include <vector>

#include "calendar/instant.h"

namespace platform {

/// Whom a program runs as. Only root may name another than itself.
struct RunAs {
    unsigned user = 0;
    unsigned group = 0;
};

struct CommandResult {
    int status = -1;         // exit status; 128 + signal when killed; -1 when it ran out of time
    bool timed_out = false;  // then it was killed
    std::string output;      // stdout and stderr together, at most 64 KiB, the end of it
};

struct Command {
    std::vector<std::string> arguments;  // [0] is the program's absolute path
    std::string input;                   // given on stdin, at most 4 KiB
    bool change_user = false;
    RunAs user;
    calendar::Duration timeout = calendar::Duration::seconds(60);
};

/// In "/", with a plain environment and no descriptors but the three. Throws std::system_error when
/// it cannot be started; a program that is not there gives status 127.
CommandResult run_command(const Command& command);

}  // namespace platform

// `tollgate usage --follow`: what accounts spend at this moment, again and again until Ctrl-C.
#pragma once

#include <cstdint>

#include "cli/command.h"

namespace cli {

struct FollowArguments {
    ConfigArguments config;
    std::string account;  // name or id; empty: all that are not archived
    std::int64_t interval_seconds = 5;
};

/// On a terminal one block that is drawn anew, as high as the terminal; in a pipe one block after
/// the other, a blank line between them. While the database is away it says so and goes on. Ends
/// at SIGINT, SIGTERM, and when nobody reads any more.
void follow_usage(const FollowArguments& arguments);

}  // namespace cli

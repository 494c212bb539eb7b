// Reads one line of sessions.jsonl (metering.md, "Command"), strictly: everything in the line is
// visited, so that nothing that is not JSON, not UTF-8 or said twice gets past, unknown keys
// included.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "metering/session_facts.h"

namespace metering {

class SessionReader {
  public:
    /// So many bytes behind a line must be readable; what they hold does not matter.
    static constexpr std::size_t padding = 64;

    SessionReader();
    ~SessionReader();

    /// Fills `facts`. Returns why the line is bad, a sentence without any of its content but names
    /// of keys we know; empty when it is good. Instants are not held against each other here:
    /// find_fault does that.
    [[nodiscard]] std::string_view read(std::string_view line, SessionFacts& facts);

  private:
    class Walk;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace metering

// Writes a charge as one JSON object, in metering.md's order of keys: what `tollgate rate` prints.
// By hand, since it is the hot half of that command.
#pragma once

#include <string>
#include <string_view>

#include "metering/charge.h"
#include "metering/plan.h"
#include "metering/session_facts.h"

namespace metering {

/// Without a line end.
void append_charge_json(std::string& out, const SessionFacts& facts, const Plan& plan,
                        const Charge& charge);

/// One line of what `tollgate rate` reads, without its end. `gb` loses trailing zeros.
void append_session_json(std::string& out, const SessionFacts& facts);

/// `text` is valid UTF-8.
void append_json_text(std::string& out, std::string_view text);

}  // namespace metering

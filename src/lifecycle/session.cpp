#include "lifecycle/session.h"

#include <initializer_list>

namespace lifecycle {
namespace {

template <class Enum>
std::optional<Enum> parse_name(std::initializer_list<Enum> names, std::string_view text) {
    for (const Enum name : names) {
        if (text == to_text(name)) return name;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_text(EndReason reason) {
    switch (reason) {
        case EndReason::deleted:
            return "deleted";
        case EndReason::expired:
            return "expired";
        case EndReason::failed:
            return "failed";
        case EndReason::replaced:
            return "replaced";
        case EndReason::vanished:
            return "vanished";
    }
    return "";
}

std::string_view to_text(RunningEvidence evidence) {
    switch (evidence) {
        case RunningEvidence::none:
            return "none";
        case RunningEvidence::expiry_clock:
            return "expiry_clock";
        case RunningEvidence::modified:
            return "modified";
        case RunningEvidence::observed:
            return "observed";
        case RunningEvidence::run:
            return "run";
    }
    return "";
}

std::string_view to_text(EndEvidence evidence) {
    switch (evidence) {
        case EndEvidence::none:
            return "none";
        case EndEvidence::delete_answer:
            return "delete_answer";
        case EndEvidence::upstream_report:
            return "upstream_report";
        case EndEvidence::bounded:
            return "bounded";
    }
    return "";
}

std::optional<EndReason> parse_end_reason(std::string_view text) {
    using enum EndReason;
    return parse_name({deleted, expired, failed, replaced, vanished}, text);
}

std::optional<RunningEvidence> parse_running_evidence(std::string_view text) {
    using enum RunningEvidence;
    return parse_name({none, expiry_clock, modified, observed, run}, text);
}

std::optional<EndEvidence> parse_end_evidence(std::string_view text) {
    using enum EndEvidence;
    return parse_name({none, delete_answer, upstream_report, bounded}, text);
}

}  // namespace lifecycle

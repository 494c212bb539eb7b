#include "lifecycle/session.h"

namespace lifecycle {

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

}  // namespace lifecycle

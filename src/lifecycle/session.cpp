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

}  // namespace lifecycle

#include "lifecycle/fact.h"

namespace lifecycle {

bool is_accepted_run(int status) {
    switch (status) {
        case 0:    // no answer came: nothing proves that the engine took it
        case 400:  // refused before the engine saw it
        case 401:
        case 402:
        case 404:
        case 413:
        case 429:
        case 502:
        case 503:
            return false;
        default:
            return true;  // the engine answered, failed or not
    }
}

}  // namespace lifecycle

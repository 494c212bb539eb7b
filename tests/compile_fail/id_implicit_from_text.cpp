#include "lifecycle/ids.h"

lifecycle::AccountId account() {
#ifdef MUST_NOT_COMPILE
    return std::string("acme");
#else
    return lifecycle::AccountId("acme");
#endif
}

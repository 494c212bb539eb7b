#include "calendar/instant.h"

auto sum(calendar::Instant a, calendar::Instant b) {
#ifdef MUST_NOT_COMPILE
    return a + b;
#else
    return a - b;
#endif
}

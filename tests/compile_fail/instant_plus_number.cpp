#include "calendar/instant.h"

calendar::Instant later(calendar::Instant a) {
#ifdef MUST_NOT_COMPILE
    return a + 60;
#else
    return a + calendar::Duration::seconds(60);
#endif
}

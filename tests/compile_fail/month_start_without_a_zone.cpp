#include "calendar/zone.h"

calendar::Instant start(calendar::Month month, const calendar::Zone& zone) {
#ifdef MUST_NOT_COMPILE
    (void)zone;
    return calendar::Instant(month);
#else
    return zone.start_of(month);
#endif
}

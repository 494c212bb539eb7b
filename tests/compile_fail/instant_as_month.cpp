#include "calendar/zone.h"

calendar::Month month(calendar::Instant instant, const calendar::Zone& zone) {
#ifdef MUST_NOT_COMPILE
    (void)zone;
    return instant;
#else
    return zone.month_at(instant);
#endif
}

#include "calendar/instant.h"

calendar::Duration half() {
#ifdef MUST_NOT_COMPILE
    return calendar::Duration::seconds(0.5);
#else
    return calendar::Duration::milliseconds(500);
#endif
}

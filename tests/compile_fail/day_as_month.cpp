#include "calendar/period.h"

calendar::Month month(calendar::Day day) {
#ifdef MUST_NOT_COMPILE
    return day;
#else
    return day.in_month();
#endif
}

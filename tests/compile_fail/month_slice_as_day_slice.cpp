#include "metering/charge.h"

metering::MonthSlice slice(const metering::DaySlice& day) {
#ifdef MUST_NOT_COMPILE
    return day;
#else
    return {day.period.in_month(), day.billable, day.gb_seconds, day.amount};
#endif
}

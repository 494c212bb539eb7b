#include "metering/rule.h"

void rate(const metering::SessionFacts& facts, const metering::Plan& plan,
          const calendar::Zone& zone) {
#ifdef MUST_NOT_COMPILE
    metering::rate_session(facts, plan, zone, {});
#else
    (void)metering::rate_session(facts, plan, zone, {});
#endif
}

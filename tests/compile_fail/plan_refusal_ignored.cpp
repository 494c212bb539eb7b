#include "metering/plan.h"

metering::Plan read(std::string_view text) {
#ifdef MUST_NOT_COMPILE
    return metering::parse_plan(text);
#else
    return std::get<metering::Plan>(metering::parse_plan(text));
#endif
}

#include "money/decimal.h"

money::Decimal of(std::uint64_t count) {
#ifdef MUST_NOT_COMPILE
    return money::Decimal(count);
#else
    return money::Decimal::of_count(count);
#endif
}

#include "money/decimal.h"

std::optional<money::Decimal> half() {
#ifdef MUST_NOT_COMPILE
    return money::Decimal("0.5");
#else
    return money::parse_decimal("0.5");
#endif
}

#include "money/decimal.h"

money::Decimal half(float value) {
#ifdef MUST_NOT_COMPILE
    return money::Decimal(value);
#else
    return money::Decimal(static_cast<int>(value));
#endif
}

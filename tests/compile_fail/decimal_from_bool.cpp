#include "money/decimal.h"

money::Decimal one(bool value) {
#ifdef MUST_NOT_COMPILE
    return money::Decimal(value);
#else
    return money::Decimal(value ? 1 : 0);
#endif
}

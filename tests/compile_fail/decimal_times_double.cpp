#include "money/decimal.h"

money::Decimal scale(const money::Decimal& value) {
#ifdef MUST_NOT_COMPILE
    return value * 1.5;
#else
    return value * money::Decimal(2);
#endif
}

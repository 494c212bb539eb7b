#include "money/decimal.h"

money::Decimal half() {
#ifdef MUST_NOT_COMPILE
    return money::Decimal(0.5);
#else
    return money::Decimal(5);
#endif
}

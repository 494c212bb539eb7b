#include "money/decimal.h"

money::Decimal five() {
#ifdef MUST_NOT_COMPILE
    return 5;
#else
    return money::Decimal(5);
#endif
}

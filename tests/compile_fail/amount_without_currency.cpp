#include "money/amount.h"

money::Amount five(money::Currency currency) {
#ifdef MUST_NOT_COMPILE
    (void)currency;
    return money::Amount(money::Decimal(5));
#else
    return money::Amount(money::Decimal(5), currency);
#endif
}

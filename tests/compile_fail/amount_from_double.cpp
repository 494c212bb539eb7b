#include "money/amount.h"

money::Amount half(money::Currency currency) {
#ifdef MUST_NOT_COMPILE
    return money::Amount(0.5, currency);
#else
    return money::Amount(money::Decimal(5), currency);
#endif
}

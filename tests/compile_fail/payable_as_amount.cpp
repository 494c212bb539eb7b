#include "money/amount.h"

money::Amount exact(const money::Payable& payable) {
#ifdef MUST_NOT_COMPILE
    return payable;
#else
    return money::Amount(payable.value(), payable.currency());
#endif
}

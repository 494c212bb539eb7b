#include "money/amount.h"

money::Payable pay(const money::Amount& amount) {
#ifdef MUST_NOT_COMPILE
    return money::round_to_payable(amount);
#else
    return money::round_to_payable(amount, money::Rounding::half_up);
#endif
}

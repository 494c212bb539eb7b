#include "money/amount.h"

money::Payable add(const money::Payable& a, const money::Amount& b) {
#ifdef MUST_NOT_COMPILE
    return a + b;
#else
    return a + money::round_to_payable(b, money::Rounding::half_up);
#endif
}

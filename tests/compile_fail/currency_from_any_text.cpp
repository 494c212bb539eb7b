#include "money/currency.h"

auto dollars() {
#ifdef MUST_NOT_COMPILE
    return money::Currency("USD");
#else
    return money::find_currency("USD");
#endif
}

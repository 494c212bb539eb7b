#include "money/decimal.h"

auto read(const money::Decimal& value) {
#ifdef MUST_NOT_COMPILE
    return static_cast<double>(value);
#else
    return money::to_text(value);
#endif
}

#include "lifecycle/ids.h"

bool same(const lifecycle::AccountId& a, const lifecycle::SessionId& b) {
#ifdef MUST_NOT_COMPILE
    return a == b;
#else
    return a.text() == b.text();
#endif
}

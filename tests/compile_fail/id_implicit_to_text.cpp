#include "lifecycle/ids.h"

std::string text(const lifecycle::AccountId& account) {
#ifdef MUST_NOT_COMPILE
    return account;
#else
    return account.text();
#endif
}

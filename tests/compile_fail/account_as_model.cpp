#include "lifecycle/ids.h"

lifecycle::ModelName name(const lifecycle::AccountId& account) {
#ifdef MUST_NOT_COMPILE
    return account;
#else
    return lifecycle::ModelName(account.text());
#endif
}

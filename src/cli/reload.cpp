#include "cli/reload.h"

#include "cli/setting_keys.h"

namespace cli {

Reload plan_reload(const Settings& in_force, const Settings& wanted) {
    Reload reload{in_force, {}, {}};
    for (const SettingKey& key : setting_keys()) {
        if (key.same(in_force, wanted)) continue;
        if (!key.reloads) {
            reload.need_restart.push_back(key.path);
            continue;
        }
        // What was read once is good a second time.
        (void)key.set(reload.in_force, key.get(wanted));
        reload.changed.push_back(key.path);
    }
    return reload;
}

}  // namespace cli

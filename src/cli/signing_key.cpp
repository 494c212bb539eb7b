#include "cli/signing_key.h"

#include <filesystem>

#include "platform/disk.h"

namespace cli {

std::string signing_key_path(const Settings& settings) {
    return settings.data_dir + "/sign.key";
}

platform::SigningKey get_signing_key(const Settings& settings) {
    platform::posix_disk().make_directories(settings.data_dir);
    return platform::SigningKey::load_or_make(signing_key_path(settings));
}

std::optional<platform::SigningKey> find_signing_key(const Settings& settings) {
    if (!std::filesystem::exists(signing_key_path(settings))) return std::nullopt;
    return get_signing_key(settings);
}

}  // namespace cli

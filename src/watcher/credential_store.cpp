#include "watcher/credential_store.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "platform/crypto.h"
#include "platform/disk.h"
#include "platform/files.h"
#include "platform/log.h"
#include "watcher/framed.h"

namespace watcher {
namespace {

constexpr std::string_view suffix = ".watch";
constexpr std::size_t file_limit = 256u << 10;

}  // namespace

FileCredentialStore::FileCredentialStore(std::string directory) : directory_(std::move(directory)) {
    platform::make_directories(directory_);
}

/// Named by a digest: a model's name is no file name.
std::string FileCredentialStore::path_of(const InstanceKey& instance) const {
    const auto digest =
        platform::sha256(framed(instance.key.text()) + framed(instance.model.text()));
    return directory_ + "/" + platform::to_hex(digest) + std::string(suffix);
}

/// A file is three framed texts: key, model, sealed bytes.
void FileCredentialStore::put(const InstanceKey& instance, const std::string& sealed) {
    platform::write_file_atomically(
        path_of(instance),
        framed(instance.key.text()) + framed(instance.model.text()) + framed(sealed));
}

void FileCredentialStore::erase(const InstanceKey& instance) {
    const std::string path = path_of(instance);
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) return;
        platform::throw_errno("remove", path);
    }
    platform::sync_directory(directory_);
}

std::vector<std::pair<InstanceKey, std::string>> FileCredentialStore::all() {
    std::vector<std::pair<InstanceKey, std::string>> found;
    for (const std::string& name : platform::posix_disk().list(directory_)) {
        if (!name.ends_with(suffix)) continue;
        const std::string content = platform::read_file(directory_ + "/" + name, file_limit);
        std::string_view rest = content;
        auto key = take_framed(rest);
        auto model = key ? take_framed(rest) : std::nullopt;
        auto sealed = model ? take_framed(rest) : std::nullopt;
        if (!sealed || !rest.empty()) {
            platform::log(platform::Severity::warning, "watcher", "not a credential file",
                          {{"name", name}});
            continue;
        }
        found.emplace_back(InstanceKey{lifecycle::KeyFingerprint(std::move(*key)),
                                       lifecycle::ModelName(std::move(*model))},
                           std::move(*sealed));
    }
    return found;
}

}  // namespace watcher

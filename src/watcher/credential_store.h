// Where the sealed credentials of open sessions rest, so that a restart can go on asking. Sealed
// means: useless without the gateways' key file (platform::SealingKey). Two implementations: files,
// here, and the ledger's table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lifecycle/ids.h"

namespace watcher {

/// A watched instance: which key's, which model's. The upstream is the gateway's one.
struct InstanceKey {
    lifecycle::KeyFingerprint key;
    lifecycle::ModelName model;
    friend auto operator<=>(const InstanceKey&, const InstanceKey&) = default;
};

/// Used by one thread. Throws what its medium throws.
class CredentialStore {
  public:
    virtual ~CredentialStore() = default;
    virtual void put(const InstanceKey& instance, const std::string& sealed) = 0;  // or replaces
    virtual void erase(const InstanceKey& instance) = 0;  // also when there is none
    virtual std::vector<std::pair<InstanceKey, std::string>> all() = 0;
};

/// One file an instance in `directory` (made if absent, mode 700), each of mode 600 and replaced
/// whole. Works with Postgres away.
class FileCredentialStore : public CredentialStore {
  public:
    explicit FileCredentialStore(std::string directory);
    void put(const InstanceKey& instance, const std::string& sealed) override;
    void erase(const InstanceKey& instance) override;
    /// Files that are not whole are left out, with a line in the log.
    std::vector<std::pair<InstanceKey, std::string>> all() override;

  private:
    std::string path_of(const InstanceKey& instance) const;
    std::string directory_;
};

}  // namespace watcher

// Which keys are known, in memory: asked by the gateway for every request, so it answers without a
// lock that anybody holds for long, and never from the network. Kept up to date from the ledger
// within a second, and in a file, so that a restart while Postgres is away still knows its keys
// (design.md, promise 9).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

struct KnownKey {
    lifecycle::AccountId account;
    bool revoked = false;
    friend bool operator==(const KnownKey&, const KnownKey&) = default;
};

class KeySnapshot {
  public:
    enum class Answer { known, unknown, not_loaded };

    /// Reads `file` (DATA_DIR/keys.json, mode 600) if it is there; one that cannot be read counts
    /// as absent, and is said in the log.
    KeySnapshot(StoreOptions store, std::string file);
    ~KeySnapshot();

    /// Follows the ledger on a thread of its own; returns when it has been read once, or could not
    /// be, at the latest after `limit`: whoever calls right after the start is known. stop() is
    /// idempotent.
    void start(std::chrono::seconds limit = std::chrono::seconds(10));
    void stop();

    // Thread-safe, on any thread.
    /// Known: an unrevoked key. Not loaded: neither the ledger nor the file has been read.
    Answer find(const lifecycle::KeyFingerprint& key) const;
    /// Revoked keys have an account too.
    std::optional<lifecycle::AccountId> find_account(const lifecycle::KeyFingerprint& key) const;
    /// An open session on this model belongs to an account, and to none of this key's. False for
    /// unknown keys, and while nothing is loaded.
    bool is_foreign(const lifecycle::KeyFingerprint& key, const lifecycle::ModelName& model) const;

    /// One reading of the ledger, as the thread does it; writes the file where the keys changed.
    /// Throws Unavailable.
    void refresh();

  private:
    struct Contents;
    void run();
    void publish(std::shared_ptr<const Contents> contents);
    std::shared_ptr<const Contents> contents() const;

    // Constant after construction.
    const std::string file_;

    // Owned by the thread.
    Store store_;
    std::string written_;

    // Readers copy the pointer and look at contents that never change: hence the shared_ptr.
    mutable std::mutex mutex_;
    std::shared_ptr<const Contents> contents_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool tried_ = false;        // the ledger was asked once, with or without success
    std::future<void> thread_;  // its end
};

}  // namespace ledger

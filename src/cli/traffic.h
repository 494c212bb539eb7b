// Adapters between rooms that do not know each other: the proxy asks and tells, the ledger's key
// snapshot answers, the watcher listens.
#pragma once

#include "ledger/key_snapshot.h"
#include "proxy/keys.h"
#include "proxy/observer.h"
#include "watcher/watcher.h"

namespace cli {

class SnapshotDirectory : public proxy::KeyDirectory {
  public:
    explicit SnapshotDirectory(const ledger::KeySnapshot& keys) : keys_(keys) {}
    Verdict find(const lifecycle::KeyFingerprint& key) const override {
        switch (keys_.find(key)) {
            case ledger::KeySnapshot::Answer::known:
                return Verdict::known;
            case ledger::KeySnapshot::Answer::unknown:
                return Verdict::unknown;
            case ledger::KeySnapshot::Answer::not_loaded:
                break;
        }
        return Verdict::not_loaded;
    }

  private:
    const ledger::KeySnapshot& keys_;
};

class SnapshotOwnership : public proxy::Ownership {
  public:
    explicit SnapshotOwnership(const ledger::KeySnapshot& keys) : keys_(keys) {}
    bool is_foreign(const lifecycle::KeyFingerprint& key,
                    const lifecycle::ModelName& model) const override {
        return keys_.is_foreign(key, model);
    }

  private:
    const ledger::KeySnapshot& keys_;
};

class WatchedTraffic : public proxy::TrafficObserver {
  public:
    explicit WatchedTraffic(watcher::Watcher& watcher) : watcher_(watcher) {}
    void on_load_intent(const lifecycle::LoadRequested& intent, const std::string& credential,
                        std::function<void(bool)> kept) override {
        watcher_.expect(intent, credential, std::move(kept));
    }
    void on_load_refused(const lifecycle::KeyFingerprint& key,
                         const lifecycle::ModelName& model) override {
        watcher_.expect_no_more({key, model});
    }
    void on_load(const lifecycle::LoadAnswered& load, const std::string& credential) override {
        watcher_.watch(load, credential);
    }
    void on_delete(const lifecycle::DeleteAnswered& deletion,
                   const std::string& credential) override {
        watcher_.heed(deletion, credential);
    }
    void on_seen(const lifecycle::InstanceSeen& seen, const std::string& credential) override {
        watcher_.heed(seen, credential);
    }

  private:
    watcher::Watcher& watcher_;
};

}  // namespace cli

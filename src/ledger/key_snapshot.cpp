#include "ledger/key_snapshot.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "ledger/transaction.h"
#include "platform/files.h"
#include "platform/log.h"

namespace ledger {
namespace {

using lifecycle::AccountId;
using lifecycle::KeyFingerprint;
using lifecycle::ModelName;
using platform::Severity;

constexpr auto refresh_interval = std::chrono::seconds(1);
constexpr std::size_t file_limit = 256u << 20;  // about 1.5 million keys

}  // namespace

struct KeySnapshot::Contents {
    std::unordered_map<KeyFingerprint, KnownKey> keys;
    std::unordered_map<ModelName, std::set<AccountId>> holders;  // of open sessions
};

namespace {

using Keys = std::unordered_map<KeyFingerprint, KnownKey>;

std::string write_keys(const Keys& keys) {
    nlohmann::json list = nlohmann::json::object();
    for (const auto& [fingerprint, key] : keys) {
        list[fingerprint.text()] = {{"account", key.account.text()}, {"revoked", key.revoked}};
    }
    return nlohmann::json{{"format", 1}, {"keys", std::move(list)}}.dump(1) + "\n";
}

Keys parse_keys(const std::string& text) {
    Keys keys;
    const nlohmann::json document = nlohmann::json::parse(text);
    for (const auto& [fingerprint, key] : document.at("keys").items()) {
        keys.emplace(KeyFingerprint(fingerprint),
                     KnownKey{.account = AccountId(key.at("account").get<std::string>()),
                              .revoked = key.at("revoked").get<bool>()});
    }
    return keys;
}

}  // namespace

KeySnapshot::KeySnapshot(StoreOptions store, std::string file)
    : file_(std::move(file)), store_(std::move(store)) {
    if (!std::filesystem::exists(file_)) return;
    try {
        written_ = platform::read_file(file_, file_limit);
        auto contents = std::make_shared<Contents>();
        contents->keys = parse_keys(written_);
        publish(std::move(contents));
    } catch (const std::exception& error) {
        written_.clear();
        platform::log(Severity::warning, "ledger", "the file of known keys cannot be read",
                      {{"path", file_}, {"why", error.what()}});
    }
}

KeySnapshot::~KeySnapshot() {
    stop();
}

void KeySnapshot::start(std::chrono::seconds limit) {
    thread_ = std::async(std::launch::async, [this] { run(); });
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, limit, [this] { return tried_; });
}

void KeySnapshot::stop() {
    if (!thread_.valid()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.wait_for(hang_up_after) != std::future_status::ready) store_.interrupt();
    thread_.get();
}

void KeySnapshot::run() {
    bool is_well = true;
    while (true) {
        try {
            refresh();
            is_well = true;
        } catch (const std::exception& error) {
            if (std::exchange(is_well, false)) {
                platform::log(Severity::warning, "ledger", "keys are served from memory",
                              {{"why", error.what()}});
            }
        }
        std::unique_lock lock(mutex_);
        if (!std::exchange(tried_, true)) wake_.notify_all();
        if (wake_.wait_for(lock, refresh_interval, [this] { return stopping_; })) return;
    }
}

std::shared_ptr<const KeySnapshot::Contents> KeySnapshot::contents() const {
    const std::lock_guard lock(mutex_);
    return contents_;
}

void KeySnapshot::publish(std::shared_ptr<const Contents> contents) {
    const std::lock_guard lock(mutex_);
    contents_ = std::move(contents);
}

KeySnapshot::Answer KeySnapshot::find(const KeyFingerprint& key) const {
    const auto now = contents();
    if (!now) return Answer::not_loaded;
    const auto entry = now->keys.find(key);
    return entry != now->keys.end() && !entry->second.revoked ? Answer::known : Answer::unknown;
}

std::optional<AccountId> KeySnapshot::find_account(const KeyFingerprint& key) const {
    const auto now = contents();
    if (!now) return std::nullopt;
    const auto entry = now->keys.find(key);
    if (entry == now->keys.end()) return std::nullopt;
    return entry->second.account;
}

bool KeySnapshot::is_foreign(const KeyFingerprint& key, const ModelName& model) const {
    const auto now = contents();
    if (!now) return false;
    const auto entry = now->keys.find(key);
    const auto holders = now->holders.find(model);
    if (entry == now->keys.end() || holders == now->holders.end()) return false;
    return !holders->second.contains(entry->second.account);
}

void KeySnapshot::refresh() {
    auto fresh = std::make_shared<Contents>();
    transact(store_, [&](Work& work) {
        for (const auto& row :
             work.exec("SELECT fingerprint, account_id, revoked_at IS NOT NULL FROM keys")) {
            fresh->keys.emplace(KeyFingerprint(row[0].as<std::string>()),
                                KnownKey{.account = AccountId(row[1].as<std::string>()),
                                         .revoked = row[2].as<bool>()});
        }
        for (const auto& row :
             work.exec("SELECT model, account_id FROM sessions WHERE end_reason IS NULL")) {
            fresh->holders[ModelName(row[0].as<std::string>())].emplace(row[1].as<std::string>());
        }
    });
    const auto before = contents();
    const bool changed = written_.empty() || !before || before->keys != fresh->keys;
    publish(fresh);
    if (!changed) return;
    written_ = write_keys(fresh->keys);
    platform::write_file_atomically(file_, written_);
}

}  // namespace ledger

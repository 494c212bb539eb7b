// Facts in a line each, for tests.
#pragma once

#include <string>

#include "calendar/instant.h"
#include "lifecycle/fact.h"

namespace support {

inline calendar::Instant at(const std::string& text) {
    return calendar::parse_instant(text).value();
}

/// A fingerprint that begins with `name`, which is hex.
inline lifecycle::KeyFingerprint key(std::string name = "aa") {
    name.resize(32, '0');
    return lifecycle::KeyFingerprint(name);
}

/// Each call its own.
inline lifecycle::CallId next_call() {
    static std::uint64_t number = 0;
    return {.boot = 1, .number = ++number};
}

inline const lifecycle::ModelName test_model{"openai-community/gpt2"};

inline lifecycle::Fact started(calendar::Instant when,
                               const std::string& upstream = "http://upstream") {
    return {when, lifecycle::GatewayStarted{"1", lifecycle::UpstreamId(upstream)}};
}

inline lifecycle::Fact loaded(calendar::Instant when, const lifecycle::KeyFingerprint& by = key(),
                              std::optional<std::string> gb = "0.5", int status = 200,
                              const lifecycle::ModelName& model = test_model) {
    lifecycle::LoadAnswered load;
    load.call = next_call();
    load.key = by;
    load.model = model;
    load.gb = std::move(gb);
    load.status = status;
    load.accepted = status >= 200 && status < 300;
    load.sent_at = when;
    load.date = when;
    return {when, load};
}

inline lifecycle::Fact run_arrived(calendar::Instant when,
                                   const lifecycle::KeyFingerprint& by = key()) {
    return {when, lifecycle::RunArrived{next_call(), by, test_model}};
}

inline lifecycle::Fact run_ended(calendar::Instant when,
                                 const lifecycle::KeyFingerprint& by = key(), int status = 200) {
    return {when, lifecycle::RunEnded{next_call(), by, test_model, status, 10, 20, false}};
}

inline lifecycle::Fact deleted(calendar::Instant when,
                               const lifecycle::KeyFingerprint& by = key()) {
    lifecycle::DeleteAnswered deletion;
    deletion.call = next_call();
    deletion.key = by;
    deletion.model = test_model;
    deletion.status = 200;
    deletion.sent_at = when;
    deletion.date = when;
    return {when, deletion};
}

/// RUNNING since `running`, not yet asked to infer; made at `created`.
inline lifecycle::Fact seen_running(calendar::Instant when, calendar::Instant created,
                                    calendar::Instant running,
                                    const lifecycle::KeyFingerprint& by = key(),
                                    std::int64_t inferences = 0) {
    lifecycle::InstanceSeen seen;
    seen.key = by;
    seen.model = test_model;
    seen.source = lifecycle::Source::watcher;
    seen.asked_at = when;
    seen.date = when;
    seen.state = "RUNNING";
    seen.concurrency = 1;
    seen.inferences = inferences;
    seen.expiration_seconds = 1800;
    seen.created = created;
    seen.modified = running;
    seen.expires_at = running + calendar::Duration::seconds(1800);
    return {when, seen};
}

}  // namespace support

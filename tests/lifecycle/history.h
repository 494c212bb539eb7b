// Builds histories of facts in seconds since an origin, one gateway, one key, one model; what a
// test doesn't say is as the model API does it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lifecycle/fold.h"

namespace lifecycle {

constexpr std::int64_t origin_micros = 1'790'000'000'000'000;

inline calendar::Instant second(double seconds) {
    return {origin_micros + static_cast<std::int64_t>(seconds * 1'000'000)};
}

/// Seconds since the origin, for readable failures; -1 where absent.
inline double seconds_of(std::optional<calendar::Instant> instant) {
    return instant ? static_cast<double>(instant->micros - origin_micros) / 1e6 : -1;
}

class History {
  public:
    std::vector<RecordedFact> facts;
    GatewayId gateway{"gw"};
    KeyFingerprint key{"key"};
    ModelName model{"openai-community/gpt2"};
    UpstreamId upstream{"https://api.example"};
    std::uint64_t sequence = 0;
    std::uint64_t call = 0;

    History& add(double at, FactBody body) {
        facts.push_back({gateway, ++sequence, Fact{second(at), std::move(body)}});
        return *this;
    }

    /// Sent 0.1 s before it was answered.
    History& load(double at, int status = 200, LoadOptions options = {},
                  std::optional<std::string> gb = "2.5") {
        return add(at, LoadAnswered{CallId{1, ++call},
                                    key,
                                    model,
                                    options,
                                    gb,
                                    status,
                                    status / 100 == 2,
                                    second(at - 0.1),
                                    {}});
    }
    History& load_requested(double at) {
        return add(at, LoadRequested{CallId{1, ++call}, key, model, {}, "2.5"});
    }
    History& deletion(double at, int status = 200,
                      std::optional<calendar::Instant> date = std::nullopt) {
        return add(at,
                   DeleteAnswered{CallId{1, ++call}, key, model, status, second(at - 0.1), date});
    }
    History& run(double from, double to, int status = 200) {
        ++call;
        add(from, RunArrived{CallId{1, call}, key, model});
        return add(to, RunEnded{CallId{1, call}, key, model, status, 1, 1, false, second(from)});
    }
    History& absent(double at) {
        return add(at, InstanceAbsent{key, model, Source::watcher, second(at - 0.1), {}});
    }

    /// A status; `created` etc. in seconds, negative: absent.
    struct Told {
        double created = -1;
        double modified = -1;
        double expires = -1;
        std::optional<std::int64_t> inferences = std::nullopt;
        std::optional<std::int64_t> period = 1800;
    };
    History& seen(double at, const std::string& state, Told told) {
        const auto maybe = [](double value) {
            return value < 0 ? std::nullopt : std::optional(second(value));
        };
        return add(at, InstanceSeen{key,
                                    model,
                                    Source::watcher,
                                    second(at - 0.1),
                                    {},
                                    state,
                                    1,
                                    told.inferences,
                                    told.period,
                                    maybe(told.created),
                                    maybe(told.modified),
                                    maybe(told.expires)});
    }

    std::vector<Session> sessions() const { return fold(upstream, facts); }
};

/// Loaded at 100, created at 99.95, RUNNING since 400 (P 1800).
inline void booted(History& h) {
    h.load(100).seen(110, "DEPLOYING", {99.95, 99.95, -1, 0});
    h.seen(405, "RUNNING", {99.95, 400.5, 2200, 0});
}

}  // namespace lifecycle

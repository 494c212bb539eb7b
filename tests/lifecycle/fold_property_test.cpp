// What must hold of every history, likely or not. The generator makes two kinds: plausible ones,
// lived by a small model of an upstream, and arbitrary ones, which no upstream would give.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "lifecycle/fact_json.h"
#include "lifecycle/history.h"

namespace lifecycle {
namespace {

using calendar::Instant;

std::string text_of(const std::vector<Session>& sessions) {
    std::string out;
    for (const Session& s : sessions) {
        for (const auto& at : {std::optional(s.loaded_at), s.running_at, s.expires_at, s.ended_at,
                               s.last_proof_of_life, s.first_denial, s.last_run_at, s.created,
                               std::optional(s.facts_from), std::optional(s.facts_until)})
            out += (at ? std::to_string(at->micros) : "-") + " ";
        out += s.id.text() + " " + s.key.text() + " " + s.gb.value_or("-") + " " +
               std::to_string(s.concurrency) + " " + std::to_string(s.expiration_seconds) + " " +
               std::to_string(s.runs) + " " + std::to_string(static_cast<int>(s.running_evidence)) +
               std::to_string(static_cast<int>(s.end_evidence)) +
               std::string(s.end_reason ? to_text(*s.end_reason) : "open") +
               std::to_string(s.clock.shift.micros) + " " +
               (s.clock.uncertainty ? std::to_string(s.clock.uncertainty->micros) : "-") +
               (s.estimated ? "~" : "") + (s.adjusted ? "!" : "") + (s.discovered ? "?" : "") +
               "\n";
    }
    return out;
}

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::int64_t upto(std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(0, most)(engine_);
    }
    bool one_in(std::int64_t n) { return upto(n - 1) == 0; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return *(all.begin() + upto(static_cast<std::int64_t>(all.size()) - 1));
    }
    std::mt19937_64& engine() { return engine_; }

  private:
    std::mt19937_64 engine_;
};

std::optional<Instant> maybe_instant(Dice& dice) {
    return dice.one_in(3) ? std::nullopt
                          : std::optional(second(static_cast<double>(dice.upto(400)) * 10));
}

/// Any fact at any time, drawn from few instants so that ties and coincidences are common.
void add_arbitrary(History& history, Dice& dice) {
    const auto at = static_cast<double>(dice.upto(400)) * 10;
    const auto asked = second(at - static_cast<double>(dice.upto(20)));
    history.gateway = GatewayId(dice.one_of({"gw", "gw2"}));
    history.key = KeyFingerprint(dice.one_of({"k1", "k1", "k2"}));
    const CallId call{1, static_cast<std::uint64_t>(dice.upto(20))};
    const int status = dice.one_of({200, 200, 200, 409, 429, 404, 500, 0});
    const LoadOptions options{1 + dice.upto(2), dice.one_of<std::int64_t>({60, 300, 1800})};
    switch (dice.upto(9)) {
        case 0:
            history.add(at, LoadRequested{call, history.key, history.model, options, {}});
            return;
        case 1:
            history.add(at, LoadAnswered{call, history.key, history.model, options, "1", status,
                                         status == 200, asked, maybe_instant(dice)});
            return;
        case 2:
            history.add(at, RunArrived{call, history.key, history.model});
            return;
        case 3:
            history.add(at, RunEnded{call, history.key, history.model, status, 1, 1, false});
            return;
        case 4:
            history.add(at, Runs{history.key, history.model, second(at), 3,
                                 static_cast<std::uint64_t>(dice.upto(3)),
                                 static_cast<std::uint64_t>(dice.upto(1)), 0, 1, 1,
                                 maybe_instant(dice), maybe_instant(dice), maybe_instant(dice)});
            return;
        case 5:
            history.add(at, DeleteAnswered{call, history.key, history.model, status, asked,
                                           maybe_instant(dice)});
            return;
        case 6:
            history.add(at, InstanceAbsent{history.key, history.model, Source::watcher, asked,
                                           maybe_instant(dice)});
            return;
        case 7:
            history.add(at, CatalogueEntry{history.model, "2"});
            return;
        default:
            history.add(
                at, InstanceSeen{
                        history.key, history.model, Source::passing, asked, maybe_instant(dice),
                        dice.one_of({"RUNNING", "RUNNING", "DEPLOYING", "FAILED", "STOPPED"}), 1,
                        dice.upto(1), dice.one_of<std::int64_t>({60, 1800}), maybe_instant(dice),
                        maybe_instant(dice), maybe_instant(dice)});
    }
}

History arbitrary_history(std::uint64_t seed) {
    Dice dice(seed);
    History history;
    for (auto count = dice.upto(40); count > 0; --count) add_arbitrary(history, dice);
    return history;
}

void expect_sound(const std::vector<Session>& sessions, std::uint64_t seed) {
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        const Session& s = sessions[i];
        SCOPED_TRACE("seed " + std::to_string(seed) + ", session " + std::to_string(i));
        EXPECT_LE(s.loaded_at, s.running_at.value_or(s.loaded_at));
        EXPECT_LE(s.running_at.value_or(s.loaded_at), s.ended_at.value_or(Instant{INT64_MAX}));
        EXPECT_EQ(s.ended_at.has_value(), s.end_reason.has_value());
        EXPECT_EQ(s.running_at.has_value(), s.running_evidence != RunningEvidence::none);
        EXPECT_EQ(s.end_reason.has_value(), s.end_evidence != EndEvidence::none);
        EXPECT_EQ(s.estimated, s.end_evidence == EndEvidence::bounded);
        EXPECT_TRUE(s.running_at || !s.expires_at);
        if (i + 1 == sessions.size()) break;
        ASSERT_TRUE(s.ended_at) << "only the last may be open";
        EXPECT_LE(*s.ended_at, sessions[i + 1].loaded_at);
    }
    for (std::size_t i = 0; i < sessions.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(sessions[i].id, sessions[j].id) << seed;
}

/// No two loads with one call: a call is made once.
bool has_unique_calls(const History& history) {
    std::vector<std::pair<GatewayId, CallId>> calls;
    for (const RecordedFact& fact : history.facts) {
        if (const auto* load = std::get_if<LoadAnswered>(&fact.fact.body))
            calls.emplace_back(fact.gateway, load->call);
        if (const auto* load = std::get_if<LoadRequested>(&fact.fact.body))
            calls.emplace_back(fact.gateway, load->call);
    }
    std::sort(calls.begin(), calls.end());
    return std::adjacent_find(calls.begin(), calls.end()) == calls.end();
}

TEST(FoldProperty, OrderAndDuplicatesDoNotMatter) {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        History history = arbitrary_history(seed);
        const std::string expected = text_of(history.sessions());
        Dice dice(seed * 7919);
        for (int round = 0; round < 3; ++round) {
            const auto originals = history.facts.size();
            for (auto count = dice.upto(5); count > 0 && originals > 0; --count) {
                const RecordedFact again = history.facts[static_cast<std::size_t>(
                    dice.upto(static_cast<std::int64_t>(originals) - 1))];
                history.facts.push_back(again);
            }
            std::shuffle(history.facts.begin(), history.facts.end(), dice.engine());
            ASSERT_EQ(text_of(history.sessions()), expected) << "seed " << seed;
        }
    }
}

TEST(FoldProperty, LoadedRunningEndedKeepTheirOrderAndSessionsDoNotOverlap) {
    for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
        const History history = arbitrary_history(seed);
        if (has_unique_calls(history)) expect_sound(history.sessions(), seed);
    }
}

/// An instance's life as the upstream knows it, and what a gateway and a watcher record of it.
struct Lived {
    double loaded, running, ended;
    bool deleted;
};

Lived live(History& history, Dice& dice, double from) {
    Lived lived{from, from + 30 + static_cast<double>(dice.upto(600)), 0, dice.one_in(2)};
    const double created = from - 0.05;
    history.load(from);
    for (double at = from + 5; at < lived.running; at += 50)
        history.seen(at, "DEPLOYING", {created, created, -1, 0});
    history.seen(lived.running + 1, "RUNNING",
                 {created, lived.running + 0.5, lived.running + 1800, 0});
    double idle_since = lived.running;
    for (auto count = dice.upto(5); count > 0; --count) {
        const double at = idle_since + 2 + static_cast<double>(dice.upto(1500));
        history.run(at, at + 3);
        idle_since = at + 3;
        if (dice.one_in(2))
            history.seen(at + 4, "RUNNING", {created, at + 3, idle_since + 1800, 1});
    }
    if (lived.deleted) {
        lived.ended = idle_since + 10 + static_cast<double>(dice.upto(1000));
        history.deletion(lived.ended);
    } else {
        lived.ended = idle_since + 1800 + static_cast<double>(dice.upto(110));
        history.seen(lived.ended + 2, "STOPPED", {created, lived.ended, idle_since + 1800, 5});
    }
    return lived;
}

TEST(FoldProperty, FindsEveryLifeExactlyWhereTheEvidenceIsExact) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Dice dice(seed);
        History history;
        std::vector<Lived> lives;
        double from = 100;
        for (auto count = 1 + dice.upto(4); count > 0; --count) {
            lives.push_back(live(history, dice, from));
            from = lives.back().ended + 1 + static_cast<double>(dice.upto(3000));
        }
        std::shuffle(history.facts.begin(), history.facts.end(), dice.engine());
        const auto sessions = history.sessions();
        ASSERT_EQ(sessions.size(), lives.size()) << "seed " << seed;
        for (std::size_t i = 0; i < lives.size(); ++i) {
            EXPECT_NEAR(seconds_of(sessions[i].loaded_at), lives[i].loaded, 1e-5) << seed;
            EXPECT_NEAR(seconds_of(sessions[i].running_at), lives[i].running, 1e-5) << seed;
            EXPECT_NEAR(seconds_of(sessions[i].ended_at), lives[i].ended, 1e-5) << seed;
            EXPECT_EQ(sessions[i].end_reason,
                      lives[i].deleted ? EndReason::deleted : EndReason::expired);
            EXPECT_FALSE(sessions[i].estimated || sessions[i].adjusted || sessions[i].discovered);
        }
    }
}

TEST(FoldProperty, ALostFactNeverMakesAPlausibleLifeUnsound) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Dice dice(seed);
        History history;
        const double ended = live(history, dice, 100).ended;
        live(history, dice, ended + 500);
        for (std::size_t lost = 0; lost < history.facts.size(); ++lost) {
            History without = history;
            without.facts.erase(without.facts.begin() + static_cast<std::ptrdiff_t>(lost));
            const auto sessions = without.sessions();
            EXPECT_LE(sessions.size(), 2u) << seed;
            expect_sound(sessions, seed);
        }
    }
}

/// The same history, each call and each look recorded by one of several gateways. Sequences begin
/// anew in each, in order of time.
std::vector<RecordedFact> split_over_gateways(const History& history, Dice& dice) {
    std::vector<RecordedFact> facts = history.facts;
    std::stable_sort(facts.begin(), facts.end(), [](const auto& a, const auto& b) {
        return a.fact.occurred_at < b.fact.occurred_at;
    });
    std::map<std::string, std::uint64_t> sequences;
    std::map<std::pair<std::uint64_t, std::string>, std::string> gateway_of_call;
    for (RecordedFact& fact : facts) {
        std::string gateway = dice.one_of({"east", "north", "west"});
        std::visit(
            [&](const auto& body) {
                if constexpr (requires { body.call; })
                    gateway = gateway_of_call
                                  .try_emplace({body.call.number, fact.gateway.text()}, gateway)
                                  .first->second;
            },
            fact.fact.body);
        // Calls of two gateways may have one number: theirs, not one call's.
        fact.gateway = GatewayId(gateway + "/" + fact.gateway.text());
        fact.sequence = ++sequences[fact.gateway.text()];
    }
    std::shuffle(facts.begin(), facts.end(), dice.engine());
    return facts;
}

void drop_dates(History& history) {
    for (RecordedFact& fact : history.facts)
        std::visit(
            [](auto& body) {
                if constexpr (requires { body.date; }) body.date.reset();
            },
            fact.fact.body);
}

/// What is left when the gateways' names are taken out: a load's session is named by its gateway.
std::string nameless(std::vector<Session> sessions) {
    for (Session& session : sessions)
        if (!session.id.text().starts_with("found-")) session.id = SessionId("loaded");
    return text_of(sessions);
}

TEST(FoldProperty, WhichGatewaySawAFactDoesNotMatter) {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        History history = arbitrary_history(seed);
        drop_dates(history);
        if (!has_unique_calls(history)) continue;
        const std::string expected = nameless(history.sessions());
        Dice dice(seed * 104729);
        for (int round = 0; round < 3; ++round) {
            const auto facts = split_over_gateways(history, dice);
            ASSERT_EQ(nameless(fold(history.upstream, facts)), expected) << "seed " << seed;
        }
    }
}

void move(Instant& at, calendar::Duration by) {
    at = at + by;
}
void move(std::optional<Instant>& at, calendar::Duration by) {
    if (at) move(*at, by);
}

/// Sets each gateway's clock off by hours, and lets every answer tell the upstream's Date.
void skew(std::vector<RecordedFact>& facts, Dice& dice) {
    std::map<GatewayId, calendar::Duration> fast;
    for (RecordedFact& fact : facts) {
        const auto by =
            fast.try_emplace(fact.gateway,
                             calendar::Duration::milliseconds(dice.upto(40'000'000) - 20'000'000))
                .first->second;
        const Instant truth = fact.fact.occurred_at;
        fact.fact.occurred_at = truth + by;
        std::visit(
            [&](auto& body) {
                if constexpr (requires { body.date; })
                    body.date =
                        Instant{truth.micros - 50'000 - (truth.micros - 50'000) % 1'000'000};
                if constexpr (requires { body.sent_at; }) move(body.sent_at, by);
                if constexpr (requires { body.asked_at; }) move(body.asked_at, by);
            },
            fact.fact.body);
    }
}

TEST(FoldProperty, GatewaysWhoseClocksAreHoursOffFindTheSameLives) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Dice dice(seed);
        History history;
        std::vector<Lived> lives;
        double from = 100;
        for (auto count = 1 + dice.upto(4); count > 0; --count) {
            lives.push_back(live(history, dice, from));
            from = lives.back().ended + 10 + static_cast<double>(dice.upto(3000));
        }
        std::vector<RecordedFact> facts = history.facts;
        for (RecordedFact& fact : facts) {
            const bool looks = std::holds_alternative<InstanceSeen>(fact.fact.body);
            if (looks && dice.one_in(2)) fact.gateway = GatewayId("watching elsewhere");
            if (const auto* run = std::get_if<RunArrived>(&fact.fact.body))
                if (run->call.number % 2 == 0) fact.gateway = GatewayId("running elsewhere");
            if (const auto* run = std::get_if<RunEnded>(&fact.fact.body))
                if (run->call.number % 2 == 0) fact.gateway = GatewayId("running elsewhere");
        }
        skew(facts, dice);
        const auto sessions = fold(history.upstream, facts);
        ASSERT_EQ(sessions.size(), lives.size()) << "seed " << seed;
        for (std::size_t i = 0; i < lives.size(); ++i) {
            const Session& session = sessions[i];
            EXPECT_NEAR(seconds_of(session.loaded_at), lives[i].loaded, 0.6) << seed;
            EXPECT_NEAR(seconds_of(session.running_at), lives[i].running, 1e-5) << seed;
            EXPECT_NEAR(seconds_of(session.ended_at), lives[i].ended, lives[i].deleted ? 0.6 : 1e-5)
                << seed;
            EXPECT_EQ(session.end_reason,
                      lives[i].deleted ? EndReason::deleted : EndReason::expired);
            ASSERT_TRUE(session.clock.uncertainty);
            EXPECT_LE(session.clock.uncertainty->micros, 600'000);
            EXPECT_LE(std::abs(seconds_of(session.loaded_at) - lives[i].loaded),
                      static_cast<double>(session.clock.uncertainty->micros + 1) / 1e6)
                << seed;
        }
    }
}

TEST(FoldProperty, SurvivesTheJournal) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        History history = arbitrary_history(seed);
        const std::string expected = text_of(history.sessions());
        for (RecordedFact& fact : history.facts) fact.fact = parse_fact(to_json(fact.fact));
        EXPECT_EQ(text_of(history.sessions()), expected);
    }
}

}  // namespace
}  // namespace lifecycle

// Virtual time and chance: what happens when, from one seed. The world's clock is the upstream's;
// gateways differ from it by an offset of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

namespace simulation {

/// Microseconds, of the world's clock since 1970 or a length.
using Micros = std::int64_t;
constexpr Micros millisecond = 1'000;
constexpr Micros second = 1'000'000;
constexpr Micros minute = 60 * second;
constexpr Micros hour = 60 * minute;
constexpr Micros day = 24 * hour;

/// SplitMix64: the same numbers everywhere, which the standard's distributions do not promise.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    /// Dice of their own for one part of the world, so that a throw more here changes nothing
    /// there.
    Dice fork(std::string_view part) const {
        std::uint64_t hash = state_ ^ 14695981039346656037u;
        for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
        return Dice(hash);
    }

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// Both ends included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool percent(int chance) { return between(0, 99) < chance; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return *(all.begin() + between(0, static_cast<std::int64_t>(all.size()) - 1));
    }
    /// Mostly near `low`, at times up to `high`.
    std::int64_t mostly_low(std::int64_t low, std::int64_t high) {
        return percent(80) ? between(low, low + (high - low) / 10) : between(low, high);
    }

  private:
    std::uint64_t state_;
};

/// What is to happen, in order of time; at one instant in the order in which it was planned.
class Agenda {
  public:
    explicit Agenda(Micros begin) : now_(begin) {}

    Micros now() const { return now_; }
    void at(Micros when, std::function<void()> act) {
        plans_.push({when < now_ ? now_ : when, ++planned_, std::move(act)});
    }
    void after(Micros wait, std::function<void()> act) { at(now_ + wait, std::move(act)); }
    void run_until(Micros end) {
        while (!plans_.empty() && plans_.top().when <= end) {
            const Plan plan = plans_.top();
            plans_.pop();
            now_ = plan.when;
            plan.act();
        }
        now_ = end;
    }

  private:
    struct Plan {
        Micros when;
        std::uint64_t number;
        std::function<void()> act;
        friend bool operator<(const Plan& a, const Plan& b) {
            return std::pair(b.when, b.number) < std::pair(a.when, a.number);
        }
    };
    Micros now_;
    std::uint64_t planned_ = 0;
    std::priority_queue<Plan> plans_;
};

}  // namespace simulation

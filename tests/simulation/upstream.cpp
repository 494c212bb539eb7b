#include "simulation/upstream.h"

namespace simulation {

Reply Upstream::reply(int status, std::optional<std::size_t> life) const {
    return {status, agenda_.now() / second * second, std::nullopt, life};
}

std::optional<std::size_t> Upstream::last_of(const std::string& account,
                                             const std::string& model) const {
    const auto slot = slots_.find({account, model});
    if (slot == slots_.end()) return std::nullopt;
    return slot->second.back();
}

Reply Upstream::load(const LoadOrder& order) {
    if (const auto last = last_of(order.account, order.model); last && is_live(*last)) {
        return reply(instances_[*last].phase == Phase::booting ? 429 : 409, *last);
    }
    const std::size_t id = lives_.size();
    Life life;
    life.id = id;
    life.upstream_account = order.account;
    life.model = order.model;
    life.concurrency = order.concurrency;
    life.period_seconds = order.period_seconds;
    life.ticket = order.ticket;
    life.created = clock();
    lives_.push_back(life);
    instances_.emplace_back().modified = life.created;
    slots_[{order.account, order.model}].push_back(id);
    const Micros boot = dice_.mostly_low(manners_.shortest_boot, manners_.longest_boot);
    const bool fails = dice_.percent(manners_.failed_boots);
    agenda_.after(boot, [this, id, fails] {
        if (!is_live(id)) return;
        if (fails) {
            end(id, EndOfLife::failed);
        } else {
            become_ready(id);
        }
    });
    return reply(200, id);
}

void Upstream::become_ready(std::size_t life) {
    Instance& instance = instances_[life];
    instance.phase = Phase::running;
    lives_[life].running = clock();
    instance.modified =
        clock() + dice_.between(0, 700) * millisecond;  // the API document's example
    wind_idle_clock(life);
    if (!dice_.percent(manners_.crashes)) return;
    agenda_.after(dice_.mostly_low(second, 4 * hour), [this, life] {
        if (is_live(life)) end(life, EndOfLife::failed);
    });
}

/// Idle from now on: it expires after its period, and is gone a while after that.
void Upstream::wind_idle_clock(std::size_t life) {
    const std::uint64_t turn = ++instances_[life].idle_turn;
    const Micros expires = clock() + lives_[life].period_seconds * second;
    lives_[life].expires = expires;
    const bool overruns = dice_.percent(manners_.overruns);
    const Micros slow = overruns ? dice_.between(121, 1200) : dice_.between(0, 119);
    agenda_.at(expires, [this, life, turn, slow] {
        if (!is_live(life) || instances_[life].idle_turn != turn) return;
        instances_[life].phase = Phase::expired;
        agenda_.after(slow * second + dice_.between(0, 999) * millisecond, [this, life] {
            if (is_live(life)) end(life, EndOfLife::expired);
        });
    });
}

void Upstream::end(std::size_t life, EndOfLife how) {
    Instance& instance = instances_[life];
    instance.last_words = report_of(life);
    instance.phase = Phase::over;
    instance.modified = clock();
    lives_[life].ended = clock();
    lives_[life].end = how;
    for (auto& [run, done] : std::exchange(instance.in_flight, {})) done(reply(502, life));
}

Report Upstream::report_of(std::size_t id) const {
    const Life& life = lives_[id];
    const Instance& instance = instances_[id];
    Report report{"",
                  life.concurrency,
                  instance.inferences,
                  life.period_seconds,
                  life.created,
                  instance.modified,
                  {}};
    switch (instance.phase) {
        case Phase::booting:
            report.state = agenda_.now() - life.created < minute ? "DEPLOYING" : "STARTING";
            break;
        case Phase::running:
        case Phase::expired:
            report.state = "RUNNING";
            report.expires = life.expires;
            break;
        case Phase::over:
            report.state = life.end == EndOfLife::failed ? "FAILED" : "STOPPED";
            if (life.end != EndOfLife::failed && life.running) report.expires = life.expires;
            break;
    }
    return report;
}

Reply Upstream::status(const std::string& account, const std::string& model) {
    const auto last = last_of(account, model);
    if (!last) return reply(404);
    const Life& life = lives_[*last];
    const Micros age = agenda_.now() - life.ended.value_or(life.created);
    Reply answer = reply(200, *last);
    if (age < manners_.moment && dice_.percent(manners_.lies)) {
        if (life.ended) {
            answer.report = instances_[*last].last_words;
            return answer;
        }
        const auto& slot = slots_.at({account, model});
        if (slot.size() == 1) return reply(404, *last);
        answer.life = slot[slot.size() - 2];
        answer.report = report_of(*answer.life);
        return answer;
    }
    if (life.ended && manners_.forgets && age >= *manners_.forgets) return reply(404, *last);
    answer.report = report_of(*last);
    return answer;
}

Reply Upstream::remove(const std::string& account, const std::string& model) {
    const auto last = last_of(account, model);
    if (!last) return reply(404);
    if (is_live(*last)) end(*last, EndOfLife::deleted);
    return reply(200, *last);
}

void Upstream::run(const std::string& account, const std::string& model, Micros duration,
                   std::function<void(Reply)> done) {
    const auto last = last_of(account, model);
    if (!last || instances_[*last].phase != Phase::running) return done(reply(404, last));
    Instance& instance = instances_[*last];
    if (static_cast<std::int64_t>(instance.in_flight.size()) >= lives_[*last].concurrency)
        return done(reply(429, last));
    ++instance.inferences;
    ++instance.idle_turn;  // not idle: the alarm that is set means nothing any more
    instance.modified = clock();
    lives_[*last].expires.reset();
    const std::uint64_t run = ++runs_;
    instance.in_flight.emplace(run, std::move(done));
    const int status = dice_.percent(5) ? 500 : 200;
    agenda_.after(duration, [this, life = *last, run, status] { finish_run(life, run, status); });
}

void Upstream::finish_run(std::size_t life, std::uint64_t run, int status) {
    Instance& instance = instances_[life];
    const auto found = instance.in_flight.find(run);
    if (found == instance.in_flight.end()) return;  // it went down with its instance
    const auto done = std::move(found->second);
    instance.in_flight.erase(found);
    if (instance.in_flight.empty()) wind_idle_clock(life);
    done(reply(status, life));
}

bool Upstream::is_quiet() const {
    for (std::size_t life = 0; life < instances_.size(); ++life)
        if (is_live(life)) return false;
    return true;
}

}  // namespace simulation

#include "simulation/simulation.h"

#include "platform/log.h"
#include "simulation/customers.h"
#include "simulation/scenario.h"

namespace simulation {
namespace {

constexpr Micros longest_calm = 4 * day;

class Run {
  public:
    Run(std::uint64_t seed, const Plant& plant)
        : seed_(seed),
          plant_(plant),
          scenario_(make_scenario(seed)),
          agenda_(scenario_.begin),
          dice_(Dice(seed).fork("faults")),
          upstream_(agenda_, Dice(seed).fork("upstream"), scenario_.manners, truth_.lives),
          ledger_(Dice(seed).fork("ledger"), accounts()),
          world_{agenda_, upstream_, ledger_, truth_, scenario_.gb} {
        if (plant.forget_marks) ledger_.forget_marks();
        for (GatewayTraits traits : scenario_.gateways) {
            traits.lies = plant.lies;
            gateways_.push_back(
                std::make_unique<Gateway>(world_, traits, Dice(seed).fork(traits.name)));
        }
        for (const Key& key : scenario_.keys) {
            customers_.push_back(std::make_unique<Customer>(world_, gateways_, key,
                                                            Dice(seed).fork(key.fingerprint),
                                                            scenario_.between_visits));
        }
    }

    Outcome outcome() {
        for (auto& gateway : gateways_) gateway->start();
        for (auto& customer : customers_) customer->begin();
        plan_fall();
        plan_rescue();
        plan_storm();
        agenda_.run_until(scenario_.begin + scenario_.days * day);
        calm_down();
        Outcome outcome;
        outcome.seed = seed_;
        outcome.days = scenario_.days;
        outcome.clocks_agree = scenario_.clock_error == 0;
        outcome.falls = falls_;
        const Books books = close_books();
        outcome.facts = books.entries.size();
        outcome.verdict = audit(truth_, books, rules());
        outcome.digest = digest_of(books);
        if (!outcome.verdict.findings.empty()) {
            outcome.trace = trace_of(truth_, books, outcome.verdict.findings.front());
        }
        return outcome;
    }

  private:
    std::map<std::string, std::string> accounts() const {
        std::map<std::string, std::string> accounts;
        for (const Key& key : scenario_.keys) accounts[key.fingerprint] = key.account;
        return accounts;
    }

    AuditRules rules() const {
        AuditRules rules;
        rules.tariff = scenario_.tariff;
        rules.gb = scenario_.gb;
        rules.accounts = accounts();
        for (const Key& key : scenario_.keys)
            rules.upstream_accounts[key.fingerprint] = key.upstream_account;
        rules.clock_error = scenario_.clock_error;
        return rules;
    }

    // Faults --------------------------------------------------------------------------------------

    void plan_fall() {
        agenda_.after(dice_.between(minute, 2 * scenario_.between_falls), [this] {
            if (calm_) return;
            Gateway& gateway = *gateways_[static_cast<std::size_t>(
                dice_.between(0, static_cast<std::int64_t>(gateways_.size()) - 1))];
            gateway.fall(
                dice_.one_of({Gateway::Fall::kill, Gateway::Fall::power_cut,
                              Gateway::Fall::within_a_commit, Gateway::Fall::within_a_commit}));
            ++falls_;
            plan_fall();
        });
    }

    /// Somebody starts what is down, sooner or later.
    void plan_rescue() {
        agenda_.after(dice_.mostly_low(10 * second, 40 * minute), [this] {
            if (calm_) return;
            for (auto& gateway : gateways_) gateway->start();
            plan_rescue();
        });
    }

    void plan_storm() {
        agenda_.after(dice_.between(minute, 2 * scenario_.between_storms), [this] {
            if (calm_) return;
            const bool of_network = dice_.percent(30);
            if (of_network) {
                world_.link_is_down = true;
            } else {
                ledger_.set_weather(dice_.percent(50) ? SimulatedLedger::Weather::away
                                                      : SimulatedLedger::Weather::flaky);
            }
            agenda_.after(dice_.mostly_low(minute, 5 * hour), [this, of_network] {
                if (of_network) {
                    world_.link_is_down = false;
                } else {
                    ledger_.set_weather(SimulatedLedger::Weather::fair);
                }
                if (!calm_) plan_storm();
            });
        });
    }

    /// Faults stop, customers too, until nothing lives and nothing is watched, or too long.
    void calm_down() {
        calm_ = true;
        world_.link_is_down = false;
        ledger_.set_weather(SimulatedLedger::Weather::fair);
        upstream_.be_honest();
        for (auto& customer : customers_) customer->retire();
        for (auto& gateway : gateways_) {
            gateway->be_calm();
            gateway->start();
        }
        const Micros end = agenda_.now() + longest_calm;
        while (agenda_.now() < end && !is_settled()) {
            agenda_.run_until(agenda_.now() + 10 * minute);
            for (auto& gateway : gateways_) gateway->start();  // one was about to fall
        }
    }

    bool is_settled() const {
        if (!upstream_.is_quiet()) return false;
        for (const auto& gateway : gateways_)
            if (gateway->watched() > 0) return false;
        return true;
    }

    // The end -------------------------------------------------------------------------------------

    Books close_books() {
        std::vector<std::string> unshipped;
        for (auto& gateway : gateways_)
            if (std::string rest = gateway->ship_the_rest(); !rest.empty())
                unshipped.push_back(std::move(rest));
        // What nobody learned of a model, the operator sets.
        for (const auto& [model, gb] : scenario_.gb) {
            const lifecycle::ModelSet set{lifecycle::ModelName(model), gb, "operator"};
            ledger_.add({"operator", ++operator_facts_, "", model, {agenda_.now()}, set});
        }
        const auto parsed = metering::parse_plan(scenario_.plan_json);
        const auto* plan = std::get_if<metering::Plan>(&parsed);
        if (!plan) throw std::logic_error(std::get<metering::PlanRefused>(parsed).why);
        const Rate rate = plant_.rate ? plant_.rate : Rate(metering::rate_session);
        Books books = make_books(ledger_, *plan, rate, {agenda_.now()});
        books.unshipped = std::move(unshipped);
        return books;
    }

    static std::uint64_t digest_of(const Books& books) {
        std::uint64_t hash = 14695981039346656037u;
        const auto add = [&](const std::string& text) {
            for (const char c : text + "\n")
                hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
        };
        for (const BookEntry& entry : books.entries)
            add(entry.gateway + " " + std::to_string(entry.sequence) + " " + entry.model + " " +
                std::to_string(entry.arrived));
        for (const Billed& session : books.sessions)
            add(session.session + " " + session.account + " " + session.amount + " " +
                session.note);
        return hash;
    }

    const std::uint64_t seed_;
    const Plant& plant_;
    const Scenario scenario_;
    Agenda agenda_;
    Dice dice_;
    Truth truth_;
    Upstream upstream_;
    SimulatedLedger ledger_;
    World world_;
    std::vector<std::unique_ptr<Gateway>> gateways_;
    std::vector<std::unique_ptr<Customer>> customers_;
    bool calm_ = false;
    std::size_t falls_ = 0;
    std::uint64_t operator_facts_ = 0;
};

std::string_view name_of(Finding::Kind kind) {
    switch (kind) {
        case Finding::Kind::lost:
            return "LOST";
        case Finding::Kind::doubled:
            return "DOUBLED";
        case Finding::Kind::wrong_amount:
            return "WRONG AMOUNT";
        case Finding::Kind::unsettled:
            return "UNSETTLED";
    }
    return "";
}

}  // namespace

void silence_log() {
    using platform::Severity;
    platform::set_log_threshold(static_cast<Severity>(static_cast<int>(Severity::error) + 1));
}

Outcome simulate(std::uint64_t seed, const Plant& plant) {
    return Run(seed, plant).outcome();
}

std::string report_of(const Outcome& outcome) {
    std::string text = "seed " + std::to_string(outcome.seed) + ": " +
                       std::to_string(outcome.verdict.findings.size()) + " findings\n";
    std::size_t shown = 0;
    for (const Finding& finding : outcome.verdict.findings) {
        if (++shown > 5) break;
        text += std::string(name_of(finding.kind)) + " " + finding.account + " " + finding.model +
                ": " + finding.text + "\n";
    }
    text += "what is known around the first:\n" + outcome.trace;
    text += "again: ./dev simulate --seconds 0 --seed " + std::to_string(outcome.seed) + "\n";
    return text;
}

}  // namespace simulation

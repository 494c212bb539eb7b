// The simulated database: what is committed in it, and its bad days. It keeps the contract of
// ledger/fact_books.h by itself: a gateway's mark moves with the batch, from first − 1 to last, or
// nothing happens. What becomes of a batch's records is the product's own fact_rows.h.
#pragma once

#include <map>

#include "ledger/fact_books.h"
#include "ledger/fact_rows.h"
#include "simulation/truth.h"

namespace simulation {

class SimulatedLedger {
  public:
    struct Row {
        std::string gateway;
        std::uint64_t sequence = 0;
        std::string account;  // empty: none
        std::string model;
        calendar::Instant occurred_at;
        lifecycle::FactBody body;
    };
    enum class Weather {
        fair,
        flaky,  // a call may break off before its commit, or leave it in doubt
        away,   // nothing answers
    };

    /// `accounts`: whose a key is, from its fingerprint.
    SimulatedLedger(Dice dice, std::map<std::string, std::string> accounts)
        : dice_(dice), accounts_(std::move(accounts)) {}

    void set_weather(Weather weather) { weather_ = weather; }
    /// Planted bug: no mark is looked at, so that a batch sent twice is in the books twice.
    void forget_marks() { forgets_marks_ = true; }

    journal::Sequence register_gateway(const std::string& gateway);
    ledger::Posting post(const std::string& gateway, ledger::ParsedBatch batch);
    void heartbeat(const std::string& gateway);
    /// An operator's fact, in fair weather.
    void add(Row row) { rows_.push_back(std::move(row)); }

    const std::vector<Row>& rows() const { return rows_; }

  private:
    enum class Breach { none, before_commit, doubt };
    Breach enter();
    void take(const std::string& gateway, ledger::ParsedBatch batch);

    Dice dice_;
    const std::map<std::string, std::string> accounts_;
    Weather weather_ = Weather::fair;
    bool forgets_marks_ = false;
    std::map<std::string, journal::Sequence> marks_;
    std::vector<Row> rows_;
};

/// A gateway's connection to it.
class SimulatedBooks : public ledger::FactBooks {
  public:
    explicit SimulatedBooks(SimulatedLedger& ledger) : ledger_(ledger) {}
    journal::Sequence register_gateway(const lifecycle::GatewayId& gateway,
                                       calendar::Instant) override {
        return ledger_.register_gateway(gateway.text());
    }
    [[nodiscard]] ledger::Posting post(const lifecycle::GatewayId& gateway,
                                       ledger::ParsedBatch batch,
                                       const ledger::PostingRules&) override {
        return ledger_.post(gateway.text(), std::move(batch));
    }
    void heartbeat(const lifecycle::GatewayId& gateway, calendar::Instant, bool) override {
        ledger_.heartbeat(gateway.text());
    }

  private:
    SimulatedLedger& ledger_;
};

}  // namespace simulation

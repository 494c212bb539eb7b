// Facts all the way to invoices: ships them, meters them, closes months. For tests of what happens
// to money when facts come late or change.
#pragma once

#include "ledger/accounts.h"
#include "ledger/invoices.h"
#include "ledger/meter.h"
#include "ledger/plans.h"
#include "ledger/queries.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace support {

class MeteredBooks : public ShippedBooks {
  protected:
    /// Plan "p" is in force: 0.001 per GB-second, whole minutes, at least one.
    MeteredBooks() {
        ledger::add_plan(store_, plan("p", "0.001"));
        ledger::set_default_plan(store_, "p", start_);
        ship({started(start_)});
    }

    static std::string plan(const std::string& name, const std::string& rate,
                            const std::string& currency = "USD") {
        return R"({"plan": ")" + name + R"(", "currency": ")" + currency +
               R"(", "rate_per_gb_second": ")" + rate +
               R"(", "starts_at": "running", "minimum_seconds": 60, "increment_seconds": 60,
                "spin_down": "billed", "shutdown_grace_seconds": 120, "failed_boot": "free",
                "per_replica": true, "gb_basis": "required_ram"})";
    }

    void ship(const std::vector<lifecycle::Fact>& facts) {
        ShippedBooks::ship(facts);
        meter();
    }
    void meter() {
        while (meter_.meter_pending(true) > 0) {
        }
        for (const auto& waiting : ledger::list_waiting_instances(store_)) {
            ADD_FAILURE() << waiting.reason;
        }
    }
    /// Loaded, running at once, deleted `seconds` after.
    static std::vector<lifecycle::Fact> life(calendar::Instant load, std::int64_t seconds,
                                             std::optional<std::string> gb = "1") {
        return {loaded(load, key(), std::move(gb)),
                seen_running(load + calendar::Duration::seconds(1), load, load),
                deleted(load + calendar::Duration::seconds(seconds))};
    }

    ledger::Account account() { return ledger::list_accounts(store_, false).at(0); }
    ledger::Closing close(calendar::Month month, const std::string& now) {
        return ledger::close_month(store_, account(), month, terms_, at(now));
    }
    invoicing::Invoice issue_october() {
        return close({2026, 10}, "2026-11-02T00:00:00Z").issued.value();
    }
    ledger::Closing close_november() { return close({2026, 11}, "2026-12-02T00:00:00Z"); }
    invoicing::Invoice issue_november() { return close_november().issued.value(); }

    calendar::Instant start_ = at("2026-10-05T10:00:00Z");
    ledger::InvoiceTerms terms_{.issuer = {.name = "Issuer"}, .series = "TG"};
    ledger::Meter meter_{options()};
};

}  // namespace support

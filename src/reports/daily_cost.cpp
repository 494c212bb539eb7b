#include "reports/daily_cost.h"

#include <stdexcept>
#include <tuple>

namespace reports {
namespace {

using invoicing::LineKind;
using invoicing::SessionEntry;
using money::Decimal;

using PriceKey = std::tuple<std::string_view, std::string_view, std::string_view>;
using Prices = std::map<PriceKey, Decimal>;  // per GB-second

Decimal seconds_between(calendar::Instant from, calendar::Instant to) {
    return Decimal::scaled((to - from).micros, 6);
}

Prices prices_of(const invoicing::Invoice& invoice) {
    Prices prices;
    for (const invoicing::Line& line : invoice.lines) {
        prices[{line.period, line.model.text(), line.plan}] = line.unit_price;
    }
    return prices;
}

// GB and replicas, as far as the plan counts them, times the price: of one billed second. Absent:
// the entry is no such product.
std::optional<Decimal> find_second_price(const SessionEntry& entry, const Prices& prices) {
    const auto gb = money::parse_decimal(entry.gb);
    const auto price = prices.find({entry.period, entry.model.text(), entry.plan});
    if (!gb || price == prices.end()) return {};
    for (const Decimal& replicas : {Decimal(entry.concurrency), Decimal(1)}) {
        const Decimal second = *gb * replicas * price->second;
        if (second * entry.billable == *entry.amount) return second;
    }
    return {};
}

class Cutting {
  public:
    Cutting(calendar::Month month, const calendar::Zone& zone) : month_(month), zone_(zone) {
        for (calendar::Day day{month.year, month.month, 1}; day.in_month() == month;
             day = day.next()) {
            cost_.days.push_back({.day = day});
        }
    }

    void add(const SessionEntry& entry, const Prices& prices) {
        Decimal rest = *entry.amount;
        calendar::Day day = zone_.day_at(*entry.start);
        if (const auto second = find_second_price(entry, prices)) {
            calendar::Instant from = *entry.start;
            for (calendar::Instant next; (next = zone_.start_of(day.next())) < *entry.end;
                 from = next, day = zone_.day_at(next)) {
                const Decimal part = *second * seconds_between(from, next);
                add(day, part);
                rest -= part;
            }
        }
        add(day, rest);
    }

    DailyCost finish(const Decimal& total) {
        cost_.elsewhere = total - in_days_;
        return std::move(cost_);
    }

  private:
    void add(calendar::Day day, const Decimal& amount) {
        if (day.in_month() != month_) return;
        cost_.days.at(static_cast<std::size_t>(day.day - 1)).amount += amount;
        in_days_ += amount;
    }

    calendar::Month month_;
    const calendar::Zone& zone_;
    DailyCost cost_;
    Decimal in_days_;
};

}  // namespace

bool DailyCost::is_zero() const {
    return std::ranges::all_of(days, [](const DayCost& day) { return day.amount.is_zero(); });
}

DailyCost daily_cost(const invoicing::Invoice& invoice, const calendar::Zone& zone) {
    const auto month = calendar::parse_month(invoice.month);
    if (!month) throw std::invalid_argument("no month: " + invoice.month);
    Cutting cutting(*month, zone);
    const Prices prices = prices_of(invoice);
    for (const SessionEntry& entry : invoice.sessions) {
        if (entry.kind == LineKind::usage && entry.amount && entry.start && entry.end) {
            cutting.add(entry, prices);
        }
    }
    return cutting.finish(invoice.total_exact.value());
}

}  // namespace reports

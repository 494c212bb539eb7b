#include "invoicing/draft.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>

#include "invoicing/document.h"
#include "invoicing/session_entries.h"
#include "invoicing/totals.h"

namespace invoicing {
namespace {

constexpr std::size_t reasons_of_a_line = 3;  // more of them are in the appendix alone

class Drafting {
  public:
    Drafting(const DraftInput& input, const Digest& digest)
        : input_(input),
          digest_(digest),
          draft_{.invoice = {.account_id = input.account_id,
                             .account = input.account,
                             .month = input.month,
                             .timezone = input.timezone,
                             .currency = input.currency,
                             .issuer = input.issuer,
                             .customer = input.customer,
                             .total_exact = money::Amount::zero(input.currency),
                             .net = money::Payable::zero(input.currency),
                             .tax = money::Payable::zero(input.currency),
                             .total = money::Payable::zero(input.currency),
                             .payment_days = input.payment_days,
                             .digests_sessions = input.keeps_sessions}} {}

    Draft run() {
        for (const InvoicedBefore& before : input_.invoiced) remember(before);
        for (const ChargeRow& row : input_.rows) take(row);
        for (auto& closed : entries_.close()) close_entry(closed);
        for (const LineSums& sums : input_.sums) take(sums);
        for (auto& [key, line] : lines_) close_line(line);
        for (const Correction& correction : input_.corrections) take(correction);
        sort_entries(draft_.invoice.sessions);
        close_totals();
        if (draft_.invoice.total.value().is_negative()) make_credit_note();
        draft_.invoice.digest = digest_(canonical_inputs(draft_.invoice));
        return std::move(draft_);
    }

  private:
    static std::string name_of(const ChargeRow& row) {
        return "session " + row.session.text() + " of " + row.model.text();
    }

    void refuse(std::string reason) { draft_.obstacles.push_back({std::move(reason)}); }

    void remember(const InvoicedBefore& before) {
        invoiced_periods_.insert(before.period);
        InvoicedBefore& sum =
            before_.try_emplace({before.model.text(), before.plan, before.period}).first->second;
        sum.amount += before.amount;
        sum.tax = before.tax;
        sum.numbers.insert(sum.numbers.end(), before.numbers.begin(), before.numbers.end());
    }

    LineKey key_of(const ChargeRow& row) const {
        const bool is_late = row.period < input_.month || invoiced_periods_.contains(row.period);
        return {is_late ? LineKind::adjustment : LineKind::usage, row.period, row.model.text(),
                row.plan};
    }

    void take(const ChargeRow& row) {
        if (row.period > input_.month) {
            throw std::invalid_argument("a charge of " + row.period + " in a draft of " +
                                        input_.month);
        }
        if (row.currency != input_.currency.code()) {
            refuse(name_of(row) + " was charged in " + row.currency + ", the account pays in " +
                   std::string(input_.currency.code()));
            return;
        }
        const LineKey line = key_of(row);
        entries_.add(row, line);
    }

    void take(const Correction& correction) {
        if (correction.amount.currency() != input_.currency) {
            refuse("correction " + correction.reference + " is in " +
                   std::string(correction.amount.currency().code()) + ", the account pays in " +
                   std::string(input_.currency.code()));
            return;
        }
        draft_.invoice.total_exact += money::Amount(correction.amount.value(), input_.currency);
        draft_.invoice.corrections.push_back(correction);
        draft_.invoice.corrections.back().tax = input_.tax;
    }

    static void add_reason(Line& line, const SessionEntry& entry) {
        if (entry.reason.empty()) return;
        std::string reason = entry.reason + " [evidence: " + entry.evidence + "]";
        if (std::ranges::find(line.reasons, reason) != line.reasons.end()) return;
        if (line.reasons.size() < reasons_of_a_line) {
            line.reasons.push_back(std::move(reason));
        } else if (line.reasons.size() == reasons_of_a_line) {
            line.reasons.emplace_back("more: see the sessions");
        }
    }

    void close_entry(SessionEntries::Closed& closed) {
        SessionEntry& entry = closed.entry;
        if (closed.is_unpriced) {
            refuse("session " + entry.session.text() + " is unpriced: the GB of model " +
                   entry.model.text() + " is not known (tollgate model set " + entry.model.text() +
                   " --gb …)");
        }
        Line& line = lines_.try_emplace(closed.line, new_line(entry)).first->second;
        ++line.instances;
        line.runs += entry.runs;
        line.used += entry.used;
        line.rounding += entry.rounding;
        line.minimum += entry.minimum;
        line.spin_down += entry.spin_down;
        line.billable += entry.billable;
        if (entry.gb_seconds) line.gb_seconds += *entry.gb_seconds;
        if (entry.amount) line.amount += money::Amount(*entry.amount, input_.currency);
        line.accruing = line.accruing || entry.accruing;
        add_reason(line, entry);
        draft_.invoice.sessions.push_back(std::move(entry));
    }

    void take(const LineSums& sums) {
        const SessionEntry named{.model = sums.model, .plan = sums.plan, .period = sums.period};
        const LineKey key{LineKind::usage, sums.period, sums.model.text(), sums.plan};
        Line& line = lines_.try_emplace(key, new_line(named)).first->second;
        line.instances += sums.instances;
        line.runs += sums.runs;
        line.used += sums.used;
        line.rounding += sums.rounding;
        line.minimum += sums.minimum;
        line.spin_down += sums.spin_down;
        line.billable += sums.billable;
        line.gb_seconds += sums.gb_seconds;
        line.amount += money::Amount(sums.amount, input_.currency);
    }

    Line new_line(const SessionEntry& entry) {
        Line line{.kind = entry.kind,
                  .model = entry.model,
                  .plan = entry.plan,
                  .period = entry.period,
                  .amount = money::Amount::zero(input_.currency),
                  .payable = money::Payable::zero(input_.currency),
                  .tax = tax_of(entry)};
        const auto price = input_.unit_prices.find(entry.plan);
        if (price != input_.unit_prices.end()) {
            line.unit_price = price->second;
        } else {
            refuse("plan " + entry.plan + " is not in the ledger");
        }
        if (entry.kind == LineKind::adjustment) {
            const auto found = before_.find({entry.model.text(), entry.plan, entry.period});
            const InvoicedBefore before = found == before_.end() ? InvoicedBefore{} : found->second;
            line.invoiced_before = before.amount;
            line.invoiced_on = before.numbers;
        }
        return line;
    }

    // Tax follows the supply: what corrects an invoice is taxed as that invoice was.
    TaxTerms tax_of(const SessionEntry& entry) const {
        if (entry.kind != LineKind::adjustment) return input_.tax;
        const auto found = before_.find({entry.model.text(), entry.plan, entry.period});
        if (found != before_.end()) return found->second.tax;
        const auto other =
            std::ranges::find(input_.invoiced, entry.period, &InvoicedBefore::period);
        return other == input_.invoiced.end() ? input_.tax : other->tax;
    }

    void close_line(Line& line) {
        // What is printed must be what a customer gets who multiplies by hand.
        if (line.amount.value() != line.gb_seconds * line.unit_price) {
            refuse("the charges of " + line.model.text() + " in " + line.period + " under " +
                   line.plan + " are " + to_text(line.amount.value()) + ", but " +
                   to_text(line.gb_seconds) + " GB-seconds × " + to_text(line.unit_price) +
                   " are " + to_text(line.gb_seconds * line.unit_price));
        }
        line.payable = round_to_payable(line.amount, money::Rounding::half_up);
        draft_.invoice.total_exact += line.amount;
        draft_.invoice.lines.push_back(std::move(line));
    }

    void close_totals() {
        Invoice& invoice = draft_.invoice;
        Totals totals = totals_of(invoice);
        invoice.taxes = std::move(totals.taxes);
        invoice.net = totals.net;
        invoice.tax = totals.tax;
        invoice.total = totals.total;
        if (const std::string fault = find_fault(input_.issuer); !fault.empty()) {
            refuse("of the issuer's settings, " + fault);
        }
        if (const std::string fault = find_fault(input_.customer); !fault.empty()) {
            refuse("of the account's billing data, " + fault);
        }
        for (const TaxLine& line : invoice.taxes) require_tax_ids(line.terms);
    }

    void require_tax_ids(const TaxTerms& terms) {
        if (const std::string fault = find_fault(terms); !fault.empty()) {
            refuse("of its tax, " + fault);
        }
        const std::string what = "tax of category " + std::string(to_text(terms.category));
        if (terms.category != TaxCategory::out_of_scope && input_.issuer.vat_id.empty()) {
            refuse(what + " needs the issuer's VAT id (issuer.vat_id)");
        }
        if (terms.category == TaxCategory::reverse_charge && input_.customer.vat_id.empty()) {
            refuse(what + " needs the account's VAT id (tollgate account set " + input_.account +
                   " --vat-id …)");
        }
    }

    void make_credit_note() {
        std::set<std::string> corrected;
        for (const Line& line : draft_.invoice.lines) {
            corrected.insert(line.invoiced_on.begin(), line.invoiced_on.end());
        }
        draft_.invoice.kind = DocumentKind::credit_note;
        draft_.invoice.corrects.assign(corrected.begin(), corrected.end());
    }

    const DraftInput& input_;
    const Digest& digest_;
    Draft draft_;
    std::set<std::string> invoiced_periods_;
    std::map<std::tuple<std::string, std::string, std::string>, InvoicedBefore> before_;
    SessionEntries entries_;
    std::map<LineKey, Line> lines_;
};

}  // namespace

Draft make_draft(const DraftInput& input, const Digest& digest) {
    return Drafting(input, digest).run();
}

}  // namespace invoicing

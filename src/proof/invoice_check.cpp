#include "proof/invoice_check.h"

#include "calendar/zone.h"
#include "invoicing/credit_note.h"
#include "invoicing/document.h"
#include "invoicing/due_date.h"
#include "invoicing/totals.h"
#include "platform/crypto.h"

namespace proof {
namespace {

using invoicing::Invoice;
using invoicing::Line;
using money::Decimal;

class Check {
  public:
    explicit Check(const Invoice& invoice)
        : invoice_(invoice), subject_("invoice " + invoice.number.value_or("without a number")) {}

    std::optional<Difference> run(const std::optional<Decimal>& charged) {
        check_lines();
        if (invoice_.digests_sessions || !invoice_.sessions.empty()) check_sessions();
        for (const invoicing::Correction& correction : invoice_.corrections) {
            sum_ += money::Amount(correction.amount.value(), invoice_.currency);
        }
        hold("total_exact", sum_.value(), invoice_.total_exact.value());
        check_taxes();
        check_due_date();
        if (charged) hold("the sum of its charges", *charged, of_charges_);
        hold_text("digest",
                  platform::to_hex(platform::sha256(invoicing::canonical_inputs(invoice_))),
                  invoice_.digest);
        return first_;
    }

  private:
    static bool is_of_charges(invoicing::LineKind kind) {
        return kind == invoicing::LineKind::usage || kind == invoicing::LineKind::adjustment;
    }

    void check_lines() {
        for (std::size_t i = 0; i < invoice_.lines.size(); ++i) {
            const Line& line = invoice_.lines[i];
            const std::string name = "line " + std::to_string(i + 1) + " ";
            if (is_of_charges(line.kind)) {
                hold(name + "amount", line.gb_seconds * line.unit_price, line.amount.value());
                of_charges_ += line.amount.value();
            }
            hold_text(name + "payable",
                      to_text(round_to_payable(line.amount, money::Rounding::half_up)),
                      to_text(line.payable));
            sum_ += line.amount;
        }
    }

    void check_taxes() {
        const invoicing::Totals totals = invoicing::totals_of(invoice_);
        hold_text("taxes", label_of(totals.taxes), label_of(invoice_.taxes));
        hold_text("net", to_text(totals.net), to_text(invoice_.net));
        hold_text("tax", to_text(totals.tax), to_text(invoice_.tax));
        hold_text("total", to_text(totals.total), to_text(invoice_.total));
    }

    // Where this machine knows the zone.
    void check_due_date() {
        const auto zone = calendar::find_zone(invoice_.timezone);
        if (zone) hold_text("due date", invoicing::due_date_of(invoice_, *zone), invoice_.due_date);
    }

    static std::string label_of(const std::vector<invoicing::TaxLine>& taxes) {
        std::string label;
        for (const invoicing::TaxLine& line : taxes) {
            label += std::string(to_text(line.terms.category)) + " " +
                     money::to_text(line.terms.rate) + " of " + to_text(line.taxable) + " is " +
                     to_text(line.tax) + " " + line.terms.text + "; ";
        }
        return label;
    }

    void check_sessions() {
        Decimal amount;
        for (const invoicing::SessionEntry& entry : invoice_.sessions) {
            if (is_of_charges(entry.kind) && entry.amount) amount += *entry.amount;
        }
        hold("the sum of its sessions", of_charges_, amount);
    }

    void hold(const std::string& what, const Decimal& expected, const Decimal& found) {
        hold_text(what, money::to_text(expected), money::to_text(found));
    }
    void hold_text(const std::string& what, const std::string& expected, const std::string& found) {
        if (!first_ && expected != found) first_ = Difference{subject_, what, expected, found};
    }

    const Invoice& invoice_;
    const std::string subject_;
    money::Amount sum_ = money::Amount::zero(invoice_.currency);
    Decimal of_charges_;
    std::optional<Difference> first_;
};

}  // namespace

std::optional<Difference> check_invoice(const Invoice& invoice,
                                        const std::optional<Decimal>& charged) {
    return Check(invoice).run(charged);
}

std::optional<Difference> check_credit_note(const Invoice& note, const Invoice& original) {
    const std::string subject = "invoice " + note.number.value_or("without a number");
    if (original.number != note.voids)
        return Difference{subject, "what it takes back", original.number.value_or("none"),
                          note.voids};
    const auto digest = [](std::string_view bytes) {
        return platform::to_hex(platform::sha256(bytes));
    };
    const Invoice expected = invoicing::make_credit_note(original, note.reason, digest);
    const std::string found = digest(invoicing::canonical_inputs(note));
    if (found == expected.digest) return std::nullopt;
    return Difference{subject, "what it takes back, digest", expected.digest, found};
}

}  // namespace proof

#include "proof/invoice_check.h"

#include "invoicing/document.h"
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

    std::optional<Difference> run(const Decimal& charged) {
        check_lines();
        check_sessions();
        for (const invoicing::Correction& correction : invoice_.corrections) {
            sum_ += money::Amount(correction.amount.value(), invoice_.currency);
            total_ += correction.amount;
        }
        hold("total_exact", sum_.value(), invoice_.total_exact.value());
        hold_text("total", to_text(total_), to_text(invoice_.total));
        hold("the sum of its charges", charged, of_charges_);
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
            total_ += line.payable;
        }
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
    money::Payable total_ = money::Payable::zero(invoice_.currency);
    Decimal of_charges_;
    std::optional<Difference> first_;
};

}  // namespace

std::optional<Difference> check_invoice(const Invoice& invoice, const Decimal& charged) {
    return Check(invoice).run(charged);
}

}  // namespace proof

// An invoice's lines as EN 16931 has them: a quantity times a price, whatever made them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calendar/period.h"
#include "invoicing/invoice.h"

namespace reports {

/// net is quantity × price / price_quantity, rounded to what is payable. A price is never negative:
/// what lowers an invoice has a negative quantity.
struct UblLine {
    std::string name = {};  // with the unit of the quantity, which no code of UN/ECE says
    std::string description = {};
    std::string note = {};  // empty: none
    money::Decimal quantity = {};
    money::Decimal price = {};
    money::Decimal price_quantity = {};  // a power of ten
    money::Payable net;
    invoicing::TaxTerms tax = {};
    std::optional<calendar::Month> period = {};  // of a correction by hand: none
    std::vector<std::pair<std::string, std::string>> properties = {};
};

/// The sign that a document's amounts get: a credit note says what is credited.
class UblSign {
  public:
    explicit UblSign(invoicing::DocumentKind kind)
        : turns_(kind == invoicing::DocumentKind::credit_note) {}
    template <class Value>
    Value of(const Value& value) const {
        return turns_ ? -value : value;
    }

  private:
    bool turns_;
};

/// Lines in their order, then corrections.
std::vector<UblLine> ubl_lines(const invoicing::Invoice& invoice);

}  // namespace reports

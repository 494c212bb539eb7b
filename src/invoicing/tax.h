// What tax a line bears and what an invoice's lines bear together. Owns the categories of EN 16931
// that are ours (the codes are UNCL 5305's), the rules of their rates, and the sum per rate. Whose
// terms a line takes is draft.h's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "money/amount.h"

namespace invoicing {

enum class TaxCategory {
    standard,        // S: taxed at a rate
    zero,            // Z: taxed at nought
    reverse_charge,  // AE: the recipient accounts for it
    out_of_scope,    // O: not a taxable supply; what an account is without terms of its own
};
/// `standard`, `zero`, `reverse_charge`, `out_of_scope`.
std::string_view to_text(TaxCategory category);
std::optional<TaxCategory> parse_tax_category(std::string_view text);
/// S, Z, AE or O.
std::string_view code_of(TaxCategory category);

struct TaxTerms {
    TaxCategory category = TaxCategory::out_of_scope;
    money::Decimal rate = {};  // percent; above 0 and at most 100 where standard, else 0
    std::string text = {};     // what the invoice must say of it; empty: nothing

    friend bool operator==(const TaxTerms&, const TaxTerms&) = default;
};

/// Printed under reverse charge where the terms have no text of their own.
extern const std::string_view reverse_charge_text;

/// `standard` at 19 and a text; a text that must be there is put in. What is wrong: find_fault.
TaxTerms make_tax_terms(TaxCategory category, const money::Decimal& rate, std::string text);

/// What is wrong with a rate or a text, a sentence's rest: "a rate has at most two decimals".
/// Empty: nothing.
std::string find_fault(const TaxTerms& terms);

/// "VAT 19 %", "VAT 0 %", "Reverse charge", "Outside the scope of VAT".
std::string describe(const TaxTerms& terms);

/// All that bears one rate.
struct TaxLine {
    TaxTerms terms;
    money::Payable taxable;  // the sum of rounded lines
    money::Payable tax;      // of that sum, rounded once, half up, away from zero
};

/// Adds up by category and rate; texts that differ within one are joined.
class TaxSums {
  public:
    explicit TaxSums(money::Currency currency) : currency_(currency) {}

    /// Throws std::invalid_argument: another currency.
    void add(const TaxTerms& terms, const money::Payable& payable);

    /// By category, then rate.
    std::vector<TaxLine> lines() const;

  private:
    money::Currency currency_;
    std::vector<TaxLine> lines_;  // sorted; the tax is not in them yet
};

}  // namespace invoicing

#include "invoicing/tax.h"

#include <algorithm>
#include <array>
#include <compare>

namespace invoicing {

using money::Decimal;

const std::string_view reverse_charge_text =
    "Reverse charge: VAT is to be accounted for by the recipient.";

namespace {

constexpr unsigned rate_decimals = 2;
constexpr std::size_t longest_text = 500;  // bytes

struct Category {
    TaxCategory category;
    std::string_view name;
    std::string_view code;
};

constexpr auto categories = std::to_array<Category>({
    {TaxCategory::standard, "standard", "S"},
    {TaxCategory::zero, "zero", "Z"},
    {TaxCategory::reverse_charge, "reverse_charge", "AE"},
    {TaxCategory::out_of_scope, "out_of_scope", "O"},
});

const Category& row_of(TaxCategory category) {
    return categories.at(static_cast<std::size_t>(category));
}

std::strong_ordering compare(const TaxTerms& a, const TaxTerms& b) {
    if (a.category != b.category) return a.category <=> b.category;
    return a.rate <=> b.rate;
}

void join_text(std::string& texts, const std::string& text) {
    if (text.empty() || texts.find(text) != std::string::npos) return;
    if (!texts.empty()) texts += ' ';
    texts += text;
}

money::Payable tax_of(const TaxLine& line) {
    const Decimal share = line.terms.rate * Decimal::scaled(1, 2);  // of a percentage
    return round_to_payable(money::Amount(line.taxable.value() * share, line.taxable.currency()),
                            money::Rounding::half_up);
}

}  // namespace

std::string_view to_text(TaxCategory category) {
    return row_of(category).name;
}

std::string_view code_of(TaxCategory category) {
    return row_of(category).code;
}

std::optional<TaxCategory> parse_tax_category(std::string_view text) {
    for (const Category& row : categories) {
        if (row.name == text) return row.category;
    }
    return {};
}

TaxTerms make_tax_terms(TaxCategory category, const Decimal& rate, std::string text) {
    if (category == TaxCategory::reverse_charge && text.empty()) text = reverse_charge_text;
    return {.category = category, .rate = rate, .text = std::move(text)};
}

std::string find_fault(const TaxTerms& terms) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    if (terms.text.size() > longest_text || std::ranges::any_of(terms.text, is_control)) {
        return "a tax text is a line of at most 500 bytes";
    }
    if (terms.category != TaxCategory::standard) {
        return terms.rate.is_zero() ? "" : "only the standard category has a rate";
    }
    if (terms.rate.is_negative() || terms.rate.is_zero() || terms.rate > Decimal(100)) {
        return "a standard rate is above 0 and at most 100 percent (at nought: zero)";
    }
    if (terms.rate.decimals() > rate_decimals) return "a rate has at most two decimals";
    return {};
}

std::string describe(const TaxTerms& terms) {
    switch (terms.category) {
        case TaxCategory::standard:
        case TaxCategory::zero:
            return "VAT " + to_text(terms.rate) + " %";
        case TaxCategory::reverse_charge:
            return "Reverse charge";
        case TaxCategory::out_of_scope:
            return "Outside the scope of VAT";
    }
    return {};
}

void TaxSums::add(const TaxTerms& terms, const money::Payable& payable) {
    auto at = std::ranges::find_if(
        lines_, [&](const TaxLine& line) { return compare(line.terms, terms) >= 0; });
    if (at == lines_.end() || compare(at->terms, terms) != 0) {
        const money::Payable zero = money::Payable::zero(currency_);
        at = lines_.insert(at, {.terms = terms, .taxable = zero, .tax = zero});
    }
    join_text(at->terms.text, terms.text);
    at->taxable += payable;
}

std::vector<TaxLine> TaxSums::lines() const {
    std::vector<TaxLine> lines = lines_;
    for (TaxLine& line : lines) line.tax = tax_of(line);
    return lines;
}

}  // namespace invoicing

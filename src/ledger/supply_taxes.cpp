#include "ledger/supply_taxes.h"

#include <map>
#include <set>
#include <tuple>

#include "invoicing/document.h"
#include "ledger/array_text.h"

namespace ledger {
namespace {

// Period, model, plan.
using Supply = std::tuple<std::string, std::string, std::string>;

std::string numbers_of(const std::vector<invoicing::InvoicedBefore>& entries) {
    std::set<std::string> numbers;
    for (const auto& entry : entries) numbers.insert(entry.numbers.begin(), entry.numbers.end());
    ArrayText text;
    for (const std::string& number : numbers) text.add(number);
    return text.text();
}

std::map<Supply, invoicing::TaxTerms> read_taxes(Work& work, const std::string& numbers) {
    std::map<Supply, invoicing::TaxTerms> taxes;
    for (const auto& row : work.exec_params(
             "SELECT DISTINCT ON (1, 2, 3) line ->> 'period', line ->> 'model', line ->> 'plan', "
             "line ->> 'tax' FROM invoices i CROSS JOIN LATERAL json_array_elements("
             "i.document::json -> 'lines') line WHERE i.number = ANY ($1::text[]) "
             "ORDER BY 1, 2, 3, i.issued_at DESC, i.year DESC, i.counter DESC",
             numbers)) {
        const Supply supply = {row[0].as<std::string>(), row[1].as<std::string>(),
                               row[2].as<std::string>()};
        taxes[supply] = invoicing::parse_tax_terms(find_text(row[3]).value_or("null"));
    }
    return taxes;
}

}  // namespace

void read_supply_taxes(Work& work, std::vector<invoicing::InvoicedBefore>& entries) {
    if (entries.empty()) return;
    const auto taxes = read_taxes(work, numbers_of(entries));
    for (invoicing::InvoicedBefore& entry : entries) {
        const auto found = taxes.find({entry.period, entry.model.text(), entry.plan});
        if (found != taxes.end()) entry.tax = found->second;
    }
}

}  // namespace ledger

#include "reports/ubl_lines.h"

#include "reports/table.h"

namespace reports {
namespace {

using invoicing::Correction;
using invoicing::Invoice;
using invoicing::Line;
using invoicing::LineKind;
using money::Decimal;

// Prices of a GB-second have many zeros in front; of a million of them, few.
const Decimal million(1'000'000);

std::string description_of(const Line& line, UblSign sign) {
    const auto seconds = [sign](const Decimal& value) { return to_text(sign.of(value)) + " s"; };
    return "GB-seconds of model instances under plan " + line.plan + ": " + seconds(line.used) +
           " used + " + seconds(line.rounding) + " rounding + " + seconds(line.minimum) +
           " minimum = " + seconds(line.billable) + " billable";
}

// Counts have no sign here: whether something is charged or taken off, the quantity says.
std::string count_text(std::int64_t count) {
    return std::to_string(count < 0 ? -count : count);
}

// As every rendering says it; amounts keep their signs.
std::string note_of(const Line& line) {
    if (line.kind != LineKind::adjustment) return {};
    std::string note = "Adjustment of " + line.period;
    if (!line.invoiced_before) return note;
    note += ": invoiced before " + to_text(*line.invoiced_before);
    if (!line.invoiced_on.empty()) note += " (" + joined(line.invoiced_on) + ")";
    note += ", now " + to_text(*line.invoiced_before + line.amount.value()) + ", difference " +
            to_text(line.amount.value());
    for (const std::string& reason : line.reasons) note += "; " + reason;
    return note;
}

UblLine to_ubl(const Line& line, UblSign sign) {
    return {.name = line.model.text() + " (GB-seconds)",
            .description = description_of(line, sign),
            .note = note_of(line),
            .quantity = sign.of(line.gb_seconds),
            .price = line.unit_price * million,
            .price_quantity = million,
            .net = sign.of(line.payable),
            .tax = line.tax,
            .period = calendar::parse_month(line.period),
            .properties = {{"Unit", "GB-second"},
                           {"Model", line.model.text()},
                           {"Plan", line.plan},
                           {"Instances", count_text(line.instances)},
                           {"Runs", count_text(line.runs)},
                           {"Billable seconds", to_text(sign.of(line.billable))},
                           {"Exact amount", to_text(sign.of(line.amount.value()))}}};
}

UblLine to_ubl(const Correction& correction, UblSign sign) {
    const money::Payable net = sign.of(correction.amount);
    const bool is_negative = net.value().is_negative();
    const bool is_credit = correction.amount.value().is_negative();
    return {.name = (is_credit ? "Credit " : "Charge ") + correction.reference,
            .description = correction.reason,
            .note = "Entered by " + correction.author + ", " + to_text(correction.entered_at) +
                    ", entry " + std::to_string(correction.sequence) + " of the account",
            .quantity = Decimal(is_negative ? -1 : 1),
            .price = is_negative ? -net.value() : net.value(),
            .price_quantity = Decimal(1),
            .net = net,
            .tax = correction.tax};
}

}  // namespace

std::vector<UblLine> ubl_lines(const Invoice& invoice) {
    const UblSign sign(invoice.kind);
    std::vector<UblLine> lines;
    for (const Line& line : invoice.lines) lines.push_back(to_ubl(line, sign));
    for (const Correction& correction : invoice.corrections) {
        lines.push_back(to_ubl(correction, sign));
    }
    return lines;
}

}  // namespace reports

#include "reports/invoice_ubl.h"

#include <set>

#include "reports/ubl_faults.h"
#include "reports/ubl_lines.h"
#include "reports/ubl_party.h"
#include "reports/xml_writer.h"

namespace reports {
namespace {

using calendar::Month;
using invoicing::Invoice;
using invoicing::TaxCategory;
using invoicing::TaxLine;
using invoicing::TaxTerms;
using money::Decimal;
using money::Payable;

constexpr const char* specification =
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0";
constexpr const char* process = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";
const std::string namespaces = "urn:oasis:names:specification:ubl:schema:xsd:";

// UN/ECE recommendation 20: "one". It has no GB-second, and its GB is no gigabyte.
const std::string unit_code = "C62";

struct Reason {
    std::string code;  // of the list VATEX
    std::string text;  // where the terms have none
};

// Why no VAT is charged; the other categories may not say (BR-S-10, BR-Z-10).
std::optional<Reason> reason_of(TaxCategory category) {
    switch (category) {
        case TaxCategory::standard:
        case TaxCategory::zero:
            return {};
        case TaxCategory::reverse_charge:
            return Reason{"VATEX-EU-AE", std::string(invoicing::reverse_charge_text)};
        case TaxCategory::out_of_scope:
            return Reason{"VATEX-EU-O", "Outside the scope of VAT"};
    }
    return {};
}

std::string last_day_of(Month month) {
    return to_text(calendar::day_from_epoch(first_day_from_epoch(month.next()) - 1));
}

std::string first_day_of(Month month) {
    return to_text(calendar::day_from_epoch(first_day_from_epoch(month)));
}

class Ubl {
  public:
    Ubl(const Invoice& invoice, const calendar::Zone& zone)
        : invoice_(invoice),
          zone_(zone),
          sign_(invoice.kind),
          is_invoice_(invoice.kind == invoicing::DocumentKind::invoice),
          lines_(ubl_lines(invoice)),
          currency_{{"currencyID", std::string(invoice.currency.code())}} {}

    std::string run() {
        const std::string root = is_invoice_ ? "Invoice" : "CreditNote";
        xml_.nest(root,
                  {{"xmlns", namespaces + root + "-2"},
                   {"xmlns:cac", namespaces + "CommonAggregateComponents-2"},
                   {"xmlns:cbc", namespaces + "CommonBasicComponents-2"}},
                  [this] { put_all(); });
        return xml_.finish();
    }

  private:
    // In the schema's order, which is the same for both kinds of documents.
    void put_all() {
        put_head();
        put_period();
        put_references();
        put_parties();
        put_payment();
        put_taxes();
        put_totals();
        for (std::size_t i = 0; i < lines_.size(); ++i) put_line(i + 1, lines_[i]);
    }

    void put_head() {
        xml_.put("cbc:CustomizationID", specification);
        xml_.put("cbc:ProfileID", process);
        xml_.put("cbc:ID", invoice_.number.value());
        xml_.put("cbc:IssueDate", to_text(zone_.day_at(invoice_.issued_at.value())));
        if (is_invoice_) xml_.put("cbc:DueDate", invoice_.due_date);
        if (is_invoice_) xml_.put("cbc:InvoiceTypeCode", "380");
        if (!is_invoice_) xml_.put("cbc:CreditNoteTypeCode", "381");
        xml_.put("cbc:Note", note());
        xml_.put("cbc:DocumentCurrencyCode", invoice_.currency.code());
        xml_.put("cbc:BuyerReference", buyer_reference());
    }

    // Peppol has room for one note: why another document is taken back, and what the terms of a tax
    // say where no reason for an exemption may.
    std::string note() const {
        std::string text;
        const auto append = [&text](const std::string& part) {
            if (!part.empty()) text.append(text.empty() ? "" : " ").append(part);
        };
        if (!invoice_.voids.empty()) append("Takes back " + invoice_.voids + ":");
        append(invoice_.reason);
        for (const TaxLine& line : invoice_.taxes) {
            if (!reason_of(line.terms.category)) append(line.terms.text);
        }
        return text;
    }

    std::string buyer_reference() const {
        return is_blank(invoice_.account) ? invoice_.account_id.text() : invoice_.account;
    }

    // A line's period lies within the document's (PEPPOL-EN16931-R110 and R111).
    void put_period() {
        std::set<Month> months;
        if (const auto month = calendar::parse_month(invoice_.month)) months.insert(*month);
        for (const UblLine& line : lines_) {
            if (line.period) months.insert(*line.period);
        }
        if (!months.empty()) put_period(*months.begin(), *months.rbegin());
    }

    void put_period(Month first, Month last) {
        xml_.nest("cac:InvoicePeriod", [&] {
            xml_.put("cbc:StartDate", first_day_of(first));
            xml_.put("cbc:EndDate", last_day_of(last));
        });
    }

    // The documents that this one corrects, whole or by an adjustment.
    void put_references() {
        std::set<std::string> numbers(invoice_.corrects.begin(), invoice_.corrects.end());
        for (const invoicing::Line& line : invoice_.lines) {
            numbers.insert(line.invoiced_on.begin(), line.invoiced_on.end());
        }
        for (const std::string& number : numbers) {
            xml_.nest("cac:BillingReference", [&] {
                xml_.nest("cac:InvoiceDocumentReference", [&] { xml_.put("cbc:ID", number); });
            });
        }
    }

    void put_parties() {
        const VatIds vat_ids = is_within_vat(invoice_) ? VatIds::shown : VatIds::left_out;
        xml_.nest("cac:AccountingSupplierParty",
                  [&] { put_ubl_party(xml_, invoice_.issuer, vat_ids); });
        invoicing::Party customer = invoice_.customer;
        if (is_blank(customer.name)) customer.name = buyer_reference();
        xml_.nest("cac:AccountingCustomerParty", [&] { put_ubl_party(xml_, customer, vat_ids); });
    }

    // Of what is not owed to the issuer no payment is asked.
    void put_payment() {
        if (sign_.of(invoice_.total).value() <= Decimal()) return;
        if (is_invoice_ && !is_blank(invoice_.issuer.iban)) put_payment_means();
        xml_.nest("cac:PaymentTerms", [&] { xml_.put("cbc:Note", payment_terms()); });
    }

    void put_payment_means() {
        const bool is_sepa = invoice_.currency.code() == "EUR";
        xml_.nest("cac:PaymentMeans", [&] {
            xml_.put("cbc:PaymentMeansCode", is_sepa ? "58" : "30");  // UNCL 4461
            xml_.put("cbc:PaymentID", invoice_.number.value());
            xml_.nest("cac:PayeeFinancialAccount", [&] {
                xml_.put("cbc:ID", invoice_.issuer.iban);
                xml_.put("cbc:Name", invoice_.issuer.name);
                xml_.nest("cac:FinancialInstitutionBranch",
                          [&] { xml_.put("cbc:ID", invoice_.issuer.bic); });
            });
        });
    }

    // BR-CO-25: an amount to be paid comes with a date or with terms.
    std::string payment_terms() const {
        if (!is_invoice_) return "The amount is owed to the customer.";
        if (!invoice_.due_date.empty()) return "Payable by " + invoice_.due_date + ".";
        return "As agreed; no day is stated.";
    }

    void put_amount(const char* name, const Payable& amount) {
        xml_.put(name, to_text(amount), currency_);
    }

    void put_taxes() {
        xml_.nest("cac:TaxTotal", [&] {
            put_amount("cbc:TaxAmount", sign_.of(invoice_.tax));
            for (const TaxLine& line : invoice_.taxes) {
                xml_.nest("cac:TaxSubtotal", [&] {
                    put_amount("cbc:TaxableAmount", sign_.of(line.taxable));
                    put_amount("cbc:TaxAmount", sign_.of(line.tax));
                    put_subtotal_category(line.terms);
                });
            }
        });
    }

    void put_subtotal_category(const TaxTerms& terms) {
        put_category("cac:TaxCategory", terms, [&] {
            const auto reason = reason_of(terms.category);
            if (!reason) return;
            xml_.put("cbc:TaxExemptionReasonCode", reason->code);
            xml_.put("cbc:TaxExemptionReason", terms.text.empty() ? reason->text : terms.text);
        });
    }

    // What is out of scope has no rate, not even nought (BR-O-05).
    void put_category(const char* name, const TaxTerms& terms,
                      const std::function<void()>& put_reason) {
        xml_.nest(name, [&] {
            xml_.put("cbc:ID", code_of(terms.category));
            if (terms.category != TaxCategory::out_of_scope) {
                xml_.put("cbc:Percent", to_text(terms.rate));
            }
            put_reason();
            xml_.nest("cac:TaxScheme", [&] { xml_.put("cbc:ID", "VAT"); });
        });
    }

    void put_totals() {
        xml_.nest("cac:LegalMonetaryTotal", [&] {
            put_amount("cbc:LineExtensionAmount", sign_.of(invoice_.net));
            put_amount("cbc:TaxExclusiveAmount", sign_.of(invoice_.net));
            put_amount("cbc:TaxInclusiveAmount", sign_.of(invoice_.total));
            put_amount("cbc:PayableAmount", sign_.of(invoice_.total));
        });
    }

    void put_line(std::size_t position, const UblLine& line) {
        xml_.nest(is_invoice_ ? "cac:InvoiceLine" : "cac:CreditNoteLine", [&] {
            xml_.put("cbc:ID", std::to_string(position));
            xml_.put("cbc:Note", line.note);
            xml_.put(is_invoice_ ? "cbc:InvoicedQuantity" : "cbc:CreditedQuantity",
                     to_text(line.quantity), {{"unitCode", unit_code}});
            put_amount("cbc:LineExtensionAmount", line.net);
            if (line.period) put_period(*line.period, *line.period);
            put_item(line);
            xml_.nest("cac:Price", [&] {
                xml_.put("cbc:PriceAmount", to_text(line.price), currency_);
                xml_.put("cbc:BaseQuantity", to_text(line.price_quantity),
                         {{"unitCode", unit_code}});
            });
        });
    }

    void put_item(const UblLine& line) {
        xml_.nest("cac:Item", [&] {
            xml_.put("cbc:Description", line.description);
            xml_.put("cbc:Name", line.name);
            put_category("cac:ClassifiedTaxCategory", line.tax, [] {});
            for (const auto& [name, value] : line.properties) put_property(name, value);
        });
    }

    // Both or none (BR-54).
    void put_property(const std::string& name, const std::string& value) {
        if (is_blank(value)) return;
        xml_.nest("cac:AdditionalItemProperty", [&] {
            xml_.put("cbc:Name", name);
            xml_.put("cbc:Value", value);
        });
    }

    const Invoice& invoice_;
    const calendar::Zone& zone_;
    const UblSign sign_;
    const bool is_invoice_;
    const std::vector<UblLine> lines_;
    const XmlWriter::Attributes currency_;
    XmlWriter xml_;
};

}  // namespace

UblDocument invoice_ubl(const Invoice& invoice, const calendar::Zone& zone) {
    if (auto faults = find_ubl_faults(invoice); !faults.empty()) {
        return {.faults = std::move(faults)};
    }
    return {.xml = Ubl(invoice, zone).run()};
}

}  // namespace reports

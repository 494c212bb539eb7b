#include "reports/ubl_faults.h"

#include "reports/country_codes.h"
#include "reports/xml_writer.h"

namespace reports {
namespace {

using invoicing::Invoice;
using invoicing::Party;
using invoicing::TaxCategory;
using invoicing::TaxLine;

constexpr unsigned most_decimals = 2;  // of an amount, BR-DEC-*

bool is_out_of_scope(const TaxLine& line) {
    return line.terms.category == TaxCategory::out_of_scope;
}

bool bears(const Invoice& invoice, TaxCategory category) {
    return std::ranges::any_of(
        invoice.taxes, [category](const TaxLine& line) { return line.terms.category == category; });
}

class Faults {
  public:
    explicit Faults(const Invoice& invoice) : invoice_(invoice) {}

    std::vector<std::string> run() {
        check_document();
        check_party(invoice_.issuer, Side::issuer);
        check_party(invoice_.customer, Side::customer);
        if (is_blank(invoice_.issuer.name)) miss(Side::issuer, "name", "name");
        if (is_within_vat(invoice_)) {
            check_vat_ids();
        } else if (is_blank(invoice_.issuer.registration_id)) {
            // BR-CO-26: some id must tell who the seller is, and it cannot be the VAT id.
            miss(Side::issuer,
                 "registration id, the one that may be on it outside the scope of VAT,",
                 "registration_id");
        }
        return std::move(faults_);
    }

  private:
    enum class Side { issuer, customer };

    void add(std::string_view fault) { faults_.emplace_back(fault); }

    // How a person sets a field of a party.
    std::string setting_of(Side side, std::string field) const {
        if (side == Side::issuer) return "issuer." + field;
        std::ranges::replace(field, '_', '-');
        return "tollgate account set " + invoice_.account + " --" + field;
    }

    static std::string whose(Side side) {
        return side == Side::issuer ? "the issuer's " : "the customer's ";
    }

    void miss(Side side, const std::string& what, const std::string& field) {
        add(whose(side) + what + " is missing (" + setting_of(side, field) + ")");
    }

    void check_document() {
        if (!invoice_.number || !invoice_.issued_at) add("it is a draft, not issued");
        if (invoice_.is_empty()) add("it has no line");
        const unsigned decimals = invoice_.currency.minor_units();
        if (decimals > most_decimals) {
            add("amounts in " + std::string(invoice_.currency.code()) + " have " +
                std::to_string(decimals) + " decimals, EN 16931 allows two");
        }
        if (is_within_vat(invoice_) && bears(invoice_, TaxCategory::out_of_scope)) {
            add("a part of it is outside the scope of VAT: EN 16931 wants that on a document of "
                "its own");
        }
    }

    void check_party(const Party& party, Side side) {
        if (is_blank(party.electronic_address)) {
            miss(side, "electronic address", "electronic_address");
        }
        if (is_blank(party.electronic_scheme)) {
            miss(side, "scheme of the electronic address", "electronic_scheme");
        }
        if (is_blank(party.country)) {
            miss(side, "country", "country");
        } else if (!is_country_code(party.country)) {
            add(whose(side) + "country " + party.country + " is none of ISO 3166 (" +
                setting_of(side, "country") + ")");
        }
    }

    void check_vat_ids() {
        check_vat_id(invoice_.issuer, Side::issuer);
        if (!is_blank(invoice_.customer.vat_id) || bears(invoice_, TaxCategory::reverse_charge)) {
            check_vat_id(invoice_.customer, Side::customer);
        }
    }

    void check_vat_id(const Party& party, Side side) {
        if (is_blank(party.vat_id)) {
            miss(side, "VAT id", "vat_id");
        } else if (!has_country_prefix(party.vat_id)) {
            add(whose(side) + "VAT id " + party.vat_id +
                " does not begin with its country's code (" + setting_of(side, "vat_id") + ")");
        }
    }

    const Invoice& invoice_;
    std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> find_ubl_faults(const Invoice& invoice) {
    return Faults(invoice).run();
}

bool is_within_vat(const Invoice& invoice) {
    return !std::ranges::all_of(invoice.taxes, is_out_of_scope);
}

}  // namespace reports

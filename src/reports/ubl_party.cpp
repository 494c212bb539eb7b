#include "reports/ubl_party.h"

#include <algorithm>

#include "reports/table.h"

namespace reports {
namespace {

using invoicing::Party;

// The lines above the city. EN 16931 has three: what is more stands in the third, with commas.
std::vector<std::string> street_of(const Party& party) {
    std::vector<std::string> lines = party.street;
    if (lines.empty() && party.city.empty() && party.postal_code.empty()) {
        lines = address_lines(party);
    }
    std::erase_if(lines, is_blank);
    constexpr std::size_t most = 3;
    if (lines.size() > most) {
        lines[most - 1] = joined({lines.begin() + most - 1, lines.end()});
        lines.resize(most);
    }
    lines.resize(most);
    return lines;
}

void put_address(XmlWriter& xml, const Party& party) {
    const auto street = street_of(party);
    xml.nest("cac:PostalAddress", [&] {
        xml.put("cbc:StreetName", street[0]);
        xml.put("cbc:AdditionalStreetName", street[1]);
        xml.put("cbc:CityName", party.city);
        xml.put("cbc:PostalZone", party.postal_code);
        xml.nest("cac:AddressLine", [&] { xml.put("cbc:Line", street[2]); });
        xml.nest("cac:Country", [&] { xml.put("cbc:IdentificationCode", party.country); });
    });
}

void put_vat_id(XmlWriter& xml, const Party& party) {
    if (is_blank(party.vat_id)) return;
    xml.nest("cac:PartyTaxScheme", [&] {
        xml.put("cbc:CompanyID", party.vat_id);
        xml.nest("cac:TaxScheme", [&] { xml.put("cbc:ID", "VAT"); });
    });
}

}  // namespace

void put_ubl_party(XmlWriter& xml, const Party& party, VatIds vat_ids) {
    xml.nest("cac:Party", [&] {
        xml.put("cbc:EndpointID", party.electronic_address,
                {{"schemeID", party.electronic_scheme}});
        put_address(xml, party);
        if (vat_ids == VatIds::shown) put_vat_id(xml, party);
        xml.nest("cac:PartyLegalEntity", [&] {
            xml.put("cbc:RegistrationName", party.name);
            xml.put("cbc:CompanyID", party.registration_id);
        });
        xml.nest("cac:Contact", [&] { xml.put("cbc:ElectronicMail", party.email); });
    });
}

}  // namespace reports

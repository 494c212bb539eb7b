// A party of an invoice as UBL has it.
#pragma once

#include "invoicing/party.h"
#include "reports/xml_writer.h"

namespace reports {

enum class VatIds {
    shown,
    left_out,  // nothing is within the scope of VAT (BR-O-02)
};

/// cac:Party, in the schema's order; what is empty is left out.
void put_ubl_party(XmlWriter& xml, const invoicing::Party& party, VatIds vat_ids);

}  // namespace reports

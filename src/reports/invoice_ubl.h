// An invoice as an electronic one that other companies' programs take in: UBL 2.1, an Invoice (380)
// or a CreditNote (381), to EN 16931 and Peppol BIS Billing 3.
#pragma once

#include <string>
#include <vector>

#include "calendar/zone.h"
#include "invoicing/invoice.h"

namespace reports {

struct UblDocument {
    std::string xml = {};                  // empty where there are faults
    std::vector<std::string> faults = {};  // all of find_ubl_faults
};

/// An issued invoice in its zone: the day of issue is the zone's, what UBL dates is whole days.
/// Amounts are the payable ones; quantities and prices have every digit. A credit note says what is
/// credited in positive amounts. The same invoice gives the same bytes.
[[nodiscard]] UblDocument invoice_ubl(const invoicing::Invoice& invoice,
                                      const calendar::Zone& zone);

}  // namespace reports

#include "cli/issuer.h"

namespace cli {

ledger::InvoiceTerms terms_of(const Settings& settings) {
    return {.issuer = {.name = settings.issuer.name,
                       .address = settings.issuer.address,
                       .country = settings.issuer.country,
                       .vat_id = settings.issuer.vat_id},
            .series = settings.issuer.invoice_series};
}

}  // namespace cli

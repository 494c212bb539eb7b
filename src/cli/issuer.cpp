#include "cli/issuer.h"

namespace cli {

ledger::InvoiceTerms terms_of(const Settings& settings) {
    const Settings::Issuer& issuer = settings.issuer;
    return {.issuer = {.name = issuer.name,
                       .address = issuer.address,
                       .street = issuer.street,
                       .city = issuer.city,
                       .postal_code = issuer.postal_code,
                       .country = issuer.country,
                       .vat_id = issuer.vat_id,
                       .registration_id = issuer.registration_id,
                       .electronic_address = issuer.electronic_address,
                       .electronic_scheme = issuer.electronic_scheme,
                       .email = issuer.email,
                       .iban = issuer.iban,
                       .bic = issuer.bic},
            .series = issuer.invoice_series,
            .number_format = issuer.invoice_number,
            .payment_days = issuer.payment_days};
}

}  // namespace cli

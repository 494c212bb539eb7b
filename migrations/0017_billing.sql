-- To whom an account's invoices go and what tax they bear. Append-only: the latest revision holds
-- for the next invoice, which keeps a copy of it; what held before stays to be seen.
CREATE TABLE account_billing (
    account_id         text NOT NULL REFERENCES accounts,
    revision           integer NOT NULL CHECK (revision > 0),
    name               text NOT NULL,  -- of the company; empty: the account's
    street             text NOT NULL,  -- lines parted by newlines
    city               text NOT NULL,
    postal_code        text NOT NULL,
    country            text NOT NULL CHECK (country ~ '^([A-Z]{2})?$'),
    vat_id             text NOT NULL,
    registration_id    text NOT NULL,
    electronic_address text NOT NULL,
    electronic_scheme  text NOT NULL CHECK (electronic_scheme ~ '^([0-9]{4})?$'),
    email              text NOT NULL,
    tax_category       text NOT NULL
                       CHECK (tax_category IN ('standard', 'zero', 'reverse_charge', 'out_of_scope')),
    tax_rate           numeric NOT NULL -- percent
                       CHECK (tax_rate BETWEEN 0 AND 100 AND scale(trim_scale(tax_rate)) <= 2
                              AND (tax_rate > 0) = (tax_category = 'standard')),
    tax_text           text NOT NULL,
    set_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, revision)
);
GRANT SELECT, INSERT ON account_billing TO tollgate_service;

// The invoice as JSON: the form in which it is stored, exported and digested. Decimals are strings,
// counts are numbers, instants are UTC. A change of a key's name or meaning is a change of a
// contract with readers: only additions.
#pragma once

#include <string>
#include <string_view>

#include "invoicing/invoice.h"

namespace invoicing {

enum class Layout { compact, indented };

/// Keys in the order of a reader: number, account, month, … lines, sessions, totals, digest.
std::string to_json(const Invoice& invoice, Layout layout);

/// What to_json wrote. Throws std::runtime_error on anything else.
Invoice parse_invoice(std::string_view json);

/// Of one line of such a document, its `tax`; `null`, for a line without: TaxTerms{}. Throws
/// std::runtime_error on anything else.
TaxTerms parse_tax_terms(std::string_view json);

/// The text whose SHA-256 is the digest: the same document without what comes with its issue
/// (number, issued_at, accrued_to, due_date, chain_heads) and digest, compact, keys sorted, one
/// newline at the end; without its sessions too where `digest_covers` is "lines". A customer gets
/// it from the export by `jq -cS 'del(.number, .issued_at, .accrued_to, .due_date, .chain_heads,
/// .digest, .sessions)'`.
std::string canonical_inputs(const Invoice& invoice);

}  // namespace invoicing

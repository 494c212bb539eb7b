// Charges → invoice. Pure: the same charges give the same invoice, byte for byte. Groups rows into
// lines, rounds each line once, adds up, and says what stands in the way of issuing.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "invoicing/charge_row.h"
#include "invoicing/invoice.h"
#include "invoicing/tax.h"

namespace invoicing {

/// A usage line's sums, where they are known without its rows: the month was never invoiced, and
/// each of its sessions has its price.
struct LineSums {
    lifecycle::ModelName model = {};
    std::string plan = {};
    std::string period = {};
    std::int64_t instances = 0;
    std::int64_t runs = 0;
    money::Decimal used = {};  // seconds, as in ChargeRow
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    money::Decimal billable = {};
    money::Decimal gb_seconds = {};
    money::Decimal amount = {};
};

struct DraftInput {
    lifecycle::AccountId account_id = {};
    std::string account = {};
    std::string month = {};  // rows of later periods are an error of the caller
    std::string timezone = {};
    money::Currency currency;
    Party issuer = {};
    Party customer = {};
    std::vector<ChargeRow> rows = {};          // not invoiced yet; any order
    std::vector<LineSums> sums = {};           // instead of rows; no sessions are known of them
    std::vector<Correction> corrections = {};  // the same, in the order of entry
    std::map<std::string, money::Decimal> unit_prices = {};  // per GB-second, by plan
    std::vector<InvoicedBefore> invoiced = {};  // of the periods that the rows speak of
    TaxTerms tax = {};                          // of the account at present
    std::int64_t payment_days = 0;              // 0: none are stated
    bool keeps_sessions = false;  // in the document: the rows do not tell of them for all time
};

/// Why an account cannot be closed; a sentence.
struct Obstacle {
    std::string reason = {};
};

struct Draft {
    Invoice invoice;
    std::vector<Obstacle> obstacles = {};
};

/// SHA-256 of bytes in lower-case hex; given by the caller, for invoicing has no cryptography.
using Digest = std::function<std::string(std::string_view)>;

/// Lines by model and plan, then adjustments by period, model and plan; sessions in the lines'
/// order and by start. Rounds half up, away from zero, once per line and once per tax rate. Usage
/// and corrections bear the account's present tax; an adjustment bears the tax of the line that it
/// corrects or, where its period was invoiced without such a line, of another line of that period.
Draft make_draft(const DraftInput& input, const Digest& digest);

}  // namespace invoicing

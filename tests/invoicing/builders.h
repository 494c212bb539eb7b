// Charge rows and drafts for tests: plausible unless told otherwise.
#pragma once

#include <string>
#include <utility>

#include "invoicing/draft.h"

namespace builders {

inline money::Decimal decimal(std::string_view text) {
    return money::parse_decimal(text).value();
}

inline money::Currency currency(std::string_view code) {
    return money::find_currency(code).value();
}

struct Row {
    invoicing::ChargeRow row;

    explicit Row(std::string session) {
        row.session = lifecycle::SessionId(std::move(session));
        row.model = lifecycle::ModelName("openai-community/gpt2");
        row.key = lifecycle::KeyFingerprint("00112233445566778899aabbccddeeff");
        row.plan = "bytez-2024-06";
        row.currency = "USD";
        row.period = "2026-10";
        row.gb = "0.50";
        row.runs = 1;
        row.start = calendar::parse_instant("2026-10-05T10:00:00Z");
        row.end = calendar::parse_instant("2026-10-05T10:00:59.5Z");
        seconds("60");
    }
    Row& seconds(std::string_view billable) {
        row.billable = decimal(billable);
        row.used = row.billable - decimal("0.5");
        row.rounding = decimal("0.5");
        return priced("0.50", "0.0000166667");
    }
    Row& priced(std::string_view gb, std::string_view rate) {
        row.gb = gb;
        row.gb_seconds = row.billable * decimal(gb);
        row.amount = *row.gb_seconds * decimal(rate);
        return *this;
    }
    Row& unpriced() {
        row.gb.clear();
        row.unpriced = true;
        row.gb_seconds.reset();
        row.amount.reset();
        return *this;
    }
    Row& without_runs() {
        row.runs = 0;
        return *this;
    }
    Row& model(std::string name) {
        row.model = lifecycle::ModelName(std::move(name));
        return *this;
    }
    Row& period(std::string month) {
        row.period = std::move(month);
        return *this;
    }
    Row& revision(int number) {
        row.revision = number;
        return *this;
    }
    Row& corrects(std::string number, std::string_view amount, std::string why) {
        row.invoiced_on = {std::move(number)};
        row.invoiced_before = decimal(amount);
        row.reason = std::move(why);
        row.evidence = "start by modified, end by delete_answer";
        return *this;
    }
    Row& plan(std::string name) {
        row.plan = std::move(name);
        return *this;
    }
    Row& in_currency(std::string code) {
        row.currency = std::move(code);
        return *this;
    }
    Row& negated() {
        for (money::Decimal* value : {&row.used, &row.rounding, &row.minimum, &row.billable}) {
            *value = -*value;
        }
        if (row.gb_seconds) row.gb_seconds = -*row.gb_seconds;
        if (row.amount) row.amount = -*row.amount;
        return *this;
    }
    operator invoicing::ChargeRow() const { return row; }  // NOLINT: reads as a list of rows
};

inline invoicing::DraftInput input(std::vector<invoicing::ChargeRow> rows) {
    return {.account_id = lifecycle::AccountId("acc_1"),
            .account = "acme",
            .month = "2026-10",
            .timezone = "Asia/Kolkata",
            .currency = currency("USD"),
            .issuer = {.name = "Tollgate Ltd", .address = "1 Road\nTown", .country = "GB"},
            .customer = {.name = "acme"},
            .rows = std::move(rows),
            .unit_prices = {{"bytez-2024-06", decimal("0.0000166667")},
                            {"yen", decimal("0.0025")},
                            {"dear", decimal("1")}}};
}

/// Not a digest: shows whether the inputs differ.
inline std::string fake_digest(std::string_view bytes) {
    return std::to_string(std::hash<std::string_view>{}(bytes));
}

inline invoicing::Draft draft(std::vector<invoicing::ChargeRow> rows) {
    return invoicing::make_draft(input(std::move(rows)), fake_digest);
}

}  // namespace builders

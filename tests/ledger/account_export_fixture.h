// A real ledger's exports, written, sealed, read again and checked.
#pragma once

#include "ledger/account_export.h"
#include "ledger/models.h"
#include "platform/crypto.h"
#include "proof/export_check.h"
#include "support/metered_books.h"
#include "support/temporary_directory.h"

namespace ledger {

using namespace support;
using calendar::Duration;
using calendar::Instant;
using lifecycle::Fact;
using proof::AccountExport;
using proof::Difference;

class AccountExportTest : public MeteredBooks {
  protected:
    AccountExport export_of(calendar::Month month, const std::string& account = "") {
        return read_account_export(
            store_, {.account = account.empty() ? this->account() : get_account(store_, account),
                     .month = month,
                     .made_at = at("2026-12-24T00:00:00Z"),
                     .checkpoints_of = key_.public_key()});
    }
    AccountExport october() { return export_of({2026, 10}); }

    /// Written, sealed and read again, it must say the same; what the check then finds.
    proof::ExportFindings check(const AccountExport& value) {
        const std::string lines = to_text(value);
        const std::string text = lines + to_text(proof::seal_of(lines, key_));
        const auto read = proof::read_export(text);
        if (const auto* fault = std::get_if<proof::UnreadableExport>(&read)) {
            ADD_FAILURE() << fault->line << ": " << fault->why;
            return {};
        }
        const auto& good = std::get<proof::ReadExport>(read);
        EXPECT_EQ(to_text(good.value), lines);
        EXPECT_FALSE(proof::check_seal(good.seal, good.lines, {key_.public_key()}));
        return proof::check_export(good.value, {key_.public_key()});
    }
    proof::ExportFindings agreeing(const AccountExport& value) {
        auto found = check(value);
        if (const auto& wrong = found.difference)
            ADD_FAILURE() << wrong->subject << ": " << wrong->what << ": expected "
                          << wrong->expected << ", found " << wrong->found;
        return found;
    }

    /// An account of managed keys that has the key.
    void make_managed(const std::string& name, const lifecycle::KeyFingerprint& with) {
        const Account made = create_account(store_, {.name = name});
        ask("INSERT INTO keys (fingerprint, account_id, managed) VALUES ('" + with.text() + "', '" +
            made.id.text() + "', true)");
    }
    void ship_from(const std::string& gateway, std::vector<Fact> facts) {
        if (!sources_.contains(gateway)) facts.insert(facts.begin(), started(start_));
        ShippedBooks::ship(facts, gateway);
        meter();
    }
    Instant after(std::int64_t seconds) const { return start_ + Duration::seconds(seconds); }

    support::TemporaryDirectory directory_;
    platform::SigningKey key_ = platform::SigningKey::load_or_make(directory_ / "key");
};

}  // namespace ledger

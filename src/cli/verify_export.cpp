#include "cli/verify_export.h"

#include <iostream>

#include "cli/difference_text.h"
#include "cli/row_printer.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "proof/export_check.h"

namespace cli {
namespace {

/// What was read and what came of it.
struct Checked {
    const proof::ReadExport& read;
    proof::ExportFindings found;
    std::optional<proof::Difference> seal;  // of the last line
    bool is_key_compared = false;

    const std::optional<proof::Difference>& first() const {
        return found.difference ? found.difference : seal;
    }
};

void print_text(const Checked& checked) {
    const proof::ExportFindings& found = checked.found;
    const proof::AccountExport& value = checked.read.value;
    std::cout << "account " << to_printable(value.account.name) << " ("
              << to_printable(value.account.id.text()) << "), " << value.month << ", "
              << to_printable(value.account.timezone) << ", made at "
              << calendar::to_text(value.made_at) << "\n"
              << found.facts << " facts in " << found.chains << " chains\n"
              << found.checkpoints << " checkpoints, signed and on these chains\n"
              << found.sessions << " sessions, as their facts make them\n"
              << found.charged_sessions << " sessions' charges, as the rule makes them\n"
              << found.invoices << " invoices, as their charges make them\n";
    std::cout << "by the signature alone: " << value.rules.size() << " rules, "
              << value.early.size() << " early facts, " << value.guests.size() << " guests' facts, "
              << value.rivals.size() << " rivals\n";
    for (const std::string& head : found.heads) std::cout << "  " << to_printable(head) << "\n";
    if (checked.first()) {
        // An error of the way looks otherwise than one of the books.
        if (found.difference && checked.seal)
            std::cout << "the file is not as its signer left it (" << checked.seal->what << ")\n";
        print_difference(*checked.first());
        return;
    }
    std::cout << "charged for " << value.month << ":";
    for (const auto& [currency, amount] : found.amounts)
        std::cout << " " << money::to_text(amount) << " " << to_printable(currency);
    std::cout << (found.amounts.empty() ? " nothing\n" : "\n") << "signed by "
              << platform::to_hex(checked.read.seal.public_key)
              << (checked.is_key_compared
                      ? ", a key that you named\n"
                      : ", which was compared with nothing: name the operator's key by "
                        "--public-key\n")
              << "all agree\n";
}

void print_json(const Checked& checked) {
    const proof::ExportFindings& found = checked.found;
    const proof::AccountExport& value = checked.read.value;
    nlohmann::ordered_json amounts = nlohmann::ordered_json::object();
    for (const auto& [currency, amount] : found.amounts) amounts[currency] = money::to_text(amount);
    const nlohmann::ordered_json json = {
        {"agrees", !checked.first()},
        {"account", value.account.id.text()},
        {"month", value.month},
        {"facts", found.facts},
        {"chains", found.chains},
        {"checkpoints", found.checkpoints},
        {"sessions", found.sessions},
        {"charged_sessions", found.charged_sessions},
        {"invoices", found.invoices},
        {"rules", value.rules.size()},
        {"early_facts", value.early.size()},
        {"guests_facts", value.guests.size()},
        {"rivals", value.rivals.size()},
        {"heads", found.heads},
        {"amounts", amounts},
        {"public_key", platform::to_hex(checked.read.seal.public_key)},
        {"public_key_compared", checked.is_key_compared},
        {"as_signed", !checked.seal},
        {"difference", difference_json(checked.first())}};
    std::cout << json.dump(2) << "\n";
}

}  // namespace

Exit verify_export(const std::string& path, const std::vector<platform::PublicKey>& trusted,
                   Form form) {
    std::string text;
    try {
        text = platform::read_file(path, proof::export_bytes_limit);
    } catch (const std::exception& error) {
        std::cerr << "tollgate: " << error.what() << "\n";
        return Exit::usage;
    }
    const auto read = proof::read_export(text);
    if (const auto* fault = std::get_if<proof::UnreadableExport>(&read)) {
        std::cerr << "tollgate: " << path << ": line " << fault->line << ": " << fault->why << "\n";
        return Exit::usage;
    }
    const auto& good = std::get<proof::ReadExport>(read);
    proof::ExportFindings found;
    try {
        found = proof::check_export(good.value, trusted);
    } catch (const std::runtime_error& error) {
        std::cerr << "tollgate: " << path << ": " << to_printable(error.what()) << "\n";
        return Exit::usage;
    }
    const Checked checked{.read = good,
                          .found = std::move(found),
                          .seal = proof::check_seal(good.seal, good.lines, trusted),
                          .is_key_compared = !trusted.empty()};
    if (form == Form::json) {
        print_json(checked);
    } else {
        print_text(checked);
    }
    return checked.first() ? Exit::refused : Exit::done;
}

}  // namespace cli

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <thread>

#include "cli/closing.h"
#include "cli/invoice_actions.h"
#include "cli/issuer.h"
#include "cli/signing_key.h"
#include "ledger/checkpoints.h"
#include "ledger/queries.h"
#include "platform/clock.h"

namespace cli {
namespace {

using ledger::Account;

/// Without those whose zone this machine does not know: when their month ends is not known either,
/// and each is told of when it is not closed.
std::vector<Account> with_known_zone(std::vector<Account> accounts) {
    std::erase_if(accounts, [](const Account& account) {
        return !calendar::find_zone(account.timezone).has_value();
    });
    return accounts;
}

// Refused by name: a month that goes on somewhere.
void require_ended(const std::vector<Account>& accounts, calendar::Month month,
                   calendar::Instant now) {
    for (const Account& account : accounts) {
        if (ledger::has_ended(account, month, now)) continue;
        throw ledger::Refused(to_text(month) + " has not ended for account " + account.name + " (" +
                              account.timezone +
                              "); --early closes it now, and what comes later becomes "
                              "adjustments on the next invoice");
    }
}

calendar::Instant end_of(const std::vector<Account>& accounts, calendar::Month month) {
    calendar::Instant end = ledger::get_zone("UTC").start_of(month.next());
    for (const Account& account : accounts)
        end = std::max(end, ledger::get_zone(account.timezone).start_of(month.next()));
    return end;
}

std::string position_of(const ledger::UnfinishedGateway& gateway) {
    return "gateway " + gateway.gateway.text() + " has shipped up to " +
           (gateway.shipped_through ? to_text(*gateway.shipped_through) : "nothing");
}

/// What a gateway still holds of the month would miss the invoice. With --early it is said only.
void require_all_shipped(ledger::Store& store, const std::vector<Account>& accounts,
                         const InvoiceArguments& arguments, calendar::Month month) {
    for (const auto& gateway : ledger::list_unfinished_gateways(store, end_of(accounts, month))) {
        if (!arguments.early)
            throw ledger::Refused(position_of(gateway) + ", which is before the end of " +
                                  arguments.month +
                                  ": wait for it, or retire it where it is gone for good "
                                  "(tollgate gateway retire " +
                                  gateway.gateway.text() +
                                  "); --early closes now, and what it still holds becomes "
                                  "adjustments");
        std::cerr << "tollgate: " << position_of(gateway) << "; what it still holds of "
                  << arguments.month << " becomes adjustments\n";
    }
}

// Becomes adjustments as well, and does not stop the others.
void warn_of_what_waits(ledger::Store& store) {
    for (const auto& waiting : ledger::list_waiting_instances(store)) {
        std::cerr << "tollgate: the facts of " << waiting.model.text() << " of account "
                  << waiting.account.text() << " are not in sessions"
                  << (waiting.reason.empty() ? "" : ": " + waiting.reason) << "\n";
    }
}

/// Tells what becomes of each account, and on a terminal how far it is.
class Report {
  public:
    Report(std::string month, std::size_t accounts)
        : month_(std::move(month)), accounts_(accounts), shows_(::isatty(STDERR_FILENO) != 0) {}

    void add(const Account& account, const ledger::Closing& closing) {
        ++done_;
        if (!closing.obstacles.empty() || closing.issued) clear();
        for (const auto& obstacle : closing.obstacles)
            std::cerr << "tollgate: account " << account.name
                      << " is not closed: " << obstacle.reason << "\n";
        if (!closing.obstacles.empty()) ++parked_;
        if (closing.issued) {
            ++issued_;
            std::cout << account.name << " " << month_ << " " << to_text(closing.issued->total)
                      << " " << account.currency << " " << *closing.issued->number << std::endl;
        }
        show();
    }

    /// On standard error, where there is more than one account to tell of.
    void finish() {
        clear();
        if (accounts_ < 2) return;
        std::cerr << "tollgate: " << issued_ << " invoices issued, " << parked_
                  << " accounts not closed, " << done_ - issued_ - parked_ << " with nothing new\n";
    }

    bool has_issued() const { return issued_ > 0; }
    Exit exit() const { return parked_ > 0 ? Exit::refused : Exit::done; }

  private:
    void show() {
        if (!shows_ || accounts_ < 2) return;
        std::cerr << "\r" << done_ << " of " << accounts_ << " accounts" << std::flush;
        is_shown_ = true;
    }
    void clear() {
        if (is_shown_) std::cerr << "\r\033[K" << std::flush;
        is_shown_ = false;
    }

    const std::string month_;
    const std::size_t accounts_;
    const bool shows_;
    bool is_shown_ = false;
    std::size_t done_ = 0;
    std::size_t issued_ = 0;
    std::size_t parked_ = 0;
};

Exit close_accounts(const InvoiceArguments& arguments) {
    InvoiceSession session(arguments.config);
    const auto month = *calendar::parse_month(arguments.month);
    const calendar::Instant now = platform::SystemClock().now();
    const auto accounts = accounts_of(session.store, arguments);
    const auto timed = with_known_zone(accounts);
    if (!arguments.early) require_ended(timed, month, now);
    require_all_shipped(session.store, timed, arguments, month);
    meter_what_is_pending(session);
    warn_of_what_waits(session.store);
    Report report(arguments.month, accounts.size());
    const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
    close_each(accounts,
               {.store = session.database.store_options(),
                .month = month,
                .terms = terms_of(session.settings),
                .now = now,
                .jobs = arguments.jobs == 0 ? processors : arguments.jobs},
               [&](const Account& account, const ledger::Closing& closing) {
                   report.add(account, closing);
               });
    report.finish();
    if (report.has_issued())
        ledger::make_checkpoint(session.store, get_signing_key(session.settings), now);
    return report.exit();
}

void add_early(CLI::App& action, const InvoiceInput& arguments) {
    action.add_flag("--early", arguments->early,
                    "also a month that has not ended, or that not every gateway has shipped");
}

}  // namespace

void add_closing(CLI::App& group, Exit& exit) {
    auto closing = std::make_shared<InvoiceArguments>();
    CLI::App* close = add_action(group, "close", "issue a month's invoices", closing);
    add_month(*close, closing, true);
    add_account_option(*close, closing);
    add_early(*close, closing);
    close->add_option("--jobs", closing->jobs, "accounts at a time; else one for each processor")
        ->type_name("N")
        ->check(CLI::Range(1, 64));
    close->callback([closing, &exit] { exit = close_accounts(*closing); });

    auto issuing = std::make_shared<InvoiceArguments>();
    CLI::App* issue = add_action(group, "issue", "issue one account's invoice", issuing);
    issue->add_option("account", issuing->account, "by name or id")->required();
    add_month(*issue, issuing, true);
    add_early(*issue, issuing);
    issue->callback([issuing, &exit] { exit = close_accounts(*issuing); });
}

}  // namespace cli

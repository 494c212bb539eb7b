#include "cli/usage_follow.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "cli/database.h"
#include "ledger/burn.h"
#include "platform/clock.h"
#include "platform/shutdown.h"
#include "reports/burn_report.h"

namespace cli {
namespace {

// Rows of accounts that fit beside instant, head, sums and what is said beneath.
std::size_t rows_of_terminal() {
    constexpr std::size_t others = 6;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row <= others + 1) return 10;
    return size.ws_row - others;
}

// Over what stands there, line by line, so that nothing flickers.
std::string redrawn(const std::string& text) {
    std::string result = "\x1b[H";
    for (const char c : text) {
        if (c == '\n') result += "\x1b[K";
        result += c;
    }
    return result + "\x1b[J";
}

std::string block_of(ledger::Store& store, const FollowArguments& arguments,
                     std::size_t most_rows) {
    try {
        std::vector<ledger::Account> accounts;
        if (arguments.account.empty()) {
            accounts = ledger::list_accounts(store, false);
        } else {
            accounts.push_back(ledger::get_account(store, arguments.account));
        }
        return reports::burn_table(
            ledger::read_burn(store, accounts, platform::SystemClock().now()), most_rows);
    } catch (const ledger::Unavailable& away) {
        return std::string("the database is away: ") + away.what() + "\n";
    }
}

}  // namespace

void follow_usage(const FollowArguments& arguments) {
    const platform::Shutdown shutdown;
    const Database database(load_settings(arguments.config));
    ledger::Store store = open_store(database);
    const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
    if (!arguments.account.empty()) (void)ledger::get_account(store, arguments.account);
    if (is_terminal) std::cout << "\x1b[2J";
    bool is_first = true;
    do {
        const std::string block = block_of(store, arguments, is_terminal ? rows_of_terminal() : 0);
        if (is_terminal) {
            std::cout << redrawn(block);
        } else {
            std::cout << (is_first ? "" : "\n") << block;
        }
        std::cout.flush();
        is_first = false;
    } while (std::cout &&
             !shutdown.wait_for(calendar::Duration::seconds(arguments.interval_seconds)));
}

}  // namespace cli

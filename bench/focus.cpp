// A month of issued invoices as FOCUS: the production export beside a COPY that the server makes of
// the same charges into a file of the same columns.
//   focus DIRECTORY SESSIONS INVOICES ROUNDS: prints per round the micros of the export, of the
//     COPY, and the process's largest resident KiB before and after its first export; both files
//     stay in DIRECTORY for the caller to compare.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>

#include "invoicing/document.h"
#include "invoicing/draft.h"
#include "ledger/focus.h"
#include "ledger/migrations.h"
#include "link.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/embedded_postgres.h"
#include "platform/streamed_file.h"
#include "reports/focus_csv.h"

namespace {

using bench::Link;
using calendar::Duration;
using money::Decimal;

constexpr const char* rate = "0.0000166667";

std::string digest_of(std::string_view bytes) {
    return platform::to_hex(platform::sha256(bytes));
}

Decimal decimal(const std::string& text) {
    return money::parse_decimal(text).value();
}

/// A session of whole minutes; ten models.
invoicing::ChargeRow session(int number) {
    const auto start = calendar::parse_instant("2026-10-01T00:00:00Z").value() +
                       Duration{1'234'567L * (number % 2'000'000)};
    const std::string gb =
        std::to_string(1 + number % 40) + ".2329331282730" + std::to_string(10 + number % 90);
    const std::int64_t minutes = 1 + number % 90;
    invoicing::ChargeRow row{
        .session = lifecycle::SessionId("tiTMNVViLCO155gqse85bY-1-" + std::to_string(number)),
        .model = lifecycle::ModelName("organisation/model-" + std::to_string(number % 10)),
        .key = lifecycle::KeyFingerprint("00112233445566778899aabbccddeeff"),
        .plan = "p",
        .currency = "USD",
        .period = "2026-10",
        .gb = gb,
        .runs = number % 50,
        .start = start,
        .end = start + Duration{minutes * 60'000'000 - 1'500'000},
        .used = Decimal(minutes * 60) - decimal("1.5"),
        .rounding = decimal("1.5"),
        .billable = Decimal(minutes * 60)};
    row.gb_seconds = row.billable * decimal(gb);
    row.amount = *row.gb_seconds * decimal(rate);
    return row;
}

struct Issued {
    invoicing::Invoice invoice;
    std::vector<invoicing::ChargeRow> rows;
};

Issued invoice(int index, int first, int count) {
    invoicing::DraftInput input{
        .account_id = lifecycle::AccountId("acc_" + std::to_string(index)),
        .account = "customer " + std::to_string(index),
        .month = "2026-10",
        .timezone = "UTC",
        .currency = money::find_currency("USD").value(),
        .issuer = {.name = "Issuer", .vat_id = "DE123456789"},
        .customer = {.name = "customer"},
        .unit_prices = {{"p", decimal(rate)}},
        .tax = {.category = invoicing::TaxCategory::standard, .rate = Decimal(19)}};
    for (int i = 0; i < count; ++i) input.rows.push_back(session(first + i));
    invoicing::Draft draft = invoicing::make_draft(input, digest_of);
    if (!draft.obstacles.empty()) throw std::runtime_error(draft.obstacles[0].reason);
    draft.invoice.number = "TG-2026-" + std::to_string(1'000'000 + index);
    draft.invoice.issued_at = calendar::parse_instant("2026-11-02T00:00:00Z");
    draft.invoice.sessions.clear();
    return {std::move(draft.invoice), std::move(input.rows)};
}

std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
    return result + "'";
}

void charge(Link& link, const std::string& account, const std::vector<invoicing::ChargeRow>& rows) {
    link.start_copy(
        "COPY charges (account_id, session_id, period, revision, upstream, model, plan, currency, "
        "status, estimated, seconds, used_seconds, rounding_seconds, minimum_seconds, "
        "spin_down_seconds, gb_seconds, amount, runs, key, gb, concurrency, starts_at, ends_at) "
        "FROM STDIN");
    for (const auto& row : rows) {
        link.put(account + "\t" + row.session.text() + "\t" + row.period + "\t1\tu\t" +
                 row.model.text() + "\t" + row.plan + "\tUSD\trated\tf\t" + to_text(row.billable) +
                 "\t" + to_text(row.used) + "\t" + to_text(row.rounding) + "\t0\t0\t" +
                 to_text(*row.gb_seconds) + "\t" + to_text(*row.amount) + "\t" +
                 std::to_string(row.runs) + "\t" + row.key.text() + "\t" + row.gb + "\t" +
                 std::to_string(row.concurrency) + "\t" + to_text(*row.start) + "\t" +
                 to_text(*row.end) + "\n");
    }
    link.end_copy();
}

// As issuing leaves them; the guards against invented numbers are off for this connection.
void fill(Link& link, int sessions, int invoices) {
    link.run("SET session_replication_role = replica");
    for (int i = 0; i < invoices; ++i) {
        const int first = static_cast<int>(static_cast<std::int64_t>(sessions) * i / invoices);
        const int end = static_cast<int>(static_cast<std::int64_t>(sessions) * (i + 1) / invoices);
        const auto [made, rows] = invoice(i, first, end - first);
        const std::string id = quoted(made.account_id.text());
        link.run("INSERT INTO accounts (id, name, currency) VALUES (" + id + ", " +
                 quoted(made.account) + ", 'USD')");
        link.run(
            "INSERT INTO invoices (number, series, year, counter, account_id, month, "
            "timezone, currency, issued_at, total, total_exact, digest, document) VALUES (" +
            quoted(*made.number) + ", 'TG', 2026, " + std::to_string(i + 1) + ", " + id +
            ", '2026-10', 'UTC', 'USD', '2026-11-02T00:00:00Z', " + to_text(made.total) + ", " +
            to_text(made.total_exact.value()) + ", " + quoted(made.digest) + ", " +
            quoted(to_json(made, invoicing::Layout::compact)) + ")");
        link.run("INSERT INTO charge_batches VALUES (" + id + ", '2026-10', 2, false)");
        link.run("INSERT INTO invoice_batches VALUES (" + quoted(*made.number) + ", " + id +
                 ", '2026-10', 1)");
        charge(link, made.account_id.text(), rows);
    }
    link.run("ANALYZE");
}

// In a process of its own, so that the invoices' memory is not taken for the export's.
void fill_apart(const std::string& url, int sessions, int invoices) {
    const pid_t child = ::fork();
    if (child == 0) {
        Link link(url);
        fill(link, sessions, invoices);
        std::_Exit(0);
    }
    int status = 1;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error("the invoices cannot be made");
}

ledger::StoreOptions options(const std::string& url) {
    ledger::StoreOptions result;
    result.connection_string = [url] { return url; };
    result.statement_timeout = Duration::seconds(600);
    return result;
}

void export_to(const std::string& url, const std::string& path) {
    ledger::Store store(options(url));
    const ledger::FocusQuery query{.accounts = ledger::list_accounts(store, true),
                                   .month = {2026, 10},
                                   .issuer = "Issuer",
                                   .now = calendar::parse_instant("2026-11-03T00:00:00Z").value()};
    platform::StreamedFile file(path);
    std::string text = reports::focus_header();
    ledger::for_each_focus_row(store, query, [&](const auto& statement, const auto& row) {
        reports::append_focus_row(text, statement, row);
        if (text.size() < 256 << 10) return;
        file.append(text);
        text.clear();
    });
    file.append(text);
    file.commit();
}

void copy_to(Link& link, const std::string& sql, const std::string& path) {
    platform::StreamedFile file(path);
    std::string text;
    link.copy_out("COPY (" + sql + ") TO STDOUT (FORMAT csv, HEADER)", [&](std::string_view line) {
        text += line;
        if (text.size() < 256 << 10) return;
        file.append(text);
        text.clear();
    });
    file.append(text);
    file.commit();
}

long largest_resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        long kib = 0;
        if (word == "VmHWM:" && status >> kib) return kib;
    }
    return 0;
}

std::string read(const char* path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

void run(const std::string& folder, int sessions, int invoices, int rounds, const char* peer) {
    platform::EmbeddedPostgresOptions settings;
    settings.data_dir = folder;
    const auto postgres = platform::EmbeddedPostgres::open(settings);
    const std::string url = postgres->connection_string();
    ledger::migrate(url);
    fill_apart(url, sessions, invoices);
    Link link(url);
    const std::string sql = read(peer);
    for (int round = 0; round < rounds; ++round) {
        forget_peak();
        const long before = largest_resident_kib();
        const auto start = platform::monotonic_micros();
        export_to(url, folder + "/export.csv");
        const auto middle = platform::monotonic_micros();
        const long after = largest_resident_kib();
        copy_to(link, sql, folder + "/copy.csv");
        const auto end = platform::monotonic_micros();
        std::printf("%lld %lld %ld %ld\n", static_cast<long long>(middle - start),
                    static_cast<long long>(end - middle), before, after);
        std::fflush(stdout);
    }
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 6) {
        std::fprintf(stderr, "usage: focus DIRECTORY SESSIONS INVOICES ROUNDS PEER.sql\n");
        return 2;
    }
    run(arguments[1], std::atoi(arguments[2]), std::atoi(arguments[3]), std::atoi(arguments[4]),
        arguments[5]);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "focus: %s\n", error.what());
    return 1;
}

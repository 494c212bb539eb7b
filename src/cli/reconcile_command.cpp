#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "calendar/zone.h"
#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/accounts.h"
#include "ledger/queries.h"
#include "metering/rule.h"
#include "platform/clock.h"
#include "platform/files.h"
#include "reconciling/bill_reader.h"
#include "reconciling/matching.h"
#include "reports/reconciliation_report.h"

namespace cli {
namespace {

using calendar::Duration;
using calendar::Instant;

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string file;
    std::string account;
    std::string plan_file;
    std::vector<std::string> maps;
    std::int64_t tolerance_seconds = 1;
};

// A bill's first and last instances reach over its edges.
constexpr Duration margin = Duration::seconds(86'400);
constexpr std::size_t plan_limit = 1u << 20;

reconciling::ColumnNames read_names(const Arguments& arguments) {
    reconciling::ColumnNames names;
    for (const std::string& map : arguments.maps) {
        const std::size_t sign = map.rfind('=');
        const auto ours = sign == std::string::npos
                              ? std::nullopt
                              : reconciling::find_column(std::string_view(map).substr(sign + 1));
        if (!ours || sign == 0)
            throw BadSetting(
                "--map: not THEIRS=OURS, with ours one of model, created, start, end, seconds, "
                "billed_seconds, amount, instance, account, key: " +
                map);
        names.map(map.substr(0, sign), *ours);
    }
    return names;
}

metering::Plan parse_plan(const std::string& document, const std::string& name) {
    auto plan = metering::parse_plan(document);
    if (const auto* refused = std::get_if<metering::PlanRefused>(&plan))
        throw BadSetting(name + ": " + refused->why);
    return std::get<metering::Plan>(plan);
}

/// The session as the bill should have it.
reconciling::OurSession price(const ledger::SessionRecord& record,
                              const std::optional<metering::Plan>& plan, Instant now) {
    const lifecycle::Session& session = record.session;
    reconciling::OurSession ours{.id = session.id.text(),
                                 .account = record.account_name,
                                 .model = session.model.text(),
                                 .created = session.created,
                                 .loaded = session.loaded_at,
                                 .gone = session.ended_at,
                                 .start = session.running_at,
                                 .end = session.ended_at,
                                 .is_open = !session.end_reason,
                                 .is_estimated = session.estimated,
                                 .seconds = {},
                                 .billed_seconds = {},
                                 .amount = {}};
    if (!plan) return ours;
    const auto charge = metering::rate_session(metering::to_facts(session, record.account_name),
                                               *plan, calendar::Zone::utc(), now);
    ours.start = charge.start;
    ours.end = charge.end;
    ours.seconds = metering::to_seconds(charge.used);
    ours.billed_seconds = metering::to_seconds(charge.billable);
    if (charge.amount) ours.amount = charge.amount->value();
    return ours;
}

ledger::SessionFilter filter_for(const std::vector<reconciling::BillLine>& lines) {
    ledger::SessionFilter filter;
    for (const reconciling::BillLine& line : lines) {
        const Instant from = *line.since();
        const Instant until = line.end.value_or(from);
        filter.from = std::min(filter.from.value_or(from), from);
        filter.until = std::max(filter.until.value_or(until), std::max(until, from));
    }
    if (filter.from)
        *filter.from = std::max(*filter.from, calendar::earliest_instant + margin) - margin;
    if (filter.until)
        *filter.until = std::min(*filter.until, calendar::latest_instant - margin) + margin;
    return filter;
}

void print(const reconciling::Reconciliation& result, const RowFormat& format) {
    if (format.name == "json") {
        std::cout << reports::reconciliation_json(result);
    } else if (format.name == "csv") {
        std::cout << reports::reconciliation_csv(result);
    } else {
        std::cout << reports::reconciliation_table(result);
    }
}

Exit compare(const Arguments& arguments, std::vector<reconciling::BillLine> lines,
             const std::optional<metering::Plan>& cost) {
    Exit exit = Exit::done;
    with_store(arguments.config, [&](ledger::Store& store) {
        ledger::SessionFilter filter = filter_for(lines);
        if (!arguments.account.empty())
            filter.account = ledger::get_account(store, arguments.account).id;
        const Instant now = platform::SystemClock().now();
        std::map<std::string, metering::Plan> plans;
        std::vector<reconciling::OurSession> sessions;
        if (!lines.empty()) {
            ledger::for_each_session(store, filter, [&](const ledger::SessionRecord& record) {
                auto plan = cost;
                if (!plan && record.plan) {
                    auto known = plans.find(*record.plan);
                    if (known == plans.end())
                        known = plans
                                    .emplace(
                                        *record.plan,
                                        parse_plan(record.plan_document.value_or(""), *record.plan))
                                    .first;
                    plan = known->second;
                }
                sessions.push_back(price(record, plan, now));
            });
        }
        try {
            const auto result =
                reconciling::reconcile(std::move(lines), std::move(sessions),
                                       Duration::seconds(arguments.tolerance_seconds));
            print(result, arguments.format);
            exit = result.agrees() ? Exit::done : Exit::refused;
        } catch (const reconciling::TooManyPairs& error) {
            throw ledger::Refused(error.what());
        }
    });
    return exit;
}

Exit run(const Arguments& arguments) {
    const auto names = read_names(arguments);
    std::optional<metering::Plan> cost;
    if (!arguments.plan_file.empty())
        cost =
            parse_plan(platform::read_file(arguments.plan_file, plan_limit), arguments.plan_file);
    std::string text;
    try {
        text = platform::read_file(arguments.file, reconciling::bill_bytes_limit);
    } catch (const std::exception& error) {
        std::cerr << "tollgate: " << error.what() << "\n";
        return Exit::usage;
    }
    auto bill = reconciling::read_bill(text, names);
    if (const auto* fault = std::get_if<reconciling::Unreadable>(&bill)) {
        std::cerr << "tollgate: " << arguments.file << ": line " << fault->line << ": "
                  << to_printable(fault->why) << "\n";
        return Exit::usage;
    }
    return compare(arguments, std::get<std::vector<reconciling::BillLine>>(std::move(bill)), cost);
}

}  // namespace

void add_reconcile(CLI::App& app, Exit& exit) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand(
        "reconcile", "hold an upstream's bill or usage export against our sessions, both ways");
    arguments->config.add_to(*command);
    arguments->format.add_to(*command);
    command->add_option("file", arguments->file, "CSV with a header, a JSON array, or JSON Lines")
        ->required();
    command
        ->add_option("--tolerance-seconds", arguments->tolerance_seconds,
                     "instants and seconds that differ by no more are equal")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{86'400}))
        ->capture_default_str();
    command->add_option("--map", arguments->maps, "what a column of theirs is: THEIRS=OURS")
        ->type_name("THEIRS=OURS");
    command->add_option("--account", arguments->account, "only this account's sessions")
        ->type_name("A");
    command
        ->add_option(
            "--plan", arguments->plan_file,
            "price our sessions by this plan, such as what the upstream charges; else each "
            "by its own")
        ->type_name("FILE");
    command->callback([arguments, &exit] { exit = run(*arguments); });
}

}  // namespace cli

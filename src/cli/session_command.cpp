#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "calendar/zone.h"
#include "cli/database.h"
#include "cli/row_printer.h"
#include "cli/session_json.h"
#include "ledger/accounts.h"
#include "platform/clock.h"
#include "reports/session_explanation.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string account;
    std::string month;
    std::string id;
    bool open = false;
};

// Wider than any zone is from UTC.
constexpr calendar::Duration zone_margin = calendar::Duration::seconds(16 * 3'600);

/// Whether the session overlaps the month of its account's zone.
bool is_in_month(const ledger::SessionRecord& record, calendar::Month month) {
    const auto zone = calendar::find_zone(record.timezone);
    if (!zone) throw ledger::Refused("there is no time zone " + record.timezone + " here");
    const lifecycle::Session& session = record.session;
    if (session.loaded_at >= zone->start_of(month.next())) return false;
    if (!session.end_reason) return true;
    const auto end = session.ended_at.value_or(session.expires_at.value_or(session.loaded_at));
    return std::max(end, session.loaded_at) >= zone->start_of(month);
}

void add_row(RowPrinter& rows, const ledger::SessionRecord& record) {
    const lifecycle::Session& session = record.session;
    const auto text = [](const std::optional<calendar::Instant>& instant) {
        std::optional<std::string> result;
        if (instant) result = calendar::to_text(*instant);
        return result;
    };
    rows.add({session.id.text(), record.account_name, session.model.text(), session.gb,
              std::to_string(session.concurrency), calendar::to_text(session.loaded_at),
              text(session.running_at), text(session.expires_at), text(session.ended_at),
              session.end_reason ? std::string(lifecycle::to_text(*session.end_reason)) : "open",
              session.estimated ? "yes" : "no", std::to_string(session.runs),
              record.is_shared || !session.kept_warm_by.empty() ? "yes" : "no"});
}

ledger::SessionFilter make_filter(ledger::Store& store, const Arguments& arguments,
                                  const std::optional<calendar::Month>& month) {
    ledger::SessionFilter filter;
    if (!arguments.account.empty()) {
        filter.account = ledger::get_account(store, arguments.account).id;
    }
    filter.open_only = arguments.open;
    if (month) {
        const calendar::Zone utc = calendar::Zone::utc();
        filter.from = utc.start_of(*month) - zone_margin;
        filter.until = utc.start_of(month->next()) + zone_margin;
    }
    return filter;
}

void list_sessions(const Arguments& arguments) {
    std::optional<calendar::Month> month;
    if (!arguments.month.empty()) {
        month = calendar::parse_month(arguments.month);
        if (!month) throw BadSetting("--month: not a month such as 2026-10: " + arguments.month);
    }
    with_store(arguments.config, [&](ledger::Store& store) {
        RowPrinter rows({"session", "account", "model", "gb", "concurrency", "loaded_at",
                         "running_at", "expires_at", "ended_at", "end_reason", "estimated", "runs",
                         "shared"});
        const bool lines = arguments.format.name == "jsonl";
        ledger::for_each_session(store, make_filter(store, arguments, month),
                                 [&](const ledger::SessionRecord& record) {
                                     if (month && !is_in_month(record, *month)) return;
                                     if (lines) {
                                         std::cout << to_rate_input(record) << "\n";
                                     } else {
                                         add_row(rows, record);
                                     }
                                 });
        if (!lines) rows.print(arguments.format, std::cout);
    });
}

std::vector<ledger::ChargeRow> charges_of(ledger::Store& store,
                                          const ledger::SessionRecord& record) {
    ledger::ChargeFilter filter;
    filter.account = record.account;
    filter.session = record.session.id;
    return ledger::list_charges(store, filter);
}

std::optional<metering::Plan> plan_of(const ledger::SessionRecord& record) {
    if (!record.plan_document) return std::nullopt;
    auto plan = metering::parse_plan(*record.plan_document);
    if (const auto* refused = std::get_if<metering::PlanRefused>(&plan))
        throw ledger::Refused("the stored plan is none: " + refused->why);
    return std::get<metering::Plan>(plan);
}

reports::SessionStory read_story(ledger::Store& store, const ledger::SessionRecord& record) {
    reports::SessionStory story;
    story.session = record.session;
    story.account = record.account_name;
    const auto zone = calendar::find_zone(record.timezone);
    if (!zone) throw ledger::Refused("there is no time zone " + record.timezone + " here");
    story.zone = *zone;
    story.plan = plan_of(record);
    ledger::SessionEvidence evidence = ledger::read_evidence(store, record);
    for (ledger::EvidenceFact& fact : evidence.facts) {
        story.facts.push_back({fact.recorded.gateway, fact.recorded.sequence,
                               std::move(fact.recorded.fact), fact.by_guest});
    }
    for (const ledger::InstanceSharer& sharer : evidence.sharers)
        story.shared_with.push_back({sharer.account_name, sharer.key});
    story.accounts = std::move(evidence.account_names);
    for (const ledger::ChargeRow& row : charges_of(store, record)) {
        story.charges.push_back({row.period, row.revision, row.plan, row.status, row.seconds,
                                 row.gb_seconds, row.amount, row.charged_at});
    }
    return story;
}

void explain_session(const Arguments& arguments) {
    with_store(arguments.config, [&](ledger::Store& store) {
        const auto record = ledger::get_session(store, lifecycle::SessionId(arguments.id));
        const auto explanation =
            reports::explain(read_story(store, record), platform::SystemClock().now());
        std::cout << (arguments.format.name == "json" ? reports::explanation_json(explanation)
                                                      : reports::explanation_text(explanation));
    });
}

}  // namespace

void add_session(CLI::App& app, Exit&) {
    CLI::App* group = app.add_subcommand("session", "sessions: the billed lives of instances");
    group->require_subcommand(1);

    auto listing = std::make_shared<Arguments>();
    CLI::App* list = group->add_subcommand(
        "list", "print sessions; --format jsonl is what `tollgate rate` reads");
    listing->config.add_to(*list);
    listing->format.add_to(*list, {"jsonl"});
    list->add_option("--account", listing->account, "only this account's")->type_name("A");
    list->add_flag("--open", listing->open, "only those that go on");
    list->add_option("--month", listing->month, "those that overlap it, such as 2026-10")
        ->type_name("M");
    list->callback([listing] { list_sessions(*listing); });

    auto showing = std::make_shared<Arguments>();
    CLI::App* show = group->add_subcommand("show", "print one session with its charges, as JSON");
    showing->config.add_to(*show);
    show->add_option("id", showing->id, "the session's id")->required();
    show->callback([showing] {
        with_store(showing->config, [&](ledger::Store& store) {
            const auto record = ledger::get_session(store, lifecycle::SessionId(showing->id));
            std::cout << to_full_json(record, charges_of(store, record),
                                      ledger::list_sharers(store, record),
                                      reports::find_billing_bound(record.session, plan_of(record)))
                      << "\n";
        });
    });

    auto explaining = std::make_shared<Arguments>();
    explaining->format.name = "text";
    CLI::App* why = group->add_subcommand(
        "explain", "why a session costs what it costs: facts, instants, arithmetic, who shared it");
    explaining->config.add_to(*why);
    why->add_option("--format", explaining->format.name, "text or json")
        ->check(CLI::IsMember(std::vector<std::string>{"text", "json"}))
        ->capture_default_str();
    why->add_option("id", explaining->id, "the session's id")->required();
    why->callback([explaining] { explain_session(*explaining); });
}

}  // namespace cli

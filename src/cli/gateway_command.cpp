#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/queries.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string gateway;
};

std::optional<std::string> text_of(const std::optional<calendar::Instant>& instant) {
    return instant ? std::optional(calendar::to_text(*instant)) : std::nullopt;
}

void print(const std::vector<ledger::GatewayState>& gateways, const RowFormat& format) {
    RowPrinter rows({"gateway", "records", "shipped_through", "heartbeat_at", "retired_at"});
    for (const auto& gateway : gateways)
        rows.add({gateway.gateway.text(), std::to_string(gateway.shipped),
                  text_of(gateway.shipped_through), calendar::to_text(gateway.heartbeat_at),
                  text_of(gateway.retired_at)});
    rows.print(format, std::cout);
}

}  // namespace

void add_gateway(CLI::App& app, Exit&) {
    CLI::App* group =
        app.add_subcommand("gateway", "gateways that ship to the ledger; a month waits for them");
    group->require_subcommand(1);

    auto listing = std::make_shared<Arguments>();
    CLI::App* list = group->add_subcommand("list", "how far each has shipped");
    listing->config.add_to(*list);
    listing->format.add_to(*list);
    list->callback([listing] {
        with_store(listing->config, [&](ledger::Store& store) {
            print(ledger::list_gateways(store), listing->format);
        });
    });

    auto retiring = std::make_shared<Arguments>();
    CLI::App* retire = group->add_subcommand(
        "retire", "wait no more for one that is gone for good; what it had not shipped is lost");
    retiring->config.add_to(*retire);
    retire->add_option("gateway", retiring->gateway, "its id")->required();
    retire->callback([retiring] {
        with_store(retiring->config, [&](ledger::Store& store) {
            ledger::retire_gateway(store, retiring->gateway);
            std::cerr << "tollgate: gateway " << retiring->gateway << " is retired\n";
        });
    });
}

}  // namespace cli

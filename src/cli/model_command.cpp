#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/models.h"
#include "platform/clock.h"
#include "platform/files.h"
#include "watcher/http_upstream.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string name;
    std::string gb;
    std::string key_file;
};

void print(const std::vector<ledger::KnownModel>& models, const RowFormat& format) {
    RowPrinter rows({"model", "gb", "source", "since", "upstream"});
    for (const ledger::KnownModel& model : models) {
        std::optional<std::string> upstream;
        if (!model.upstream.empty()) upstream = model.upstream.text();
        rows.add(
            {model.model.text(), model.gb, model.source, calendar::to_text(model.since), upstream});
    }
    rows.print(format, std::cout);
}

// Who acts, for the record.
std::string author() {
    const char* user = std::getenv("SUDO_USER");
    if (user == nullptr) user = std::getenv("USER");
    return user == nullptr ? "operator" : user;
}

// The key to ask with: the gateway's own, or one from a file, so that it is on no command line.
std::string read_credential(const Settings& settings, const std::string& key_file) {
    std::string key = settings.upstream.key;
    if (!key_file.empty()) key = platform::read_file(key_file, 4'096);
    while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
    if (key.empty()) {
        throw BadSetting(
            "upstream.key is not set: give a key that the upstream takes by --key-file");
    }
    return "Key " + key;
}

void sync_models(const Arguments& arguments) {
    const Settings settings = load_settings(arguments.config);
    const std::string credential = read_credential(settings, arguments.key_file);
    std::string url = settings.upstream.url;
    while (url.ends_with('/')) url.pop_back();
    watcher::HttpOptions options;
    options.url = url;
    options.ca_file = settings.upstream.ca_file;
    options.certificate = settings.upstream.client_certificate;
    options.certificate_key = settings.upstream.client_key;
    const auto listed = watcher::make_http_upstream(options)->ask_list(credential);
    if (!listed) throw std::runtime_error("the upstream at " + url + " gave no list of models");
    std::vector<ledger::CatalogueItem> items;
    for (const bytez::CatalogueModel& model : *listed) {
        items.push_back({.model = model.name, .gb = model.required_ram});
    }
    with_store(arguments.config, [&](ledger::Store& store) {
        const int count = ledger::record_catalogue(store, lifecycle::UpstreamId(url), items,
                                                   platform::SystemClock().now());
        std::cout << items.size() << " models, " << count << " of them new or changed\n";
    });
}

}  // namespace

void add_model(CLI::App& app, Exit&) {
    CLI::App* group = app.add_subcommand("model", "models and the GB they are billed by");
    group->require_subcommand(1);

    auto listing = std::make_shared<Arguments>();
    CLI::App* list = group->add_subcommand("list", "print what is known of models");
    listing->config.add_to(*list);
    listing->format.add_to(*list);
    list->callback([listing] {
        with_store(listing->config, [&](ledger::Store& store) {
            print(ledger::list_models(store), listing->format);
        });
    });

    auto setting = std::make_shared<Arguments>();
    CLI::App* set =
        group->add_subcommand("set", "set a model's GB where the catalogue prints none");
    setting->config.add_to(*set);
    set->add_option("name", setting->name, "the model, as the API spells it")->required();
    set->add_option("--gb", setting->gb, "required RAM")->type_name("DECIMAL")->required();
    set->callback([setting] {
        with_store(setting->config, [&](ledger::Store& store) {
            ledger::set_model(store, lifecycle::ModelName(setting->name), setting->gb, author(),
                              platform::SystemClock().now());
            std::cout << setting->name << ": " << setting->gb << " GB\n";
        });
    });

    auto syncing = std::make_shared<Arguments>();
    CLI::App* sync = group->add_subcommand("sync", "ask the upstream's catalogue");
    syncing->config.add_to(*sync);
    sync->add_option("--key-file", syncing->key_file, "holds a key; else upstream.key is used")
        ->type_name("FILE");
    sync->callback([syncing] { sync_models(*syncing); });
}

}  // namespace cli

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "cli/command.h"
#include "cli/settings.h"
#include "ledger/store.h"

int main(int argc, char** argv) {
    CLI::App app("Billing and usage accounting for GPU inference", "tollgate");
    app.require_subcommand(1);
    app.set_version_flag("--version", "tollgate " TOLLGATE_VERSION);
    cli::Exit exit = cli::Exit::done;
    cli::add_config(app, exit);
    cli::add_serve(app, exit);
    cli::add_migrate(app, exit);
    cli::add_origin(app, exit);
    cli::add_account(app, exit);
    cli::add_key(app, exit);
    cli::add_plan(app, exit);
    cli::add_model(app, exit);
    cli::add_session(app, exit);
    cli::add_rate(app, exit);
    cli::add_reconcile(app, exit);
    cli::add_usage(app, exit);
    cli::add_margin(app, exit);
    cli::add_invoice(app, exit);
    cli::add_gateway(app, exit);
    cli::add_checkpoint(app, exit);
    cli::add_verify(app, exit);
    cli::add_export(app, exit);
    cli::add_correction(app, exit);
    // CLI11 would only say that a subcommand is required.
    if (argc > 1 && argv[1][0] == '-' && app.get_option_no_throw(argv[1]) == nullptr) {
        std::cerr << "tollgate: no such option: " << argv[1] << " (see tollgate --help)\n";
        return static_cast<int>(cli::Exit::usage);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : static_cast<int>(cli::Exit::usage);
    } catch (const cli::BadSetting& error) {
        std::cerr << "tollgate: " << error.what() << "\n";
        return static_cast<int>(cli::Exit::usage);
    } catch (const ledger::Refused& error) {
        std::cerr << "tollgate: " << error.what() << "\n";
        return static_cast<int>(cli::Exit::refused);
    } catch (const std::exception& error) {
        std::cerr << "tollgate: " << error.what() << "\n";
        return static_cast<int>(cli::Exit::unavailable);
    }
    return static_cast<int>(exit);
}

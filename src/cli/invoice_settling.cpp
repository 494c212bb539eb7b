#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/invoice_actions.h"
#include "cli/issuer.h"
#include "cli/signing_key.h"
#include "ledger/checkpoints.h"
#include "ledger/settlement.h"
#include "platform/clock.h"

namespace cli {
namespace {

void void_one(const InvoiceArguments& arguments) {
    InvoiceSession session(arguments.config);
    const calendar::Instant now = platform::SystemClock().now();
    const auto note = ledger::void_invoice(
        session.store,
        {.number = arguments.number, .reason = arguments.reason, .author = arguments.author},
        terms_of(session.settings), now);
    std::cout << note.account << " " << note.month << " " << to_text(note.total) << " "
              << note.currency.code() << " " << *note.number << std::endl;
    std::cerr << "tollgate: " << *note.number << " took " << note.voids
              << " back; what it held is on the next invoice that closes " << note.month << "\n";
    ledger::make_checkpoint(session.store, get_signing_key(session.settings), now);
}

void pay(const InvoiceArguments& arguments) {
    InvoiceSession session(arguments.config);
    const calendar::Instant now = platform::SystemClock().now();
    ledger::NewPayment payment{
        .number = arguments.number,
        .paid_on = arguments.day.empty() ? to_text(now).substr(0, 10) : arguments.day,
        .reference = arguments.reference,
        .author = arguments.author};
    if (!arguments.amount.empty()) payment.amount = arguments.amount;
    const money::Payable open = ledger::record_payment(session.store, payment, now);
    std::cout << arguments.number << " open " << to_text(open) << " " << open.currency().code()
              << "\n";
}

void add_number(CLI::App& action, const InvoiceInput& arguments) {
    action.add_option("number", arguments->number, "of the issued invoice")->required();
}

void add_author(CLI::App& action, const InvoiceInput& arguments) {
    action.add_option("--author", arguments->author, "who answers for it")
        ->required()
        ->type_name("WHO");
}

}  // namespace

void add_settling(CLI::App& group) {
    auto voiding = std::make_shared<InvoiceArguments>();
    CLI::App* action =
        add_action(group, "void", "take an invoice back by a credit note of its own", voiding);
    add_number(*action, voiding);
    action->add_option("--reason", voiding->reason, "for the customer: it is on the credit note")
        ->required()
        ->type_name("TEXT");
    add_author(*action, voiding);
    action->callback([voiding] { void_one(*voiding); });

    auto paying = std::make_shared<InvoiceArguments>();
    action = add_action(group, "pay", "record that an invoice was paid", paying);
    add_number(*action, paying);
    action->add_option("--amount", paying->amount, "decimal; else all that is still open")
        ->type_name("AMOUNT");
    action->add_option("--on", paying->day, "the day it was paid: 2026-11-30; else today, UTC")
        ->type_name("DAY");
    action
        ->add_option("--reference", paying->reference,
                     "the payment's own name: entered twice, it counts once")
        ->required()
        ->type_name("REF");
    add_author(*action, paying);
    action->callback([paying] { pay(*paying); });
}

}  // namespace cli

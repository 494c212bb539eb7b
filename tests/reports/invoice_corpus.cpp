#include "reports/invoice_corpus.h"

#include <random>
#include <stdexcept>

#include "invoicing/builders.h"
#include "invoicing/credit_note.h"

namespace invoice_corpus {
namespace {

using builders::decimal;
using builders::Row;
using invoicing::TaxCategory;
using invoicing::TaxTerms;

const char* const odd_name = R"(acme & <b>"söns"</b> ']]> 日本 =1+1)";

TaxTerms terms(TaxCategory category, std::string_view rate = "0", std::string text = "") {
    return make_tax_terms(category, decimal(rate), std::move(text));
}

invoicing::DraftInput input_of(std::vector<invoicing::ChargeRow> rows, TaxTerms tax,
                               const std::string& currency = "EUR") {
    for (invoicing::ChargeRow& row : rows) row.currency = currency;
    invoicing::DraftInput input = builders::input(std::move(rows));
    input.timezone = "Europe/Berlin";
    input.currency = builders::currency(currency);
    input.issuer = issuer();
    input.customer = customer();
    input.account = "acme & <co>";
    input.tax = std::move(tax);
    input.unit_prices["seventh"] = decimal("0.142857142857142857");
    return input;
}

invoicing::Correction correction(const invoicing::DraftInput& input, std::string_view amount,
                                 std::string reference) {
    return {.sequence = 1,
            .reference = std::move(reference),
            .amount = money::Payable::parse(amount, input.currency).value(),
            .author = "Ada <ada@example.com>",
            .reason = "agreed & \"signed\"",
            .entered_at = calendar::parse_instant("2026-10-20T12:00:00Z").value(),
            .hash = "00ff"};
}

// What an invoice of September held of gpt2 under `plan`, taxed as it was then.
invoicing::InvoicedBefore invoiced(const std::string& plan, std::string_view amount, TaxTerms tax) {
    return {.model = lifecycle::ModelName("openai-community/gpt2"),
            .plan = plan,
            .period = "2026-09",
            .amount = decimal(amount),
            .numbers = {"TG-2026-000001"},
            .tax = std::move(tax)};
}

class Corpus {
  public:
    void add(const std::string& name, const invoicing::DraftInput& input) {
        const auto draft = make_draft(input, builders::fake_digest);
        if (!draft.obstacles.empty())
            throw std::runtime_error(name + ": " + draft.obstacles.front().reason);
        invoicing::Invoice invoice = issue(draft.invoice, "R2026/" + std::to_string(++counter_));
        if (invoice.kind == invoicing::DocumentKind::invoice && invoice.payment_days > 0)
            invoice.due_date = "2026-11-15";
        const auto note =
            make_credit_note(invoice, "wrong & <withdrawn> \x01", builders::fake_digest);
        invoice_.push_back({name, invoice});
        invoice_.push_back({name + "-back", issue(note, "R2026/" + std::to_string(++counter_))});
    }
    std::vector<Named> take() { return std::move(invoice_); }

  private:
    static invoicing::Invoice issue(invoicing::Invoice invoice, std::string number) {
        invoice.number = std::move(number);
        // In Berlin it is November already.
        invoice.issued_at = calendar::parse_instant("2026-10-31T23:30:00.25Z");
        return invoice;
    }

    int counter_ = 0;
    std::vector<Named> invoice_;
};

void add_categories(Corpus& corpus) {
    const std::vector<invoicing::ChargeRow> rows = {Row("a").plan("dear").priced("1.005", "1"),
                                                    Row("b").seconds("86400")};
    auto home = input_of(rows, terms(TaxCategory::standard, "19"));
    home.payment_days = 14;
    corpus.add("standard", home);
    corpus.add("standard-fraction", input_of(rows, terms(TaxCategory::standard, "8.25"), "USD"));
    corpus.add("standard-hundred", input_of(rows, terms(TaxCategory::standard, "100")));
    corpus.add("zero", input_of(rows, terms(TaxCategory::zero, "0", "Zero-rated <export>")));
    corpus.add("reverse", input_of(rows, terms(TaxCategory::reverse_charge)));
    corpus.add("out", input_of(rows, terms(TaxCategory::out_of_scope)));
    corpus.add("out-text", input_of(rows, terms(TaxCategory::out_of_scope, "0", "Beyond & away")));
    corpus.add("yen", input_of({Row("a").plan("yen").seconds("3600").priced("24", "0.0025")},
                               terms(TaxCategory::standard, "10"), "JPY"));
    corpus.add("yen-fraction",
               input_of({Row("a").plan("seventh").priced("24", "0.142857142857142857")},
                        terms(TaxCategory::standard, "8.25"), "JPY"));
    corpus.add("nothing", input_of({Row("a")}, terms(TaxCategory::standard, "19")));
}

// Months invoiced before, at other rates and from another country.
void add_corrections(Corpus& corpus) {
    auto adjusted = input_of({Row("a").plan("dear").priced("2", "1"),
                              Row("b").plan("dear").period("2026-09").priced("0.001", "1"),
                              Row("c").plan("dear").period("2026-09").priced("0.5", "1").negated()},
                             terms(TaxCategory::standard, "19"));
    adjusted.invoiced = {invoiced("dear", "60", terms(TaxCategory::standard, "7"))};
    corpus.add("adjusted", adjusted);
    adjusted.invoiced = {invoiced("dear", "60", terms(TaxCategory::reverse_charge))};
    corpus.add("adjusted-reverse", adjusted);

    auto credit = input_of({Row("c")
                                .plan("dear")
                                .period("2026-09")
                                .priced("0.333", "1")
                                .corrects("TG-2026-000001", "60", "the end is known <now>")
                                .negated()},
                           terms(TaxCategory::standard, "19"));
    credit.invoiced = {invoiced("dear", "60", terms(TaxCategory::standard, "7"))};
    corpus.add("credit", credit);

    auto by_hand =
        input_of({Row("a").plan("dear").priced("1", "1")}, terms(TaxCategory::standard, "19"));
    by_hand.corrections = {correction(by_hand, "-12.34", "=credit"),
                           correction(by_hand, "0.05", "charge")};
    corpus.add("by-hand", by_hand);
    auto credited = input_of({}, terms(TaxCategory::zero), "USD");
    credited.corrections = {correction(credited, "-7.77", "c"), correction(credited, "0.50", "d")};
    corpus.add("by-hand-credit", credited);
}

void add_odd_texts(Corpus& corpus) {
    std::vector<invoicing::ChargeRow> many;
    for (int i = 0; i < 200; ++i) {
        many.push_back(Row("s" + std::to_string(i))
                           .model("model-" + std::to_string(i))
                           .plan("seventh")
                           .seconds(std::to_string(60 + i))
                           .priced("0.1", "0.142857142857142857"));
    }
    corpus.add("many", input_of(many, terms(TaxCategory::standard, "19")));
    std::string japanese;
    for (int i = 0; i < 100; ++i) japanese += "日";  // 300 bytes
    auto odd = input_of({Row("a").model(odd_name).plan("dear").priced("1", "1"),
                         Row("b").model(std::string(300, 'x')).plan("dear").priced("1", "1"),
                         Row("c").model(japanese).plan("dear").priced("1", "1"),
                         Row("d").model("-2+3\x02\x1b[2J").plan("dear").priced("1", "1")},
                        terms(TaxCategory::standard, "19"));
    odd.customer.name = std::string(300, '&');
    odd.customer.street = {"<1>", "  ", "\x07 2", "3", "four, and", "5"};
    odd.customer.city = japanese;
    corpus.add("odd", odd);
}

// Below the limit; no distribution of the library's, which differs between libraries.
class Random {
  public:
    explicit Random(unsigned seed) : engine_(seed) {}
    unsigned operator()(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

  private:
    std::mt19937 engine_;
};

TaxTerms any_terms(Random& random) {
    switch (random(4)) {
        case 0:
            return terms(TaxCategory::zero);
        case 1:
            return terms(TaxCategory::reverse_charge);
        default:
            return {.category = TaxCategory::standard,
                    .rate = money::Decimal::scaled(1 + random(10'000), 2)};
    }
}

invoicing::DraftInput any_input(Random& random) {
    const char* const currencies[] = {"EUR", "USD", "JPY"};
    const char* const months[] = {"2026-08", "2026-09", "2026-10"};
    std::vector<invoicing::ChargeRow> rows;
    for (unsigned i = 0, count = 1 + random(12); i < count; ++i) {
        const unsigned decimals = random(9);
        const money::Decimal gb = money::Decimal::scaled(random(1'000'000), decimals);
        Row row("s" + std::to_string(i));
        row.model("m" + std::to_string(random(5))).period(months[random(3)]).plan("seventh");
        row.seconds(std::to_string(60 + random(9000))).priced(to_text(gb), "0.142857142857142857");
        if (row.row.period != "2026-10" && random(2) == 0) row.negated();
        rows.push_back(row);
    }
    auto input = input_of(rows, any_terms(random), currencies[random(3)]);
    if (random(2) == 0) input.payment_days = 30;
    for (const char* month : {"2026-08", "2026-09"}) {
        auto before = invoiced("seventh", "1000", any_terms(random));
        before.period = month;
        input.invoiced.push_back(before);
    }
    if (random(2) == 0) {
        const bool is_credit = random(2) == 0;
        input.corrections = {
            correction(input, (is_credit ? "-" : "") + std::to_string(random(100'000)), "by hand")};
    }
    return input;
}

}  // namespace

invoicing::Party issuer() {
    return {.name = "Zähler & Söhne <GmbH>",
            .street = {"Weg 1"},
            .city = "Berlin",
            .postal_code = "10115",
            .country = "DE",
            .vat_id = "DE123456789",
            .registration_id = "HRB 7",
            .electronic_address = "DE123456789",
            .electronic_scheme = "9930",
            .email = "billing@issuer.example",
            .iban = "DE89370400440532013000",
            .bic = "COBADEFFXXX"};
}

invoicing::Party customer() {
    return {.name = odd_name,
            .street = {"rue <1>", "cour"},
            .city = "Paris",
            .country = "FR",
            .vat_id = "FR23456789012",
            .electronic_address = "12345678901234",
            .electronic_scheme = "0009"};
}

std::vector<Named> make(unsigned seed, int random) {
    Corpus corpus;
    add_categories(corpus);
    add_corrections(corpus);
    add_odd_texts(corpus);
    Random generator(seed);
    for (int i = 0; i < random; ++i) {
        corpus.add("random-" + std::to_string(i), any_input(generator));
    }
    return corpus.take();
}

}  // namespace invoice_corpus

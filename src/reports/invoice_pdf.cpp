#include "reports/invoice_pdf.h"

#include "reports/daily_cost.h"
#include "reports/day_chart.h"
#include "reports/invoice_pdf_tables.h"
#include "reports/invoice_pdf_totals.h"
#include "reports/pdf_document.h"

namespace reports {
namespace {

using invoicing::DocumentKind;
using invoicing::Invoice;
using invoicing::Party;

// The type scale: what the document is, who, the text, what is beside it.
constexpr TextStyle display{.size = 22};
constexpr TextStyle name{.size = 12, .weight = Weight::bold};
constexpr TextStyle strong{.size = 9, .weight = Weight::bold};
constexpr TextStyle body{.size = 9};
constexpr TextStyle quiet{.size = 8, .colour = colours::soft};
constexpr TextStyle label{.size = 7, .colour = colours::soft};
constexpr TextStyle fine{.size = 7};

std::string kind_of(const Invoice& invoice) {
    const bool is_credit_note = invoice.kind == DocumentKind::credit_note;
    if (invoice.number) return is_credit_note ? "Credit note" : "Invoice";
    return is_credit_note ? "Draft credit note" : "Draft invoice";
}

std::string name_of(const Invoice& invoice) {
    if (invoice.number) return kind_of(invoice) + " " + *invoice.number;
    return kind_of(invoice) + " of " + invoice.month;
}

std::string period_of(const Invoice& invoice) {
    const auto month = calendar::parse_month(invoice.month);
    if (!month) return invoice.month;
    const calendar::Month next = month->next();
    const calendar::Day last = calendar::day_from_epoch(first_day_from_epoch(next) - 1);
    return to_text(calendar::Day{month->year, month->month, 1}) + " to " + to_text(last);
}

// Whole seconds; of a draft that accrues nothing the month's start.
std::string creation_of(const Invoice& invoice, const calendar::Zone& zone) {
    calendar::Instant instant{};
    if (const auto month = calendar::parse_month(invoice.month)) instant = zone.start_of(*month);
    instant = invoice.issued_at.value_or(invoice.accrued_to.value_or(instant));
    return to_text(instant).substr(0, 19) + "Z";
}

PdfFacts facts_of(const Invoice& invoice, const calendar::Zone& zone) {
    return {.title = name_of(invoice) + " · " + invoice.customer.name,
            .author = invoice.issuer.name,
            .subject = "GPU inference of " + invoice.month + ", account " + invoice.account,
            .created_at = creation_of(invoice, zone),
            .name = name_of(invoice)};
}

class Composing {
  public:
    Composing(const Invoice& invoice, const calendar::Zone& zone, Typesetter& typesetter)
        : invoice_(invoice),
          zone_(zone),
          show_(show_in(zone)),
          document_(typesetter, facts_of(invoice, zone)) {}

    std::string run() {
        document_.add_bookmark(name_of(invoice_));
        draw_top();
        draw_facts();
        draw_lines();
        draw_days();
        draw_sessions();
        draw_check();
        return document_.finish();
    }

  private:
    // One under the other from `y` on; where the last one ends.
    double write_down(std::string_view text, const TextStyle& style, double x, double y,
                      const Box& box) {
        if (text.empty()) return y;
        // Some scripts' fonts leave nothing between lines.
        return y + std::max(document_.write(text, style, x, y, box), style.size * 1.36);
    }

    // Each line by itself: one may be read from the right, and its neighbour not. What is taller
    // than a party has room for is cut.
    double write_party(const Party& party, const TextStyle& name_style, const TextStyle& style,
                       double y, double width) {
        constexpr double most_height = 270;
        const double bottom = y + most_height;
        const auto write = [&](std::string_view text, const TextStyle& text_style) {
            const int lines = static_cast<int>((bottom - y) / (text_style.size * 1.4));
            if (lines < 1) return;
            y = write_down(text, text_style, sheet::side, y, {.width = width, .most_lines = lines});
        };
        write(party.name, name_style);
        y += 1;
        for (const std::string& line : address_lines(party)) write(line, style);
        write(party.country, style);
        if (!party.vat_id.empty()) write("VAT " + party.vat_id, style);
        write(party.registration_id, style);
        write(party.email, style);
        return y;
    }

    void draw_top() {
        document_.rule(document_.y(), 2.5, colours::accent);
        document_.move_down(16);
        const double y = document_.y();
        constexpr double title_width = 215;
        const double x = sheet::width - sheet::side - title_width;
        const Box right{.width = title_width, .align = Align::right};
        double title_end = write_down(kind_of(invoice_), display, x, y - 6, right);
        title_end = write_down(invoice_.number.value_or("not issued"), strong, x, title_end, right);
        const double issuer_end =
            write_party(invoice_.issuer, name, quiet, y, sheet::inner_width - title_width - 20);
        document_.move_down(std::max(title_end, issuer_end) - y + 24);
    }

    void draw_facts() {
        const double y = document_.y();
        write_down("Billed to", label, sheet::side, y, {});
        const double customer = write_party(invoice_.customer, strong, body, y + 11, 185);
        const double facts = draw_fact_list(sheet::side + 203, y);
        const double sum = draw_sum(y);
        document_.move_down(std::max({customer, facts, sum}) - y + 22);
    }

    double draw_fact_list(double x, double y) {
        const auto fact = [&](std::string_view what, const std::string& value) {
            if (value.empty()) return;
            write_down(what, label, x, y + 1.6, {});
            y = write_down(value, fine, x + 52, y + 1.6, {.width = 118, .most_lines = 6}) + 1.4;
        };
        fact("Period", period_of(invoice_));
        if (invoice_.issued_at) fact("Issued", show_(*invoice_.issued_at));
        if (invoice_.accrued_to) fact("Accrued up to", show_(*invoice_.accrued_to));
        if (!invoice_.corrects.empty()) fact("Corrects", joined(invoice_.corrects));
        fact("Time zone", invoice_.timezone);
        fact("Account", invoice_.account);
        fact("", invoice_.account_id.text());
        return y;
    }

    // What is owed, as large as its digits allow.
    double draw_sum(double y) {
        constexpr double width = 118;
        const double x = sheet::width - sheet::side - width;
        const Box right{.width = width, .align = Align::right};
        const double start = y;
        y = write_down(invoice_.number ? "Total" : "So far", label, x, y, right);
        const std::string total = to_text(invoice_.total);
        TextStyle style{.size = 20, .weight = Weight::bold};
        while (style.size > 9 && document_.typesetter().width_of(total, style) > width)
            --style.size;
        y = write_down(total, style, x, y, right);
        y = write_down(invoice_.currency.code(), quiet, x, y, right);
        document_.fill({.x = x - 8, .y = start, .width = 0.7, .height = y - start}, colours::line);
        return y;
    }

    void draw_lines() {
        if (!invoice_.is_empty()) draw_table(document_, lines_table(invoice_, show_));
        draw_totals(document_, invoice_);
    }

    void draw_days() {
        const DailyCost cost = daily_cost(invoice_, zone_);
        draw_chart(document_, {.cost = cost,
                               .currency = std::string(invoice_.currency.code()),
                               .timezone = invoice_.timezone});
    }

    void draw_sessions() {
        if (invoice_.sessions.empty()) return;
        document_.move_down(20);
        if (document_.room() < height_of_rest()) document_.start_page();
        document_.add_bookmark("Sessions");
        document_.move_down(document_.write("Sessions", name, sheet::side, document_.y()) + 6);
        draw_table(document_, sessions_table(invoice_, show_));
        document_.move_down(16);
    }

    // Of the sessions and of what follows them, about: a short invoice is one page.
    double height_of_rest() const {
        constexpr double heads = 50;
        constexpr double line = 25;
        constexpr double session = 25;
        constexpr double check = 100;
        constexpr double chain_head = 24;
        return heads + line * static_cast<double>(invoice_.lines.size()) +
               session * static_cast<double>(invoice_.sessions.size()) + check +
               chain_head * static_cast<double>(invoice_.chain_heads.size());
    }

    // How to check it by hand, and the digests that bind it: small, at the end.
    void draw_check() {
        std::vector<SetText> texts;
        double height = 18;
        const auto add = [&](const std::string& text, const TextStyle& style) {
            texts.push_back(
                document_.typesetter().set(text, style, {.width = sheet::inner_width - 24}));
            height += texts.back().height() + 2;
        };
        add("Checking this document", strong);
        add("Unit prices are per GB-second. Each exact amount is its GB-seconds times its unit "
            "price; it is rounded once, half up, to what is payable; the payable lines add up to "
            "the total. The GB-seconds of a session are its GB times its replicas (where the plan "
            "counts them) times its billable seconds. All instants are in the time zone " +
                invoice_.timezone + ".",
            label);
        add("SHA-256 of the inputs", label);
        add(invoice_.digest, fine);
        for (const invoicing::ChainHead& head : invoice_.chain_heads) {
            add("Head of the chain of " + std::to_string(head.facts) + " facts that gateway " +
                    isolated(head.gateway) + " had recorded of this account",
                label);
            add(head.hash, fine);
        }
        document_.require_room(height);
        draw_panel(std::move(texts), height);
    }

    void draw_panel(std::vector<SetText> texts, double height) {
        document_.fill(
            {.x = sheet::side, .y = document_.y(), .width = sheet::inner_width, .height = height},
            colours::tint);
        double y = document_.y() + 9;
        for (SetText& text : texts) {
            const double down = text.height() + 2;
            document_.place(std::move(text), sheet::side + 12, y);
            y += down;
        }
        document_.move_down(height);
    }

    const Invoice& invoice_;
    const calendar::Zone& zone_;
    ShowInstant show_;
    PdfDocument document_;
};

}  // namespace

std::string invoice_pdf(const Invoice& invoice, const calendar::Zone& zone, PdfFonts& fonts) {
    return Composing(invoice, zone, fonts.typesetter()).run();
}

}  // namespace reports

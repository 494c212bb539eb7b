#include "reports/usage_pdf.h"

#include "reports/pdf_table.h"

namespace reports {
namespace {

using invoicing::Usage;
using invoicing::UsageBy;
using invoicing::UsageRow;
using invoicing::UsageSums;

constexpr TextStyle display{.size = 22};
constexpr TextStyle name{.size = 12, .weight = Weight::bold};
constexpr TextStyle strong{.size = 8.5, .weight = Weight::bold};
constexpr TextStyle figures{.size = 8};
constexpr TextStyle bold_figures{.size = 8, .weight = Weight::bold};
constexpr TextStyle label{.size = 7, .colour = colours::soft};
constexpr TextStyle fine{.size = 8};

std::string title_of(const Usage& usage) {
    return "Usage " + usage.month + " by " + name_of(usage.by);
}

PdfFacts facts_of(const Usage& usage, const UsageHead& head) {
    const std::string account = head.account.empty() ? "all accounts" : head.account;
    return {.title = title_of(usage) + " · " + account,
            .author = head.issuer,
            .subject = "GPU inference of " + usage.month + ", " + account,
            .created_at = to_text(usage.as_of).substr(0, 19) + "Z",
            .name = title_of(usage)};
}

PdfColumn decimal(std::string title, double at_most) {
    return {.title = std::move(title),
            .align = Align::right,
            .style = figures,
            .at_most = at_most,
            .on_the_point = true};
}

PdfRow row_of(std::string first, const UsageSums& sums) {
    const std::string open =
        sums.open_sessions > 0 ? std::to_string(sums.open_sessions) + " open" : "";
    return {.cells = {{std::move(first)},
                      {std::to_string(sums.sessions), open},
                      {std::to_string(sums.inferences)},
                      {to_text(sums.used)},
                      {to_text(sums.billable)},
                      {to_text(sums.gb_seconds)},
                      {to_text(sums.amount)}}};
}

PdfTable table_of(const Usage& usage, const UsageHead& head) {
    PdfTable table{
        .columns = {{.title = name_of(usage.by), .style = strong},
                    {.title = "Sessions", .align = Align::right, .style = figures, .at_most = 42},
                    {.title = "Inferences", .align = Align::right, .style = figures, .at_most = 48},
                    decimal("Used s", 62),
                    decimal("Billable s", 56),
                    decimal("GB-seconds", 84),
                    decimal(std::string(usage.currency.code()), 116)},
        .gap = 9,
        .padding = 3.5};
    table.columns[0].title[0] = static_cast<char>(table.columns[0].title[0] - 'a' + 'A');
    const bool has_headings = usage.by != UsageBy::account && head.account.empty();
    const UsageRow* previous = nullptr;
    for (const UsageRow& row : usage.rows) {
        if (previous == nullptr || (has_headings && row.account_id != previous->account_id))
            table.groups.push_back({.heading = has_headings ? row.account : ""});
        table.groups.back().rows.push_back(
            row_of(usage.by == UsageBy::account ? row.account : row.part, row.sums));
        previous = &row;
    }
    return table;
}

class Composing {
  public:
    Composing(const Usage& usage, const UsageHead& head, Typesetter& typesetter)
        : usage_(usage), head_(head), document_(typesetter, facts_of(usage, head)) {}

    std::string run() {
        document_.add_bookmark(title_of(usage_));
        draw_top();
        draw_facts();
        if (!usage_.rows.empty()) draw_table(document_, table_of(usage_, head_));
        draw_total();
        draw_reading();
        return document_.finish();
    }

  private:
    void write_right(std::string_view text, const TextStyle& style, double y, double width) {
        document_.write(text, style, sheet::width - sheet::side - width, y,
                        {.width = width, .align = Align::right});
    }

    void draw_top() {
        constexpr double title_width = 215;
        document_.rule(document_.y(), 2.5, colours::accent);
        document_.move_down(16);
        const double y = document_.y();
        const double issuer =
            document_.write(head_.issuer, name, sheet::side, y,
                            {.width = sheet::inner_width - title_width - 20, .most_lines = 6});
        write_right("Usage", display, y - 6, title_width);
        write_right(usage_.month + " by " + name_of(usage_.by), strong, y + 24, title_width);
        document_.move_down(std::max(issuer, 40.0) + 20);
    }

    void draw_facts() {
        fact("Account", head_.account.empty() ? "all accounts" : head_.account);
        fact("Time zone", usage_.timezone.value_or("each account's own"));
        fact("Up to", to_text(usage_.as_of));
        document_.move_down(14);
    }

    void fact(std::string_view what, const std::string& value) {
        document_.write(what, label, sheet::side, document_.y() + 0.8);
        document_.move_down(document_.write(value, fine, sheet::side + 52, document_.y(),
                                            {.width = sheet::inner_width - 52, .most_lines = 6}) +
                            2);
    }

    // Each sum by itself: a table would be narrower than its own total.
    void draw_total() {
        const UsageSums& sums = usage_.total;
        document_.require_room(60);
        document_.move_down(6);
        document_.rule(document_.y(), 0.7, colours::ink);
        document_.move_down(6);
        const auto sum = [&](std::string_view what, const std::string& value) {
            document_.write(what, label, sheet::side, document_.y() + 0.8);
            write_right(value, bold_figures, document_.y(), sheet::inner_width - 80);
            document_.move_down(12);
        };
        sum("Total sessions", std::to_string(sums.sessions));
        sum("Total GB-seconds", to_text(sums.gb_seconds));
        sum("Total " + std::string(usage_.currency.code()), to_text(sums.amount));
    }

    void draw_reading() {
        std::string text = "Amounts are exact and before tax: nothing is rounded here. ";
        if (usage_.total.unpriced_sessions > 0) {
            text += std::to_string(usage_.total.unpriced_sessions) +
                    " of the sessions have no price yet, since the GB of their model is not known, "
                    "and are in no amount. ";
        }
        text +=
            "A session is counted in each row that it has a part in; its inferences are counted "
            "where it starts. The invoice of the month is what is owed.";
        document_.move_down(12);
        document_.require_room(40);
        document_.write(text, label, sheet::side, document_.y(), {.width = sheet::inner_width});
    }

    const Usage& usage_;
    const UsageHead& head_;
    PdfDocument document_;
};

}  // namespace

std::string usage_pdf(const Usage& usage, const UsageHead& head, PdfFonts& fonts) {
    return Composing(usage, head, fonts.typesetter()).run();
}

}  // namespace reports

#include "reports/pdf_table.h"

#include <sstream>
#include <utility>

namespace reports {
namespace {

// Together they leave a row, with the few notes that there are, on one page.
constexpr int most_cell_lines = 30;
constexpr int most_note_lines = 7;

/// A column as it came out.
struct Place {
    double x = 0;
    double width = 0;
    double halves = 0;       // what its decimals need to stand with their points beneath each other
    double after_point = 0;  // of that, right of the points
    bool on_the_point = false;
};

struct Halves {
    std::string_view whole;
    std::string_view fraction;  // with its point
};

Halves halves_of(std::string_view text) {
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return {text, {}};
    return {text.substr(0, point), text.substr(point)};
}

struct SetRow {
    std::vector<SetText> cells;
    std::vector<SetText> seconds;
    std::vector<SetText> notes;
    double baseline = 0;  // of the cells' first lines
    double note_top = 0;  // from the row's top
    double height = 0;
};

class Drawing {
  public:
    Drawing(PdfDocument& document, const PdfTable& table)
        : document_(document), setter_(document.typesetter()), table_(table) {
        place_columns();
    }

    void run() {
        start_head();
        for (const PdfGroup& group : table_.groups) draw(group);
    }

  private:
    template <class Use>
    void for_each_cell(std::size_t column, Use use) const {
        for (const PdfGroup& group : table_.groups) {
            for (const PdfRow& row : group.rows) {
                if (column < row.cells.size()) use(row.cells[column]);
            }
        }
    }

    // Of the widest cell, or of the widest halves before and after the points.
    double measure(std::size_t column) {
        const PdfColumn& asked = table_.columns[column];
        double width = setter_.width_of(asked.title, table_.head);
        double before = 0;
        double& after = places_[column].after_point;
        for_each_cell(column, [&](const PdfCell& cell) {
            width = std::max({width, setter_.width_of(cell.text, asked.style),
                              setter_.width_of(cell.second, asked.second)});
            if (!asked.on_the_point) return;
            const Halves halves = halves_of(cell.text);
            before = std::max(before, setter_.width_of(halves.whole, asked.style));
            after = std::max(after, setter_.width_of(halves.fraction, asked.style));
        });
        places_[column].halves = before + after;
        return std::max(width, before + after);
    }

    // What the first column does not need is for those that need more than they may have.
    void place_columns() {
        places_.resize(table_.columns.size());
        double spare = sheet::inner_width - measure(0);
        std::vector<double> wanted(places_.size());
        for (std::size_t i = 1; i < places_.size(); ++i) {
            wanted[i] = measure(i);
            places_[i].width = std::min(wanted[i], table_.columns[i].at_most);
            spare -= places_[i].width + table_.gap;
        }
        places_[0].width = sheet::inner_width;
        for (std::size_t i = 1; i < places_.size(); ++i) {
            const double more = std::clamp(spare, 0.0, wanted[i] - places_[i].width);
            places_[i].width += more;
            places_[0].width -= places_[i].width + table_.gap;
            spare -= more;
        }
        settle_columns();
    }

    void settle_columns() {
        double x = sheet::side;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            Place& place = places_[i];
            place.on_the_point = table_.columns[i].on_the_point && place.halves <= place.width;
            place.x = x;
            x += place.width + table_.gap;
        }
    }

    void start_head() {
        std::vector<SetText> titles;
        double height = 0;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            const PdfColumn& column = table_.columns[i];
            titles.push_back(setter_.set(column.title, table_.head,
                                         {.width = places_[i].width, .align = column.align}));
            height = std::max(height, titles.back().height());
        }
        document_.require_room(height + 80);  // a head does not stand alone
        for (std::size_t i = 0; i < places_.size(); ++i) {
            const double down = height - titles[i].height();
            document_.place(std::move(titles[i]), places_[i].x, document_.y() + down);
        }
        document_.move_down(height + 3);
        document_.rule(document_.y(), 0.7, colours::ink);
        document_.move_down(0.7);
    }

    SetText set_heading(const PdfGroup& group, const char* suffix) const {
        if (group.heading.empty()) return {};
        return setter_.set(group.heading + suffix, {.size = 8, .weight = Weight::bold},
                           {.width = sheet::inner_width, .most_lines = most_note_lines});
    }

    double height_of(const SetText& heading) const {
        return heading.height() > 0 ? heading.height() + 2 * table_.padding + 4 : 0;
    }

    void draw_heading(SetText heading) {
        if (heading.height() <= 0) return;
        const double height = height_of(heading);
        document_.place(std::move(heading), sheet::side, document_.y() + table_.padding + 4);
        document_.move_down(height);
        document_.rule(document_.y(), 0.4, colours::line);
    }

    // A group's heading takes its first row along.
    void draw(const PdfGroup& group) {
        SetText heading = set_heading(group, "");
        for (const PdfRow& row : group.rows) {
            SetRow set = set_row(row);
            if (document_.room() < height_of(heading) + set.height && !document_.is_at_top()) {
                document_.start_page();
                start_head();
                if (&row != group.rows.data()) heading = set_heading(group, ", continued");
            }
            draw_heading(std::exchange(heading, {}));
            draw(set);
        }
    }

    SetText set_cell(std::size_t column, const std::string& text, TextStyle style) const {
        const Place& place = places_[column];
        const bool is_figure = table_.columns[column].align == Align::right;
        // A number of many digits is set smaller before it is broken.
        if (is_figure && setter_.width_of(text, style) > place.width) style.size *= 0.82;
        return setter_.set(text, style,
                           {.width = place.width,
                            .align = table_.columns[column].align,
                            .most_lines = most_cell_lines});
    }

    SetText set_main(std::size_t column, const std::string& text) const {
        const Place& place = places_[column];
        const TextStyle& style = table_.columns[column].style;
        if (!place.on_the_point) return set_cell(column, text, style);
        const double fraction = setter_.width_of(halves_of(text).fraction, style);
        return setter_.set(
            text, style,
            {.width = place.width - place.after_point + fraction, .align = Align::right});
    }

    SetRow set_row(const PdfRow& row) const {
        SetRow set;
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            set.cells.push_back(set_main(i, row.cells[i].text));
            set.seconds.push_back(set_cell(i, row.cells[i].second, table_.columns[i].second));
            set.baseline = std::max(set.baseline, set.cells.back().baseline());
        }
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            const double second = row.cells[i].second.empty() ? 0 : set.seconds[i].height();
            set.note_top = std::max(set.note_top, second_top(set, i) + second);
        }
        set.height = set.note_top + table_.padding;
        set_notes(row.note, set);
        return set;
    }

    // Each line by itself: one may be read from the right, and its neighbour not.
    void set_notes(const std::string& note, SetRow& set) const {
        std::istringstream lines(note);
        for (std::string line; std::getline(lines, line);) {
            set.notes.push_back(setter_.set(
                line, table_.note, {.width = sheet::inner_width, .most_lines = most_note_lines}));
            set.height += set.notes.back().height();
        }
    }

    double down_of(const SetRow& set, std::size_t cell) const {
        return table_.padding + set.baseline - set.cells[cell].baseline();
    }

    double second_top(const SetRow& set, std::size_t cell) const {
        return down_of(set, cell) + set.cells[cell].height();
    }

    void draw(SetRow& set) {
        const double top = document_.y();
        for (std::size_t i = 0; i < set.cells.size(); ++i) {
            const double down = down_of(set, i);
            const double second = second_top(set, i);
            document_.place(std::move(set.cells[i]), places_[i].x, top + down);
            document_.place(std::move(set.seconds[i]), places_[i].x, top + second);
        }
        double y = top + set.note_top;
        for (SetText& note : set.notes) {
            const double height = note.height();
            document_.place(std::move(note), sheet::side, y);
            y += height;
        }
        document_.move_down(set.height);
        document_.rule(document_.y(), 0.4, colours::line);
    }

    PdfDocument& document_;
    Typesetter& setter_;
    const PdfTable& table_;
    std::vector<Place> places_;
};

}  // namespace

void draw_table(PdfDocument& document, const PdfTable& table) {
    Drawing(document, table).run();
}

}  // namespace reports

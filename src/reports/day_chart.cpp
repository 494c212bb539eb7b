#include "reports/day_chart.h"

namespace reports {
namespace {

using money::Decimal;

constexpr TextStyle title{.size = 9, .weight = Weight::bold};
constexpr TextStyle quiet{.size = 7, .colour = colours::soft};
constexpr TextStyle tick{.size = 6.5, .colour = colours::soft};
constexpr double plot_height = 84;
constexpr double gap = 8;  // between the scale and the bars
constexpr int most_steps = 4;

/// Round numbers up to one that no day passes.
struct Scale {
    Decimal step;
    int steps = 0;
    Decimal top() const { return step * Decimal(steps); }
};

// The smallest of 1, 2 and 5 times a power of ten that reaches `highest` in four steps.
Scale scale_up_to(const Decimal& highest) {
    for (Decimal power = Decimal::scaled(1, 40);; power = power * Decimal(10)) {
        for (const int factor : {1, 2, 5}) {
            Scale scale{.step = power * Decimal(factor), .steps = most_steps};
            if (scale.top() < highest) continue;
            while (scale.steps > 1 && scale.step * Decimal(scale.steps - 1) >= highest) {
                --scale.steps;
            }
            return scale;
        }
    }
}

// How much of the plot's height a day takes, to a thousandth: money turns into geometry here, by
// comparing alone.
double share_of(const Decimal& amount, const Decimal& top) {
    int low = 0;
    for (int bit = 512; bit > 0; bit /= 2) {
        const int tried = low + bit;
        if (tried <= 1000 && top * Decimal(tried) <= amount * Decimal(1000)) low = tried;
    }
    return low / 1000.0;
}

const DayCost& highest_of(const DailyCost& cost) {
    return *std::ranges::max_element(cost.days, {}, &DayCost::amount);
}

class Drawing {
  public:
    Drawing(PdfDocument& document, const DayChart& chart)
        : document_(document),
          chart_(chart),
          highest_(highest_of(chart.cost)),
          scale_(scale_up_to(highest_.amount)) {}

    void run() {
        document_.require_room(plot_height + 70);
        draw_title();
        draw_scale();
        draw_bars();
        document_.move_down(plot_height + 16);
        draw_note();
    }

  private:
    void draw_title() {
        const double y = document_.y();
        document_.write("Cost per day", title, sheet::side, y);
        const std::string text = chart_.currency + ", days of " + chart_.timezone + " · highest " +
                                 to_text(highest_.day) + ": " + to_text(highest_.amount);
        document_.write(text, quiet, sheet::side + 90, y + 2.5,
                        {.width = sheet::inner_width - 90, .align = Align::right});
        document_.move_down(24);
    }

    void draw_scale() {
        std::vector<SetText> labels;
        for (int i = 0; i <= scale_.steps; ++i) {
            labels.push_back(document_.typesetter().set(to_text(scale_.step * Decimal(i)), tick));
            label_width_ = std::max(label_width_, labels.back().width());
        }
        for (int i = 0; i <= scale_.steps; ++i) {
            SetText& label = labels[static_cast<std::size_t>(i)];
            const double y = document_.y() + plot_height * (1 - double(i) / scale_.steps);
            document_.rule(y, i == 0 ? 0.7 : 0.3, i == 0 ? colours::soft : colours::line, left(),
                           sheet::width - sheet::side - left());
            const double x = sheet::side + label_width_ - label.width();
            const double up = label.height() / 2;
            document_.place(std::move(label), x, y - up);
        }
    }

    void draw_bars() {
        const auto& days = chart_.cost.days;
        const double pitch =
            (sheet::width - sheet::side - left()) / static_cast<double>(days.size());
        for (std::size_t i = 0; i < days.size(); ++i) {
            const double x = left() + pitch * static_cast<double>(i);
            const double height = plot_height * share_of(days[i].amount, scale_.top());
            // What cost anything at all is seen.
            const double shown = days[i].amount > Decimal() ? std::max(height, 0.6) : 0;
            document_.fill({.x = x + pitch * 0.17,
                            .y = document_.y() + plot_height - shown,
                            .width = pitch * 0.66,
                            .height = shown},
                           colours::accent);
            SetText day = document_.typesetter().set(std::to_string(i + 1), tick);
            const double middle = x + (pitch - day.width()) / 2;
            document_.place(std::move(day), middle, document_.y() + plot_height + 3);
        }
    }

    void draw_note() {
        if (chart_.cost.elsewhere.is_zero()) return;
        const std::string text = "Not of a day of the month: " + to_text(chart_.cost.elsewhere) +
                                 " of adjustments and corrections.";
        document_.move_down(document_.write(text, quiet, sheet::side, document_.y(),
                                            {.width = sheet::inner_width}));
    }

    double left() const { return sheet::side + label_width_ + gap; }

    PdfDocument& document_;
    const DayChart& chart_;
    const DayCost& highest_;
    Scale scale_;
    double label_width_ = 0;
};

}  // namespace

void draw_chart(PdfDocument& document, const DayChart& chart) {
    if (highest_of(chart.cost).amount <= Decimal()) return;
    Drawing(document, chart).run();
}

}  // namespace reports

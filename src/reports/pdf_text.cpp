#include "reports/pdf_text.h"

namespace reports {
namespace {

void set_colour(cairo_t* cairo, Colour colour) {
    cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue);
}

double shift_in_box(double width, double box_width, Align align) {
    return align == Align::right && box_width > 0 ? box_width - width : 0;
}

struct FreeIter {
    void operator()(PangoLayoutIter* iter) const { pango_layout_iter_free(iter); }
};

struct Clusters {
    std::string text;
    std::vector<cairo_glyph_t> glyphs;
    std::vector<cairo_text_cluster_t> sizes;
};

bool is_unknown(const PangoGlyphInfo& info) {
    return (info.glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0;
}

// The run's clusters and where each glyph stands.
class Collecting {
  public:
    Collecting(const PangoLayoutRun& run, const char* text, double x, double y)
        : run_(run), text_(text), y_(y) {
        for (int i = 0; i < run.glyphs->num_glyphs; ++i) {
            starts_.push_back(x);
            x += to_points(run.glyphs->glyphs[i].geometry.width);
        }
    }

    // From left to right, whichever way they are read.
    Clusters run() {
        auto* item = const_cast<PangoLayoutRun*>(&run_);  // which the iterator does not change
        const bool from_end = run_.item->analysis.level % 2 == 1;
        PangoGlyphItemIter at;
        gboolean goes_on = from_end ? pango_glyph_item_iter_init_end(&at, item, text_)
                                    : pango_glyph_item_iter_init_start(&at, item, text_);
        while (goes_on) {
            add(at);
            goes_on = from_end ? pango_glyph_item_iter_prev_cluster(&at)
                               : pango_glyph_item_iter_next_cluster(&at);
        }
        return std::move(clusters_);
    }

  private:
    void add(const PangoGlyphItemIter& at) {
        cairo_text_cluster_t size{at.end_index - at.start_index, 0};
        const int first = std::min(at.start_glyph, at.end_glyph + 1);
        const int end = std::max(at.start_glyph + 1, at.end_glyph);
        for (int i = first; i < end; ++i) {
            const PangoGlyphInfo& info = run_.glyphs->glyphs[i];
            if (info.glyph == PANGO_GLYPH_EMPTY) continue;
            clusters_.glyphs.push_back(
                {is_unknown(info) ? missing : info.glyph,
                 starts_[static_cast<std::size_t>(i)] + to_points(info.geometry.x_offset),
                 y_ + to_points(info.geometry.y_offset)});
            ++size.num_glyphs;
        }
        if (size.num_glyphs == 0) return;
        clusters_.text.append(text_ + at.start_index, static_cast<std::size_t>(size.num_bytes));
        clusters_.sizes.push_back(size);
    }

    static constexpr unsigned long missing = 0;  // every font's box for what it lacks

    const PangoLayoutRun& run_;
    const char* text_;
    double y_;
    std::vector<double> starts_;
    Clusters clusters_;
};

// Pango would write what is read from the right as glyphs that step to the left, which readers of
// PDFs take for a word each: it goes in as it is seen, and they turn it round. What no font has
// Pango would draw as its number, not as text.
bool is_ours_to_draw(const PangoLayoutRun& run) {
    return run.item->analysis.level % 2 == 1 ||
           std::any_of(run.glyphs->glyphs, run.glyphs->glyphs + run.glyphs->num_glyphs, is_unknown);
}

void draw_run(cairo_t* cairo, const PangoLayoutRun& run, const char* text, double x, double y) {
    const Clusters clusters = Collecting(run, text, x, y).run();
    PangoFont* font = run.item->analysis.font;
    cairo_set_scaled_font(cairo, pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font)));
    cairo_show_text_glyphs(cairo, clusters.text.data(), static_cast<int>(clusters.text.size()),
                           clusters.glyphs.data(), static_cast<int>(clusters.glyphs.size()),
                           clusters.sizes.data(), static_cast<int>(clusters.sizes.size()), {});
}

void draw_layout(cairo_t* cairo, PangoLayout* layout, double x, double y) {
    const char* text = pango_layout_get_text(layout);
    const std::unique_ptr<PangoLayoutIter, FreeIter> iter(pango_layout_get_iter(layout));
    do {
        PangoLayoutRun* run = pango_layout_iter_get_run_readonly(iter.get());
        if (run == nullptr) continue;  // a line's end
        PangoRectangle logical;
        pango_layout_iter_get_run_extents(iter.get(), nullptr, &logical);
        const double left = x + to_points(logical.x);
        const double baseline = y + to_points(pango_layout_iter_get_baseline(iter.get()));
        if (is_ours_to_draw(*run)) {
            draw_run(cairo, *run, text, left, baseline);
        } else {
            cairo_move_to(cairo, left, baseline);
            pango_cairo_show_glyph_item(cairo, text, run);
        }
    } while (pango_layout_iter_next_run(iter.get()));
}

}  // namespace

double to_points(int pango_units) {
    return static_cast<double>(pango_units) / PANGO_SCALE;
}

bool FigureFont::has_all_of(std::string_view text) const {
    return std::ranges::all_of(text, [this](char sign) {
        const auto code = static_cast<unsigned char>(sign);
        return code < glyphs.size() && glyphs[code].is_known;
    });
}

SetText::SetText(std::string figures, const FigureFont& font, Colour colour, double box_width,
                 Align align)
    : figures_(std::move(figures)),
      font_(&font),
      colour_(colour),
      height_(font.height),
      baseline_(font.baseline) {
    for (const char sign : figures_) {
        width_ += font.glyphs[static_cast<unsigned char>(sign)].advance;
    }
    shift_ = shift_in_box(width_, box_width, align);
}

SetText::SetText(GlibPointer<PangoLayout> layout, Colour colour, double box_width, Align align)
    : layout_(std::move(layout)), colour_(colour) {
    PangoRectangle logical;
    pango_layout_get_extents(layout_.get(), nullptr, &logical);
    width_ = to_points(logical.width);
    height_ = to_points(logical.height);
    baseline_ = to_points(pango_layout_get_baseline(layout_.get()));
    shift_ = shift_in_box(width_, box_width, align);
}

void SetText::draw(cairo_t* cairo, double x, double y) const {
    if (width_ <= 0) return;
    set_colour(cairo, colour_);
    if (font_ != nullptr) return draw_figures(cairo, x + shift_, y + baseline_);
    draw_layout(cairo, layout_.get(), x + shift_, y);
}

void SetText::draw_figures(cairo_t* cairo, double x, double y) const {
    auto* scaled = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font_->font.get()));
    std::vector<cairo_glyph_t> glyphs;
    glyphs.reserve(figures_.size());
    for (const char sign : figures_) {
        const FigureFont::Glyph& glyph = font_->glyphs[static_cast<unsigned char>(sign)];
        glyphs.push_back({glyph.index, x, y});
        x += glyph.advance;
    }
    const std::vector<cairo_text_cluster_t> clusters(figures_.size(), {1, 1});
    cairo_set_scaled_font(cairo, scaled);
    cairo_show_text_glyphs(cairo, figures_.data(), static_cast<int>(figures_.size()), glyphs.data(),
                           static_cast<int>(glyphs.size()), clusters.data(),
                           static_cast<int>(clusters.size()), {});
}

}  // namespace reports

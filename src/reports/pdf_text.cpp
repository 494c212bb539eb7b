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

// From left to right as they are seen, each with its piece of the text.
Clusters clusters_of(const PangoLayoutRun& run, const char* text, double x, double y) {
    std::vector<double> starts;
    for (int i = 0; i < run.glyphs->num_glyphs; ++i) {
        starts.push_back(x);
        x += to_points(run.glyphs->glyphs[i].geometry.width);
    }
    Clusters clusters;
    // Pango's iterator does not change the item.
    auto* item = const_cast<PangoLayoutRun*>(&run);
    PangoGlyphItemIter at;
    for (gboolean goes_on = pango_glyph_item_iter_init_end(&at, item, text); goes_on;
         goes_on = pango_glyph_item_iter_prev_cluster(&at)) {
        cairo_text_cluster_t size{at.end_index - at.start_index, 0};
        for (int i = std::min(at.start_glyph, at.end_glyph + 1);
             i < std::max(at.start_glyph + 1, at.end_glyph); ++i) {
            const PangoGlyphInfo& glyph = run.glyphs->glyphs[i];
            if (glyph.glyph == PANGO_GLYPH_EMPTY) continue;
            clusters.glyphs.push_back(
                {glyph.glyph,
                 starts[static_cast<std::size_t>(i)] + to_points(glyph.geometry.x_offset),
                 y + to_points(glyph.geometry.y_offset)});
            ++size.num_glyphs;
        }
        if (size.num_glyphs == 0) continue;
        clusters.text.append(text + at.start_index, static_cast<std::size_t>(size.num_bytes));
        clusters.sizes.push_back(size);
    }
    return clusters;
}

bool is_unknown(const PangoLayoutRun& run) {
    return std::any_of(
        run.glyphs->glyphs, run.glyphs->glyphs + run.glyphs->num_glyphs,
        [](const PangoGlyphInfo& glyph) { return (glyph.glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0; });
}

// What is read from the right goes into the PDF as it is seen: its readers turn it round, and take
// glyphs that step to the left, as Pango would write them, for a word each.
void draw_from_right(cairo_t* cairo, const PangoLayoutRun& run, const char* text, double x,
                     double y) {
    const Clusters clusters = clusters_of(run, text, x, y);
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
        if (run->item->analysis.level % 2 == 1 && !is_unknown(*run)) {
            draw_from_right(cairo, *run, text, left, baseline);
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

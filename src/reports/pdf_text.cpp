#include "reports/pdf_text.h"

#include <fontconfig/fontconfig.h>

#include <optional>
#include <stdexcept>

namespace reports {
namespace {

constexpr std::string_view figure_signs = "0123456789.,:+- /";

double to_points(int pango_units) {
    return static_cast<double>(pango_units) / PANGO_SCALE;
}

void set_colour(cairo_t* cairo, Colour colour) {
    cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue);
}

double shift_in_box(double width, double box_width, Align align) {
    return align == Align::right && box_width > 0 ? box_width - width : 0;
}

std::string to_valid(std::string_view text) {
    std::string valid;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        if (start > 0) valid += '\n';
        valid += to_printable(text.substr(start, end - start));
        start = end + 1;
    }
    if (g_utf8_validate(valid.data(), static_cast<gssize>(valid.size()), nullptr)) return valid;
    const std::unique_ptr<char, decltype(&g_free)> made(
        g_utf8_make_valid(valid.data(), static_cast<gssize>(valid.size())), g_free);
    return made.get();
}

bool is_from_right(gunichar letter) {
    switch (g_unichar_get_script(letter)) {
        case G_UNICODE_SCRIPT_ARABIC:
        case G_UNICODE_SCRIPT_HEBREW:
        case G_UNICODE_SCRIPT_NKO:
        case G_UNICODE_SCRIPT_SYRIAC:
        case G_UNICODE_SCRIPT_THAANA:
            return true;
        default:
            return false;
    }
}

// As its first letter is.
bool reads_from_right(const std::string& text) {
    const std::string valid = to_valid(text);
    for (const char* at = valid.c_str(); *at != 0; at = g_utf8_next_char(at)) {
        const gunichar letter = g_utf8_get_char(at);
        if (g_unichar_isalpha(letter)) return is_from_right(letter);
    }
    return false;
}

bool reads_from_right(PangoLayout* layout) {
    return pango_layout_get_direction(layout, 0) == PANGO_DIRECTION_RTL;
}

// Some scripts' fonts leave nothing between lines: they get what the first family has.
void keep_lines_apart(PangoLayout* layout, double line_height) {
    const int count = pango_layout_get_line_count(layout);
    PangoRectangle logical;
    pango_layout_get_extents(layout, nullptr, &logical);
    const double missing = line_height - to_points(logical.height) / count;
    if (missing > 0) pango_layout_set_spacing(layout, static_cast<int>(missing * PANGO_SCALE));
}

/// Advances that do not depend on a resolution, and outlines as they are drawn.
void set_font_options(PangoContext* context) {
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
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

void require_a_font() {
    FcPattern* any = FcPatternCreate();
    FcObjectSet* objects = FcObjectSetBuild(FC_FAMILY, nullptr);
    FcFontSet* fonts = FcFontList(nullptr, any, objects);
    const bool is_there = fonts != nullptr && fonts->nfont > 0;
    if (fonts != nullptr) FcFontSetDestroy(fonts);
    FcObjectSetDestroy(objects);
    FcPatternDestroy(any);
    if (!is_there) throw std::runtime_error("no font is installed: a PDF needs one");
}

}  // namespace

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

Typesetter::Typesetter(const std::string& families) : families_(families) {
    require_a_font();
    map_.reset(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT));
    if (!map_) throw std::runtime_error("Cairo is built without FreeType: no PDF can be made");
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map_.get()), 72);  // a unit is a point
    context_.reset(pango_font_map_create_context(map_.get()));
    set_font_options(context_.get());
    // Not the process's: the same invoice is the same bytes wherever it is made.
    pango_context_set_language(context_.get(), pango_language_from_string("en"));
    // A name that is cut into lines has no sign that is not its own.
    attributes_.reset(pango_attr_list_new());
    pango_attr_list_insert(attributes_.get(), pango_attr_insert_hyphens_new(FALSE));
}

SetText Typesetter::set(std::string_view text, const TextStyle& style, const Box& box) {
    const FigureFont& font = font_of(style);
    if (font.has_all_of(text)) {
        SetText figures(std::string(text), font, style.colour, box.width, box.align);
        if (box.width <= 0 || figures.width() <= box.width) return figures;
    } else if (text.find('\n') == std::string_view::npos) {
        const Line& line = line_of(text, style);
        if (box.width <= 0 || line.width <= box.width) {
            GlibPointer<PangoLayout> layout(PANGO_LAYOUT(g_object_ref(line.layout.get())));
            return SetText(std::move(layout), style.colour, box.width, box.align);
        }
    }
    return set_in(text, style, box);
}

SetText Typesetter::set_in(std::string_view text, const TextStyle& style, const Box& box) {
    auto layout = new_layout(text, font_of(style));
    if (box.width > 0) {
        const bool is_right = (box.align == Align::right) != reads_from_right(layout.get());
        pango_layout_set_alignment(layout.get(), is_right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
        pango_layout_set_width(layout.get(), static_cast<int>(box.width * PANGO_SCALE));
        pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
        if (box.overflow == Overflow::cut)
            pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    }
    keep_lines_apart(layout.get(), font_of(style).height);
    return SetText(std::move(layout), style.colour, 0, box.align);
}

const Typesetter::Line& Typesetter::line_of(std::string_view text, const TextStyle& style) {
    auto [place, is_new] = lines_.try_emplace({style.size, style.weight, std::string(text)});
    Line& line = place->second;
    if (is_new) {
        line.layout = new_layout(text, font_of(style));
        PangoRectangle logical;
        pango_layout_get_extents(line.layout.get(), nullptr, &logical);
        line.width = to_points(logical.width);
    }
    return line;
}

GlibPointer<PangoLayout> Typesetter::new_layout(std::string_view text, const FigureFont& font) {
    GlibPointer<PangoLayout> layout(pango_layout_new(context_.get()));
    pango_layout_set_font_description(layout.get(), font.description.get());
    pango_layout_set_attributes(layout.get(), attributes_.get());
    const std::string valid = to_valid(text);
    pango_layout_set_text(layout.get(), valid.data(), static_cast<int>(valid.size()));
    return layout;
}

FigureFont& Typesetter::font_of(const TextStyle& style) {
    const auto key = std::tuple(style.size, style.weight);
    const auto found = fonts_.find(key);
    if (found != fonts_.end()) return found->second;
    return fonts_.emplace(key, make_font(style)).first->second;
}

// The glyph of each sign is what Pango takes for it alone. One that the first family lacks is left
// to Pango each time.
FigureFont Typesetter::make_font(const TextStyle& style) {
    FigureFont made;
    made.description.reset(pango_font_description_new());
    pango_font_description_set_family(made.description.get(), families_.c_str());
    pango_font_description_set_absolute_size(made.description.get(), style.size * PANGO_SCALE);
    pango_font_description_set_weight(made.description.get(), style.weight == Weight::bold
                                                                  ? PANGO_WEIGHT_BOLD
                                                                  : PANGO_WEIGHT_NORMAL);
    for (const char sign : figure_signs) {
        const auto layout = new_layout(std::string_view(&sign, 1), made);
        PangoLayoutIter* iter = pango_layout_get_iter(layout.get());
        const PangoLayoutRun* run = pango_layout_iter_get_run_readonly(iter);
        const PangoGlyphInfo& info = run->glyphs->glyphs[0];
        if (!made.font) {
            made.font.reset(PANGO_FONT(g_object_ref(run->item->analysis.font)));
            made.baseline = to_points(pango_layout_get_baseline(layout.get()));
            PangoRectangle logical;
            pango_layout_get_extents(layout.get(), nullptr, &logical);
            made.height = to_points(logical.height);
        }
        made.glyphs[static_cast<unsigned char>(sign)] = {
            .index = info.glyph,
            .advance = to_points(info.geometry.width),
            .is_known = run->item->analysis.font == made.font.get() &&
                        (info.glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0};
        pango_layout_iter_free(iter);
    }
    return made;
}

std::string isolated(const std::string& text) {
    if (!reads_from_right(text)) return text;
    return "\u2068" + text + "\u2069";
}

}  // namespace reports

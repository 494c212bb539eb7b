#include "reports/pdf_typesetter.h"

#include <fontconfig/fontconfig.h>

#include <stdexcept>

#ifdef __SANITIZE_ADDRESS__
// Fontconfig keeps what it once matched, and frees it never.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libfontconfig\n";
}
#endif

namespace reports {
namespace {

constexpr std::string_view figure_signs = "0123456789.,:+- /";

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

GlibPointer<PangoLayout> referenced(const GlibPointer<PangoLayout>& layout) {
    return GlibPointer<PangoLayout>(PANGO_LAYOUT(g_object_ref(layout.get())));
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
    }
    if (text.find('\n') == std::string_view::npos) {
        const Kept& line = layout_of(text, style, {});
        if (box.width <= 0 || line.width <= box.width)
            return SetText(referenced(line.layout), style.colour, box.width, box.align);
    }
    const Kept& kept = layout_of(text, style, box);
    return SetText(referenced(kept.layout), style.colour, 0, box.align);
}

const Typesetter::Kept& Typesetter::layout_of(std::string_view text, const TextStyle& style,
                                              const Box& box) {
    auto [place, is_new] = kept_.try_emplace(
        {std::string(text), style.size, style.weight, box.width, box.align, box.most_lines});
    Kept& kept = place->second;
    if (is_new) {
        kept.layout = new_layout(text, font_of(style), box);
        PangoRectangle logical;
        pango_layout_get_extents(kept.layout.get(), nullptr, &logical);
        kept.width = to_points(logical.width);
    }
    return kept;
}

void Typesetter::end_document() {
    constexpr std::size_t most_kept = 1000;
    if (kept_.size() > most_kept) kept_.clear();
}

GlibPointer<PangoLayout> Typesetter::new_layout(std::string_view text, const FigureFont& font,
                                                const Box& box) {
    GlibPointer<PangoLayout> layout(pango_layout_new(context_.get()));
    pango_layout_set_font_description(layout.get(), font.description.get());
    pango_layout_set_attributes(layout.get(), attributes_.get());
    const std::string valid = to_valid(text);
    pango_layout_set_text(layout.get(), valid.data(), static_cast<int>(valid.size()));
    if (box.width > 0) {
        const bool is_right = (box.align == Align::right) != reads_from_right(layout.get());
        pango_layout_set_alignment(layout.get(), is_right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
        pango_layout_set_width(layout.get(), static_cast<int>(box.width * PANGO_SCALE));
        pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
        pango_layout_set_height(layout.get(), -box.most_lines);
        pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
        keep_lines_apart(layout.get(), font.height);
    }
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
        const auto layout = new_layout(std::string_view(&sign, 1), made, {});
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

std::string isolated(const std::string& text) {
    if (!reads_from_right(text)) return text;
    // The mark before it keeps a line that begins with it a line that is read from the left.
    return "\u200e\u2068" + text + "\u2069";
}

}  // namespace reports

// A text that has its shape: how large it is, and how it gets onto a page. For the sources of the
// PDF alone: only they and pdf_typesetter.h know Pango and Cairo. Lengths are points (1/72 inch), y
// grows downwards; they are geometry, never money.
#pragma once

#include <pango/pangocairo.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "reports/table.h"

namespace reports {

enum class Weight { regular, bold };

struct Colour {
    double red = 0;
    double green = 0;
    double blue = 0;
};

namespace colours {
inline constexpr Colour ink{0.086, 0.125, 0.169};
inline constexpr Colour soft{0.365, 0.420, 0.478};
inline constexpr Colour line{0.851, 0.875, 0.898};
inline constexpr Colour tint{0.957, 0.965, 0.973};
inline constexpr Colour accent{0.043, 0.431, 0.310};
}  // namespace colours

struct TextStyle {
    double size = 9;  // points
    Weight weight = Weight::regular;
    Colour colour = colours::ink;
};

/// What a text has room for. It breaks at words, and within one that is wider than the box by
/// itself; what goes beyond the last line ends in an ellipsis.
struct Box {
    double width = 0;  // points; 0: as wide as the text
    Align align = Align::left;
    int most_lines = 40;
};

struct Unreference {
    void operator()(void* object) const { g_object_unref(object); }
};
struct FreeDescription {
    void operator()(PangoFontDescription* description) const {
        pango_font_description_free(description);
    }
};
template <class Object>
using GlibPointer = std::unique_ptr<Object, Unreference>;
struct UnreferenceAttributes {
    void operator()(PangoAttrList* attributes) const { pango_attr_list_unref(attributes); }
};
using Attributes = std::unique_ptr<PangoAttrList, UnreferenceAttributes>;
using FontDescription = std::unique_ptr<PangoFontDescription, FreeDescription>;

double to_points(int pango_units);

/// One font in one size for texts of digits and the signs around them, which need no shaping: most
/// of an invoice.
struct FigureFont {
    struct Glyph {
        unsigned long index = 0;
        double advance = 0;
        bool is_known = false;
    };
    FontDescription description = {};
    GlibPointer<PangoFont> font = {};
    std::array<Glyph, 128> glyphs = {};
    double height = 0;
    double baseline = 0;

    bool has_all_of(std::string_view text) const;
};

/// A text that is set: one line of figures, or what Pango laid out. Lives no longer than its
/// typesetter.
class SetText {
  public:
    SetText() = default;
    SetText(std::string figures, const FigureFont& font, Colour colour, double box_width,
            Align align);
    /// `box_width`: 0 where the layout has the box's width itself.
    SetText(GlibPointer<PangoLayout> layout, Colour colour, double box_width, Align align);

    double width() const { return width_; }  // of the text, at most its box's
    double height() const { return height_; }
    double baseline() const { return baseline_; }  // of the first line, from the top
    /// `x`, `y`: the box's upper left corner.
    void draw(cairo_t* cairo, double x, double y) const;

  private:
    void draw_figures(cairo_t* cairo, double x, double y) const;

    std::string figures_;
    const FigureFont* font_ = nullptr;
    GlibPointer<PangoLayout> layout_;
    Colour colour_;
    double shift_ = 0;  // of the text in its box
    double width_ = 0;
    double height_ = 0;
    double baseline_ = 0;
};

}  // namespace reports

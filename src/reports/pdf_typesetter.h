// Gives texts their shape: chooses fonts, measures, breaks lines.
#pragma once

#include <map>
#include <tuple>

#include "reports/pdf_text.h"

namespace reports {

class Typesetter {
  public:
    /// As PdfFonts.
    explicit Typesetter(const std::string& families);

    /// Line feeds part lines. Shown as to_valid has it; aligned as said whichever way it is read.
    SetText set(std::string_view text, const TextStyle& style, const Box& box = {});
    double width_of(std::string_view text, const TextStyle& style) {
        return set(text, style).width();
    }
    /// For the end of a document: what was set is kept for the next one, where labels are the same,
    /// and freed when it has become much. Fonts stay.
    void end_document();

  private:
    struct Kept {
        GlibPointer<PangoLayout> layout;
        double width = 0;
    };
    const Kept& layout_of(std::string_view text, const TextStyle& style, const Box& box);
    FigureFont& font_of(const TextStyle& style);
    FigureFont make_font(const TextStyle& style);
    GlibPointer<PangoLayout> new_layout(std::string_view text, const FigureFont& font,
                                        const Box& box);

    std::string families_;
    GlibPointer<PangoFontMap> map_;
    GlibPointer<PangoContext> context_;
    Attributes attributes_;  // of every layout
    std::map<std::tuple<double, Weight>, FigureFont> fonts_;
    /// By style, words and box: many texts of a table are the same, and all are measured before
    /// they are placed.
    std::map<std::tuple<std::string, double, Weight, double, Align, int>, Kept> kept_;
};

/// UTF-8 without control characters but line feeds: U+FFFD stands for what is neither.
std::string to_valid(std::string_view text);

/// The text set apart from the direction of what is around it, where it is read from the right.
std::string isolated(const std::string& text);

}  // namespace reports

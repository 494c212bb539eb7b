// The fonts that PDFs are set in, loaded once and used for document after document.
#pragma once

#include <memory>
#include <string>

namespace reports {

class Typesetter;

/// Noto names a family for each script; what none of these has, the system's other fonts may have.
inline constexpr const char* default_font_families =
    "Noto Sans, Noto Sans Arabic, Noto Sans Devanagari, Noto Sans CJK JP, sans-serif";

/// Not for two threads at once.
class PdfFonts {
  public:
    /// Families of fontconfig in the order in which they are tried for each script, with commas
    /// between them. What none of them has is looked for in every font of the system; a character
    /// that no font has shows as a box, and stays itself in the text. Throws
    /// std::runtime_error where the system has no font at all.
    explicit PdfFonts(const std::string& families);
    ~PdfFonts();
    PdfFonts(const PdfFonts&) = delete;
    PdfFonts& operator=(const PdfFonts&) = delete;

    Typesetter& typesetter() { return *typesetter_; }

  private:
    std::unique_ptr<Typesetter> typesetter_;
};

}  // namespace reports

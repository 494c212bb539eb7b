#include "reports/pdf_fonts.h"

#include "reports/pdf_typesetter.h"

namespace reports {

PdfFonts::PdfFonts(const std::string& families)
    : typesetter_(std::make_unique<Typesetter>(families)) {}

PdfFonts::~PdfFonts() = default;

}  // namespace reports

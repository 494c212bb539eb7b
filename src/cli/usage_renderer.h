// A month's usage in the formats that are documents or tables, by the settings' fonts and
// templates.
#pragma once

#include <memory>
#include <string>

#include "cli/settings.h"
#include "reports/usage_pdf.h"

namespace cli {

/// Fonts are loaded with the first PDF and stay for the next ones. Not for two threads at once.
class UsageRenderer {
  public:
    explicit UsageRenderer(const Settings::Reports& settings) : settings_(settings) {}

    /// `format`: table, csv, json, html or pdf. Throws std::runtime_error: a template or a font is
    /// not as it must be.
    std::string render(const invoicing::Usage& usage, const reports::UsageHead& head,
                       const std::string& format);

  private:
    const Settings::Reports settings_;
    std::unique_ptr<reports::PdfFonts> fonts_;
};

}  // namespace cli

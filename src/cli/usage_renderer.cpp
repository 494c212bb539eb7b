#include "cli/usage_renderer.h"

#include <map>
#include <stdexcept>

#include "reports/usage_report.h"

namespace cli {
namespace {

const std::map<std::string, std::string (*)(const invoicing::Usage&)> texts = {
    {"table", reports::usage_table}, {"csv", reports::usage_csv}, {"json", reports::usage_json}};

}  // namespace

std::string UsageRenderer::render(const invoicing::Usage& usage, const reports::UsageHead& head,
                                  const std::string& format) {
    if (const auto text = texts.find(format); text != texts.end()) return text->second(usage);
    if (format == "html")
        return reports::usage_page(usage, head, reports::get_usage_template(settings_.templates));
    if (format != "pdf") throw std::invalid_argument("no format of usage: " + format);
    if (!fonts_) fonts_ = std::make_unique<reports::PdfFonts>(settings_.fonts);
    return reports::usage_pdf(usage, head, *fonts_);
}

}  // namespace cli

// Invoices from JSON to documents beside them, in one process: render_invoices pdf|html FILE.json…
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "invoicing/document.h"
#include "reports/invoice_page.h"
#include "reports/invoice_pdf.h"

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

class Renderer {
  public:
    explicit Renderer(bool is_pdf) : is_pdf_(is_pdf) {
        if (is_pdf_) fonts_.emplace(reports::default_font_families);
    }

    std::string render(const invoicing::Invoice& invoice) {
        auto& zone = zones_[invoice.timezone];
        if (!zone) zone = calendar::find_zone(invoice.timezone).value();
        if (is_pdf_) return reports::invoice_pdf(invoice, *zone, *fonts_);
        return reports::invoice_page(invoice, reports::show_in(*zone), page_);
    }

  private:
    bool is_pdf_;
    std::optional<reports::PdfFonts> fonts_;
    std::map<std::string, std::optional<calendar::Zone>> zones_;
    reports::PageTemplate page_ = reports::get_invoice_template("");
};

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        std::cerr << "usage: render_invoices pdf|html FILE.json…\n";
        return 2;
    }
    const std::string format = words[1];
    try {
        Renderer renderer(format == "pdf");
        for (int i = 2; i < count; ++i) {
            const std::string path = words[i];
            const std::string document = renderer.render(invoicing::parse_invoice(read(path)));
            std::ofstream file(path.substr(0, path.rfind('.') + 1) + format, std::ios::binary);
            if (!(file << document)) throw std::runtime_error(path + ": cannot be written beside");
        }
    } catch (const std::exception& error) {
        std::cerr << "render_invoices: " << error.what() << "\n";
        return 1;
    }
    return 0;
}

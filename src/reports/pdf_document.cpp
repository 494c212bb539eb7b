#include "reports/pdf_document.h"

#include <cairo/cairo-pdf.h>

#include <stdexcept>

namespace reports {
namespace {

constexpr TextStyle running{.size = 7.5, .colour = colours::soft};

struct DestroySurface {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct DestroyContext {
    void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};
using Surface = std::unique_ptr<cairo_surface_t, DestroySurface>;
using Context = std::unique_ptr<cairo_t, DestroyContext>;

cairo_status_t append(void* bytes, const unsigned char* data, unsigned length) {
    static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
}

void require(cairo_status_t status) {
    if (status != CAIRO_STATUS_SUCCESS)
        throw std::runtime_error(std::string("no PDF: ") + cairo_status_to_string(status));
}

void set_facts(cairo_surface_t* surface, const PdfFacts& facts) {
    const auto set = [surface](cairo_pdf_metadata_t key, const std::string& value) {
        cairo_pdf_surface_set_metadata(surface, key, to_valid(value).c_str());
    };
    set(CAIRO_PDF_METADATA_TITLE, facts.title);
    set(CAIRO_PDF_METADATA_AUTHOR, facts.author);
    set(CAIRO_PDF_METADATA_SUBJECT, facts.subject);
    set(CAIRO_PDF_METADATA_CREATOR, "Tollgate");
    // Cairo takes the present for a date that is not given.
    set(CAIRO_PDF_METADATA_CREATE_DATE, facts.created_at);
    set(CAIRO_PDF_METADATA_MOD_DATE, facts.created_at);
}

}  // namespace

PdfDocument::PdfDocument(Typesetter& typesetter, PdfFacts facts)
    : typesetter_(typesetter), facts_(std::move(facts)) {
    start_page();
}

void PdfDocument::start_page() {
    pages_.emplace_back();
    y_ = sheet::top;
    if (pages_.size() > 1) {
        const double half = sheet::inner_width / 2 - 8;
        write(facts_.name, running, sheet::side, y_, {.width = half, .most_lines = 1});
        y_ += write(facts_.author, running, sheet::width - sheet::side - half, y_,
                    {.width = half, .align = Align::right, .most_lines = 1});
        y_ += 5;
        rule(y_, 0.5, colours::line);
        y_ += 14;
    }
    top_ = y_;
}

void PdfDocument::require_room(double height) {
    if (room() < height && !is_at_top()) start_page();
}

void PdfDocument::place(SetText text, double x, double y) {
    if (text.width() > 0) pages_.back().texts.push_back({std::move(text), x, y});
}

double PdfDocument::write(std::string_view text, const TextStyle& style, double x, double y,
                          const Box& box) {
    SetText set = typesetter_.set(text, style, box);
    const double height = set.height();
    place(std::move(set), x, y);
    return height;
}

void PdfDocument::fill(const Rectangle& rectangle, Colour colour) {
    pages_.back().fills.push_back({rectangle, colour});
}

void PdfDocument::rule(double y, double thickness, Colour colour, double x, double width) {
    fill({.x = x, .y = y, .width = width, .height = thickness}, colour);
}

void PdfDocument::add_bookmark(std::string title) {
    bookmarks_.push_back({std::move(title), pages_.size()});
}

void PdfDocument::write_feet() {
    const double y = sheet::height - 38;
    constexpr double page_width = 120;
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        SetText name = typesetter_.set(
            facts_.name, running, {.width = sheet::inner_width - page_width - 8, .most_lines = 1});
        SetText count = typesetter_.set(
            "Page " + std::to_string(i + 1) + " of " + std::to_string(pages_.size()), running,
            {.width = page_width, .align = Align::right});
        pages_[i].texts.push_back({std::move(name), sheet::side, y});
        pages_[i].texts.push_back({std::move(count), sheet::width - sheet::side - page_width, y});
    }
}

void PdfDocument::draw(cairo_t* cairo, const Page& page) const {
    for (const Filled& filled : page.fills) {
        cairo_set_source_rgb(cairo, filled.colour.red, filled.colour.green, filled.colour.blue);
        cairo_rectangle(cairo, filled.rectangle.x, filled.rectangle.y, filled.rectangle.width,
                        filled.rectangle.height);
        cairo_fill(cairo);
    }
    for (const Placed& placed : page.texts) placed.text.draw(cairo, placed.x, placed.y);
    cairo_show_page(cairo);
}

std::string PdfDocument::finish() {
    write_feet();
    std::string bytes;
    const Surface surface(
        cairo_pdf_surface_create_for_stream(append, &bytes, sheet::width, sheet::height));
    require(cairo_surface_status(surface.get()));
    set_facts(surface.get(), facts_);
    const Context cairo(cairo_create(surface.get()));
    for (const Page& page : pages_) draw(cairo.get(), page);
    require(cairo_status(cairo.get()));
    for (const Bookmark& bookmark : bookmarks_) {
        const std::string place = "page=" + std::to_string(bookmark.page) + " pos=[0 0]";
        cairo_pdf_surface_add_outline(surface.get(), CAIRO_PDF_OUTLINE_ROOT,
                                      to_valid(bookmark.title).c_str(), place.c_str(),
                                      CAIRO_PDF_OUTLINE_FLAG_OPEN);
    }
    cairo_surface_finish(surface.get());
    require(cairo_surface_status(surface.get()));
    typesetter_.end_document();
    return bytes;
}

}  // namespace reports

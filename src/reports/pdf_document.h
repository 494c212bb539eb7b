// Pages that fill from the top, and the PDF made of them. What stands on a page is kept until the
// end, because each page says how many there are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/pdf_typesetter.h"

namespace reports {

namespace sheet {  // A4, points
inline constexpr double width = 595.276;
inline constexpr double height = 841.890;
inline constexpr double side = 46;
inline constexpr double top = 42;
inline constexpr double bottom = 60;  // the foot of the page stands in it
inline constexpr double inner_width = width - 2 * side;
}  // namespace sheet

struct Rectangle {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};

/// What a PDF says of itself. Instants in UTC, whole seconds: 2026-11-01T00:00:00Z.
struct PdfFacts {
    std::string title = {};
    std::string author = {};
    std::string subject = {};
    std::string created_at = {};
    std::string name = {};  // of the document, on every page
};

class PdfDocument {
  public:
    PdfDocument(Typesetter& typesetter, PdfFacts facts);

    Typesetter& typesetter() { return typesetter_; }

    /// Where the next thing stands, from the page's top.
    double y() const { return y_; }
    void move_down(double points) { y_ += points; }
    double room() const { return sheet::height - sheet::bottom - y_; }
    bool is_at_top() const { return y_ <= top_; }
    /// From the second page on with a running head.
    void start_page();
    /// A new page where less than `height` is left.
    void require_room(double height);

    void place(SetText text, double x, double y);
    /// Set and placed; the text's height.
    double write(std::string_view text, const TextStyle& style, double x, double y,
                 const Box& box = {});
    void fill(const Rectangle& rectangle, Colour colour);
    void rule(double y, double thickness, Colour colour, double x = sheet::side,
              double width = sheet::inner_width);
    /// An entry of the reader's table of contents, at the present page.
    void add_bookmark(std::string title);

    /// The bytes; nothing in them but what was given: no present time, no random id. Throws
    /// std::runtime_error where Cairo cannot.
    std::string finish();

  private:
    struct Placed {
        SetText text;
        double x;
        double y;
    };
    struct Filled {
        Rectangle rectangle;
        Colour colour;
    };
    struct Page {
        std::vector<Filled> fills = {};  // beneath the texts
        std::vector<Placed> texts = {};
    };
    struct Bookmark {
        std::string title;
        std::size_t page;
    };
    void write_feet();
    void draw(cairo_t* cairo, const Page& page) const;

    Typesetter& typesetter_;
    PdfFacts facts_;
    std::vector<Page> pages_;
    std::vector<Bookmark> bookmarks_;
    double y_ = 0;
    double top_ = 0;
};

}  // namespace reports

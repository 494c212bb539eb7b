// A table that goes on over pages: its head stands on each, and so does the heading of the group
// that is cut. A row, its note and its two lines of cells stay together.
#pragma once

#include <string>
#include <vector>

#include "reports/pdf_document.h"

namespace reports {

struct PdfColumn {
    std::string title = {};
    Align align = Align::left;
    TextStyle style = {};
    TextStyle second = {.size = 7, .colour = colours::soft};
    /// Points. A column takes what its widest cell needs, up to this and to what the first column,
    /// which gets the rest, can spare.
    double at_most = 90;
    /// Decimals stand with their points beneath each other.
    bool on_the_point = false;
};

struct PdfCell {
    std::string text = {};
    std::string second = {};  // below it
};

struct PdfRow {
    std::vector<PdfCell> cells = {};
    std::string note = {};  // across all columns, quieter; empty: none
};

struct PdfGroup {
    std::string heading = {};  // empty: none
    std::vector<PdfRow> rows = {};
};

struct PdfTable {
    std::vector<PdfColumn> columns = {};
    std::vector<PdfGroup> groups = {};
    TextStyle head = {.size = 7, .colour = colours::soft};
    TextStyle note = {.size = 7, .colour = colours::soft};
    double gap = 10;     // between columns
    double padding = 4;  // above and below a row
};

/// Draws it from the document's present place on, and moves that below it.
void draw_table(PdfDocument& document, const PdfTable& table);

}  // namespace reports

// FOCUS 1.2 as CSV (RFC 4180) and its metadata. Owns the columns, in one table, and their text;
// which rows there are is invoicing/focus.h's. An empty field is null. Values are as they are: no
// guard against formulas, since programs read this and names must stay the names (a model may begin
// with @).
#pragma once

#include <string>

#include "invoicing/focus.h"

namespace reports {

/// The header line.
std::string focus_header();

/// Appends one line.
void append_focus_row(std::string& out, const invoicing::FocusStatement& statement,
                      const invoicing::FocusRow& row);

/// What the metadata says beside the columns.
struct FocusFacts {
    std::string version = {};  // of this program
    calendar::Instant created_at = {};
    std::string month = {};
    std::string account = {};   // its name; empty: all
    std::string invoiced = {};  // file names; of a stream: empty
    std::string open = {};
};

/// The id of the columns' shape: another one as soon as a column comes, goes or changes its type.
std::string focus_schema_id();

/// JSON: DataGenerator, Schema (SchemaId, FocusVersion, CreationDate, ColumnDefinition), and the
/// files with what is in each.
std::string focus_metadata(const FocusFacts& facts);

}  // namespace reports

// Text as a JSON string, in one canonical spelling (RFC 8785): shared by the facts and by the
// writers of the model API's answers.
#pragma once

#include <string>
#include <string_view>

namespace lifecycle {

/// Appends `text` in quotes. Escaped: the quote, the backslash, controls below U+0020 (\b \t \n \f
/// \r, else \u00xx in lower case); all else stands as it is. Bytes that are not UTF-8 become
/// U+FFFD, so that no reader ever refuses what was written here.
void append_json_text(std::string_view text, std::string& out);

/// Takes such a text off the front of `rest`, and puts what it stands for into `out`. False: that
/// is not how append_json_text writes any text; `rest` and `out` then mean nothing.
[[nodiscard]] bool take_json_text(std::string_view& rest, std::string& out);

}  // namespace lifecycle

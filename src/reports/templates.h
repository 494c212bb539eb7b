// The pages that people edit without C++: top-level reports/, built into the binary; a folder of
// one's own may stand in its place.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace reports {

/// By file name: invoice.html, invoice.css.
const std::map<std::string, std::string, std::less<>>& embedded_templates();

/// The file of that name: out of `folder` when it is there, else the built-in one. `folder` may be
/// empty. Throws std::runtime_error when a file is there and cannot be read, or is over 1 MiB.
std::string get_template(const std::string& folder, std::string_view name);

}  // namespace reports

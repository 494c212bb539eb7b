#include "platform/invariant.h"

#include <cstdlib>

#include "platform/log.h"

namespace platform::detail {

void abort_on(const std::source_location& where, std::initializer_list<std::string> values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
    log(Severity::error, "invariant", "broken, stopping",
        {{"file", std::string_view(where.file_name())},
         {"line", static_cast<std::uint64_t>(where.line())},
         {"function", std::string_view(where.function_name())},
         {"values", std::string_view(text)}});
    std::abort();
}

}  // namespace platform::detail

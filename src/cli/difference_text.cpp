#include "cli/difference_text.h"

#include <iostream>

#include "cli/row_printer.h"

namespace cli {

void print_difference(const proof::Difference& difference) {
    std::cout << "DIFFERENT: " << to_printable(difference.subject) << ": "
              << to_printable(difference.what) << "\n  expected "
              << to_printable(difference.expected) << "\n  found    "
              << to_printable(difference.found) << "\n";
}

nlohmann::ordered_json difference_json(const std::optional<proof::Difference>& difference) {
    if (!difference) return nullptr;
    return {{"subject", difference->subject},
            {"what", difference->what},
            {"expected", difference->expected},
            {"found", difference->found}};
}

}  // namespace cli

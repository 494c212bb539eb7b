// `tollgate verify --export`: an account's export checked by whoever holds it, without a database.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "platform/signing.h"

namespace cli {

enum class Form { text, json };

/// `trusted` empty: whoever signed it is named and taken. Prints; refused: it differs; usage: it is
/// no export.
Exit verify_export(const std::string& path, const std::vector<platform::PublicKey>& trusted,
                   Form form);

}  // namespace cli

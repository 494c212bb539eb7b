// Who this gateway is: the first half of every record's identity in the ledger.
#pragma once

#include <string>

namespace journal {

/// The id in DATA_DIR/gateway-id, 22 random letters and digits, made at the first start. It belongs
/// to the journal beside it: whoever copies one to another gateway must leave the other. Throws
/// std::runtime_error naming the file when it holds something else.
std::string load_or_make_gateway_id(const std::string& data_directory);

}  // namespace journal

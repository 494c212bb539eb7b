// Inside the ledger: the rows of a query, however many, a thousand at a time.
#pragma once

#include <functional>
#include <string>

#include "ledger/transaction.h"

namespace ledger {

using RowVisitor = std::function<bool(const pqxx::row&)>;

/// Visits what the cursor yields, until `visit` says false, and closes it.
void drain(Work& work, const std::string& cursor, const RowVisitor& visit);

/// Visits the query's rows until `visit` says false. The transaction may be used meanwhile, also
/// for another stream.
template <class... Parameters>
void for_each_row(Work& work, const RowVisitor& visit, const std::string& query,
                  const Parameters&... parameters) {
    const std::string cursor = work.quote_name(work.conn().adorn_name("stream"));
    work.exec_params("DECLARE " + cursor + " NO SCROLL CURSOR FOR " + query, parameters...);
    drain(work, cursor, visit);
}

}  // namespace ledger

// Inside the ledger: the rows of a query, however many, a thousand at a time.
#pragma once

#include <functional>
#include <optional>
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

/// The same rows, taken one by one: for two streams that are read side by side.
class RowCursor {
  public:
    template <class... Parameters>
    RowCursor(Work& work, const std::string& query, const Parameters&... parameters)
        : work_(work), name_(work.quote_name(work.conn().adorn_name("stream"))) {
        work.exec_params("DECLARE " + name_ + " NO SCROLL CURSOR FOR " + query, parameters...);
    }

    /// The row that is next, for as long as it is; absent: there are no more.
    std::optional<pqxx::row> peek();
    void pop() { ++at_; }

  private:
    Work& work_;
    std::string name_;
    pqxx::result rows_;
    pqxx::result::size_type at_ = 0;
    bool is_at_end_ = false;
};

}  // namespace ledger

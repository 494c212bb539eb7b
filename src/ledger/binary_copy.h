// Inside the ledger: rows into a table by COPY in Postgres's binary format, which costs the server
// half of what text does. libpqxx writes text only, so this speaks to libpq on the transaction's
// own connection. Owns the format (PostgreSQL manual, COPY, "Binary Format").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/transaction.h"

namespace ledger {

class BinaryCopy {
  public:
    /// Until it is finished the transaction can only be rolled back, which gives the copy up: libpq
    /// ends what is open before the next plain statement. `target`: a table and its columns, as in
    /// SQL, all of whose values come in this order.
    BinaryCopy(Work& work, const std::string& target);
    BinaryCopy(const BinaryCopy&) = delete;
    BinaryCopy& operator=(const BinaryCopy&) = delete;

    void begin_row(int columns);
    void add_text(std::string_view text) { add_bytes(text); }  // a storable one (transaction.h)
    void add_null();
    void add_number(std::int64_t number);
    void add_instant(calendar::Instant instant);
    void add_bytes(std::string_view bytes);
    /// Waits for the server's word. Throws what pqxx throws of a statement.
    void finish();

  private:
    template <class Integer>
    void append(Integer value);
    void send();
    [[noreturn]] void fail(const std::string& what) const;

    const std::string statement_;
    pqxx::internal::pq::PGconn* link_;
    std::string buffer_;
};

}  // namespace ledger

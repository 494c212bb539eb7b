#include "ledger/binary_copy.h"

#include <libpq-fe.h>

#include <memory>

namespace ledger {
namespace {

constexpr std::string_view signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t enough_bytes = 64 * 1024;
constexpr std::int64_t micros_from_1970_to_2000 = 946'684'800'000'000;

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// pqxx keeps its connection's handle for its own classes; this is the one that lends it.
class Handle : private pqxx::largeobject {
  public:
    static PGconn* of(const Work& work) { return raw_connection(work); }
};

}  // namespace

BinaryCopy::BinaryCopy(Work& work, const std::string& target)
    : statement_("COPY " + target + " FROM STDIN (FORMAT binary)"), link_(Handle::of(work)) {
    buffer_.reserve(enough_bytes + 16 * 1024);
    work.exec(statement_);
    buffer_ += signature;
    append(std::int32_t{0});  // flags
    append(std::int32_t{0});  // no extension of the header
}

template <class Integer>
void BinaryCopy::append(Integer value) {
    using Unsigned = std::make_unsigned_t<Integer>;
    char bytes[sizeof value];
    auto rest = static_cast<Unsigned>(value);
    for (std::size_t i = sizeof value; i-- > 0; rest = static_cast<Unsigned>(rest >> 8))
        bytes[i] = static_cast<char>(rest & 0xFF);
    buffer_.append(bytes, sizeof bytes);
}

void BinaryCopy::begin_row(int columns) {
    if (buffer_.size() >= enough_bytes) send();
    append(static_cast<std::int16_t>(columns));
}

void BinaryCopy::add_null() {
    append(std::int32_t{-1});
}

void BinaryCopy::add_number(std::int64_t number) {
    append(std::int32_t{8});
    append(number);
}

void BinaryCopy::add_instant(calendar::Instant instant) {
    add_number(instant.micros - micros_from_1970_to_2000);
}

void BinaryCopy::add_bytes(std::string_view bytes) {
    append(static_cast<std::int32_t>(bytes.size()));
    buffer_ += bytes;
}

void BinaryCopy::send() {
    if (PQputCopyData(link_, buffer_.data(), static_cast<int>(buffer_.size())) != 1)
        fail(PQerrorMessage(link_));
    buffer_.clear();
}

void BinaryCopy::finish() {
    append(std::int16_t{-1});
    send();
    if (PQputCopyEnd(link_, nullptr) != 1) fail(PQerrorMessage(link_));
    std::string error;
    std::string state;
    while (const Result result{PQgetResult(link_), &PQclear}) {
        if (PQresultStatus(result.get()) == PGRES_COMMAND_OK || !error.empty()) continue;
        error = PQresultErrorMessage(result.get());
        const char* code = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        if (code != nullptr) state = code;
    }
    if (PQstatus(link_) != CONNECTION_OK) fail(error);
    if (!error.empty()) throw pqxx::sql_error(error, statement_, state.c_str());
}

void BinaryCopy::fail(const std::string& what) const {
    throw pqxx::broken_connection(what);
}

}  // namespace ledger

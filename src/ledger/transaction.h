// Inside the ledger only: a transaction on a Store's connection, and how our values travel to and
// from Postgres. The one header that includes pqxx.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <type_traits>

#include "calendar/instant.h"
#include "ledger/store.h"

namespace ledger {

/// The string itself, if libpq can read it; else throws Refused. libpq's own words would quote what
/// it could not read, which may be the password.
const std::string& checked(const std::string& connection_string);

struct Store::Connection {
    explicit Connection(const std::string& connection_string) : link(checked(connection_string)) {}
    pqxx::connection link;
};

/// A transaction, or a part of one that can be undone alone (pqxx::subtransaction).
using Work = pqxx::dbtransaction;

/// In a catch block: drops a connection that is gone, and throws what the caller should see.
[[noreturn]] void rethrow_database_error(Store& store);

/// Runs `act(work)` in one transaction and commits; one attempt (pqxx's own `perform` would repeat
/// a commit in doubt). Throws Unavailable, CommitInDoubt, or what `act` threw.
template <class Act>
auto transact(Store& store, Act act) {
    try {
        pqxx::work transaction(store.connect().link);
        Work& work = transaction;
        if constexpr (std::is_void_v<decltype(act(work))>) {
            act(work);
            work.commit();
        } else {
            auto result = act(work);
            work.commit();
            return result;
        }
    } catch (...) {
        rethrow_database_error(store);
    }
}

/// Runs `act(work)` in a transaction that sees one moment and cannot write.
template <class Act>
auto transact_reading(Store& store, Act act) {
    try {
        pqxx::transaction<pqxx::isolation_level::repeatable_read, pqxx::readwrite_policy::read_only>
            transaction(store.connect().link);
        Work& work = transaction;
        auto result = act(work);
        work.commit();
        return result;
    } catch (...) {
        rethrow_database_error(store);
    }
}

/// What prices are made of (models' GB, plans) stays as it is while a meter folds: whoever changes
/// it waits, so that it finds every session that is to be folded again, and marks those. To be
/// called before any row is locked.
void hold_rules(Work& work);
void change_rules(Work& work);

/// Text as Postgres takes it: bytes that are not UTF-8, and NUL, become U+FFFD.
std::string to_storable(std::string_view text);
bool is_storable(std::string_view text);

/// `2026-10-05 10:00:00.5+00`, the way our connections print it.
calendar::Instant read_instant(const pqxx::field& field);
std::optional<calendar::Instant> find_instant(const pqxx::field& field);
std::optional<std::string> find_text(const pqxx::field& field);
std::optional<std::string> to_parameter(const std::optional<calendar::Instant>& instant);

}  // namespace ledger

// Inside the ledger: sessions as rows. One list of columns for reading and writing.
#pragma once

#include <string>
#include <vector>

#include "ledger/transaction.h"
#include "lifecycle/session.h"

namespace ledger {

/// For a SELECT of sessions named `s`; read_session reads them from the field `first` on.
extern const char* const session_columns;
lifecycle::Session read_session(const pqxx::row& row, pqxx::row::size_type first = 0);

/// Inserts the session or overwrites its row. `plan` empty: none was in force.
void write_session(Work& work, const lifecycle::AccountId& account,
                   const lifecycle::Session& session, const std::string& plan);

struct NewSession {
    const lifecycle::AccountId& account;
    const lifecycle::Session& session;
    const std::string& plan;
};
/// Inserts sessions that are not in the table, all in one statement.
void copy_sessions(Work& work, const std::vector<NewSession>& sessions);

}  // namespace ledger

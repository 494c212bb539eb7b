// The schema's history: numbered SQL files of migrations/, built into the binary, applied in order,
// each in a transaction of its own, under an advisory lock. Owns the schema's version; the only
// code that runs as the schema's owner.
#pragma once

#include <string>
#include <vector>

namespace ledger {

struct Migration {
    int version = 0;
    std::string name;  // the file's, without .sql
    std::string sql;
};

/// In order of version, dense from 1.
const std::vector<Migration>& embedded_migrations();

struct MigrationStatus {
    int version = 0;
    std::string name;
    bool applied = false;
};

/// Applies what is missing; how many that were. `connection_string` names a user who may make roles
/// on the first time, and is a member of tollgate_owner later. Throws Unavailable, or Refused: the
/// schema is newer than this binary, or an applied migration differs from ours.
int migrate(const std::string& connection_string,
            const std::vector<Migration>& migrations = embedded_migrations());

/// What is applied and what is not. Throws like migrate(); changes nothing.
std::vector<MigrationStatus> list_migrations(
    const std::string& connection_string,
    const std::vector<Migration>& migrations = embedded_migrations());

}  // namespace ledger

// What the files of a Postgres cluster and installation say: which programs fit, whether a server
// runs, where its socket is. Owns no process; embedded_postgres.h acts on it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace platform {

/// The folder with initdb, pg_ctl and postgres that fits: of `major` when a cluster is there, else
/// the newest. Throws EmbeddedPostgresError with what to install.
std::string find_postgres_programs(const std::vector<std::string>& installations,
                                   std::optional<int> major, const std::string& cluster);

/// The major version a cluster was made by (its PG_VERSION); absent where there is no cluster.
std::optional<int> read_cluster_version(const std::string& cluster);

/// A running postmaster, as its pid file tells.
struct Postmaster {
    int process_id = 0;
    std::string socket_directory;
    bool ready = false;
};

/// Absent: none runs. A pid file whose process is gone, or is some other program by now, counts as
/// none.
std::optional<Postmaster> find_postmaster(const std::string& cluster);

/// Processes of the cluster, postmaster or backends: those whose working directory it is. Backends
/// outlive a killed postmaster by a moment.
std::vector<int> find_cluster_processes(const std::string& cluster);

}  // namespace platform

// What really happened, and what the product made of it, in words of their own: the auditor's two
// inputs. Knows no type of the product. All instants are the upstream's clock, in microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulation/agenda.h"

namespace simulation {

enum class EndOfLife { none, deleted, expired, failed };

/// One instance, as the upstream lived it.
struct Life {
    std::size_t id = 0;
    std::string upstream_account;
    std::string model;
    std::int64_t concurrency = 1;
    std::int64_t period_seconds = 1800;
    std::string ticket;  // of the load that began it, GATEWAY-BOOT-NUMBER; empty: from elsewhere
    Micros created = 0;
    std::optional<Micros> running;
    std::optional<Micros> expires;  // as it stands, or stood at the end; absent: a run in flight
    std::optional<Micros> ended;
    EndOfLife end = EndOfLife::none;
};

/// What a gateway learned of a life and made a fact of.
struct Evidence {
    enum class Kind {
        load_accepted,    // the load that began it was answered 2xx
        alive,            // booting
        running,          // a report: RUNNING
        ended_report,     // a report: STOPPED or FAILED, with its instant
        denial,           // 404
        run_taken,        // a run was answered by the engine
        delete_answered,  // 2xx
    };
    Kind kind = Kind::alive;
    std::size_t life = 0;
    std::string account;  // the product's, whose fact it is
    std::string key;
    Micros asked = 0;               // it left the gateway
    Micros handled = 0;             // at the upstream; of a run: its end
    Micros answered = 0;            // the answer reached the gateway
    Micros date = 0;                // whole seconds, as the answer told
    bool unused = false;            // a report with no inference yet
    std::optional<Micros> expires;  // as reported
    bool certain = false;           // its fact was durable before the gateway went on
};

/// A call whose answer may have left a gateway.
struct Call {
    enum class Kind { load, run, remove };
    Kind kind = Kind::load;
    std::string gateway;
    std::uint64_t boot = 0;
    std::uint64_t number = 0;
    std::string key;
    std::string model;
    bool acknowledged = false;
};

struct Truth {
    std::vector<Life> lives;
    std::vector<Evidence> evidence;
    std::vector<Call> calls;
};

// What the product has in the end ---------------------------------------------------------------

/// A fact in the books, as far as it is counted.
struct BookEntry {
    std::string gateway;
    std::uint64_t sequence = 0;
    enum class Kind { load, remove, runs, other } kind = Kind::other;
    std::uint64_t boot = 0;
    std::uint64_t number = 0;
    std::string key;
    std::string model;
    std::uint64_t arrived = 0;  // of runs
};

/// A session and its charge. Decimals as text, as a customer reads them.
struct Billed {
    std::string session;
    std::string account;
    std::string model;
    std::optional<Micros> created;
    Micros loaded = 0;
    bool open = false;
    std::string gb;  // empty: not known
    std::int64_t concurrency = 1;
    std::string amount;
    std::vector<std::string> slices;
    std::string note;  // instants and evidence, for the trace
};

struct Books {
    std::vector<BookEntry> entries;
    std::vector<Billed> sessions;
    std::vector<std::string> unshipped;  // a sentence for each gateway with a rest
};

}  // namespace simulation

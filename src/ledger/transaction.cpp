#include "ledger/transaction.h"

#include <libpq-fe.h>

#include <string_view>

namespace ledger {
namespace {

// SQLSTATE classes and codes after which trying later may help.
bool is_passing(std::string_view state) {
    for (const std::string_view prefix : {"08", "53", "57", "58", "40", "55P03", "25006"}) {
        if (state.starts_with(prefix)) return true;
    }
    return false;
}

// The length of the UTF-8 sequence at the front, 0 where there is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return first == 0 ? 0 : 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

}  // namespace

const std::string& checked(const std::string& connection_string) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(connection_string.c_str(), nullptr), &PQconninfoFree);
    if (parsed) return connection_string;
    throw Refused(
        "database.url cannot be read: a URI has the form "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE, with what is special in it "
        "percent-encoded");
}

void rethrow_database_error(Store& store) {
    try {
        throw;
    } catch (const pqxx::in_doubt_error& error) {
        store.disconnect();
        throw CommitInDoubt(error.what());
    } catch (const pqxx::broken_connection& error) {
        store.disconnect();
        throw Unavailable(std::string("the database cannot be reached: ") + error.what());
    } catch (const pqxx::sql_error& error) {
        if (!store.connected() || is_passing(error.sqlstate())) {
            store.disconnect();
            throw Unavailable(std::string("the database cannot serve now: ") + error.what());
        }
        throw;
    } catch (const pqxx::failure& error) {
        const bool gone = !store.connected();
        store.disconnect();
        if (gone) throw Unavailable(std::string("the database went away: ") + error.what());
        throw Unavailable(std::string("the database cannot serve now: ") + error.what());
    } catch (...) {
        if (!store.connected()) store.disconnect();
        throw;
    }
}

void hold_rules(Work& work) {
    work.exec("SELECT pg_advisory_xact_lock_shared(hashtext('tollgate.rules'))");
}

void change_rules(Work& work) {
    work.exec("SELECT pg_advisory_xact_lock(hashtext('tollgate.rules'))");
}

bool is_storable(std::string_view text) {
    bool is_ascii = true;  // without a way out, so that it is done many bytes at a time
    for (const char c : text) is_ascii &= c > 0;
    if (is_ascii) return true;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string to_storable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) {
            result += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            result.append(text.substr(0, length));
            text.remove_prefix(length);
        }
    }
    return result;
}

calendar::Instant read_instant(const pqxx::field& field) {
    std::string text = field.c_str();
    if (text.size() > 13 && text[10] == ' ' && text.ends_with("+00")) {
        text[10] = 'T';
        text.replace(text.size() - 3, 3, "Z");
    }
    const auto instant = calendar::parse_instant(text);
    if (!instant) throw std::runtime_error("not an instant in the ledger: " + text);
    return *instant;
}

std::optional<calendar::Instant> find_instant(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return read_instant(field);
}

std::optional<std::string> find_text(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return field.as<std::string>();
}

std::optional<std::string> to_parameter(const std::optional<calendar::Instant>& instant) {
    if (!instant) return std::nullopt;
    return calendar::to_text(*instant);
}

}  // namespace ledger

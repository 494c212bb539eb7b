// The log: one line an event on standard error, for a person first and for grep second:
//   2026-11-23T20:18:56.123Z info  journal  opened segment  first=417 path=/var/lib/tollgate/…
// Never a prompt, an output, a credential or a query string: callers pass only what is known clean.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace platform {

enum class Severity { debug, info, warning, error };

struct Field {
    Field(std::string_view field_name, std::string_view text);
    Field(std::string_view field_name, std::int64_t number);
    Field(std::string_view field_name, std::uint64_t number);
    Field(std::string_view field_name, int number);
    std::string name;
    std::string value;  // quoted where it holds spaces; control characters escaped
};

/// Thread-safe; lines of several threads do not mix. `area` is the room.
void log(Severity severity, std::string_view area, std::string_view event,
         std::initializer_list<Field> fields = {});
/// Lines below it are dropped; info at start.
void set_log_threshold(Severity severity);

}  // namespace platform

#include "platform/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>

#include "platform/clock.h"

namespace platform {
namespace {

std::atomic<Severity> threshold{Severity::info};
std::mutex mutex;

constexpr std::array<std::string_view, 4> names = {"debug", "info ", "warn ", "error"};

void append_escaped(std::string& out, std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            (out += "\\x").append({digits[byte >> 4], digits[byte & 15]});
        } else if (c == '"' || c == '\\') {
            out.append({'\\', c});
        } else {
            out += c;
        }
    }
}

/// As a field's value stands in the line: bare, or quoted where a reader could not find its end.
std::string to_value(std::string_view text) {
    const bool bare = !text.empty() && text.find_first_of(" =\"\\") == std::string_view::npos;
    std::string out;
    if (!bare) out += '"';
    append_escaped(out, text);
    if (!bare) out += '"';
    return out;
}

void write_line(std::string_view line) {
    // Standard error that cannot be written leaves nobody to tell.
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

Field::Field(std::string_view field_name, std::string_view text)
    : name(field_name), value(to_value(text)) {}
Field::Field(std::string_view field_name, std::int64_t number)
    : name(field_name), value(std::to_string(number)) {}
Field::Field(std::string_view field_name, std::uint64_t number)
    : name(field_name), value(std::to_string(number)) {}
Field::Field(std::string_view field_name, int number)
    : name(field_name), value(std::to_string(number)) {}

void log(Severity severity, std::string_view area, std::string_view event,
         std::initializer_list<Field> fields) {
    if (severity < threshold.load(std::memory_order_relaxed)) return;
    std::string line = calendar::to_text_milliseconds(wall_clock());
    ((line += ' ') += names[static_cast<std::size_t>(severity)]) += ' ';
    line += area;
    line.append(area.size() < 8 ? 8 - area.size() : 0, ' ');
    line += ' ';
    append_escaped(line, event);
    std::string_view gap = "  ";
    for (const Field& field : fields) {
        (((line += gap) += field.name) += '=') += field.value;
        gap = " ";
    }
    line += '\n';
    const std::lock_guard lock(mutex);
    write_line(line);
}

void set_log_threshold(Severity severity) {
    threshold.store(severity, std::memory_order_relaxed);
}

}  // namespace platform

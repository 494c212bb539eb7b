#include "bytez/route.h"

#include <array>
#include <cstdint>
#include <string>

namespace bytez {
namespace {

struct KnownCall {
    Call call;
    std::string_view method;
    std::string_view path;
    std::string_view name;
    bool metered;
};

constexpr std::array<KnownCall, 7> known_calls = {{
    {Call::list, "GET", "/model/list", "list", false},
    {Call::job, "POST", "/model/job", "job", false},
    {Call::load, "POST", "/model/load", "load", true},
    {Call::status, "POST", "/model/status", "status", false},
    {Call::run, "POST", "/model/run", "run", true},
    {Call::instances, "GET", "/model/instances", "instances", false},
    {Call::delete_instance, "POST", "/model/delete", "delete", true},
}};

const KnownCall& entry_of(Call call) {
    return known_calls[static_cast<std::size_t>(call)];
}

const KnownCall* find_path(std::string_view path) {
    for (const KnownCall& known : known_calls) {
        if (known.path == path) return &known;
    }
    return nullptr;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// One round of percent-decoding; false when nothing changed.
bool decode_percent(std::string& path) {
    std::size_t out = 0;
    bool changed = false;
    for (std::size_t in = 0; in < path.size(); ++out) {
        int high = -1, low = -1;
        if (path[in] == '%' && in + 2 < path.size()) {
            high = hex_value(path[in + 1]);
            low = hex_value(path[in + 2]);
        }
        if (high >= 0 && low >= 0) {
            path[out] = static_cast<char>(high * 16 + low);
            in += 3;
            changed = true;
        } else {
            path[out] = path[in++];
        }
    }
    path.resize(out);
    return changed;
}

/// A segment as lenient servers compare it: without `;parameters`, surrounding blanks and trailing
/// dots other than a dot segment's own, in lower case.
std::string lenient_segment(std::string_view raw) {
    raw = raw.substr(0, raw.find(';'));
    const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (!raw.empty() && is_blank(raw.front())) raw.remove_prefix(1);
    while (!raw.empty() && is_blank(raw.back())) raw.remove_suffix(1);
    if (raw.find_first_not_of('.') != raw.npos) {
        while (raw.back() == '.') raw.remove_suffix(1);
    }
    std::string segment(raw);
    for (char& c : segment) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return segment;
}

struct LenientPath {
    std::string path;
    bool climbs = false;  // above its root: an upstream's path prefix may lead in again
};

/// The path as the most lenient of servers would read it.
LenientPath lenient_path(std::string_view target) {
    std::string decoded(target);
    for (int round = 0; round < 3 && decode_percent(decoded); ++round) {
    }
    decoded.resize(std::min({decoded.find('?'), decoded.find('#'), decoded.size()}));
    for (char& c : decoded) {
        if (c == '\\') c = '/';
    }
    LenientPath result;
    std::string& path = result.path;
    for (std::size_t at = 0; at < decoded.size();) {
        const std::size_t slash = std::min(decoded.find('/', at), decoded.size());
        const std::string segment =
            lenient_segment(std::string_view(decoded).substr(at, slash - at));
        at = slash + 1;
        if (segment.empty() || segment == ".") continue;
        if (segment == "..") {
            result.climbs = result.climbs || path.empty();
            path.resize(path.empty() ? 0 : path.rfind('/'));
            continue;
        }
        path += '/';
        path += segment;
    }
    return result;
}

const KnownCall* find_meant(std::string_view target) {
    const LenientPath meant = lenient_path(target);
    for (const KnownCall& known : known_calls) {
        if (meant.climbs ? meant.path.ends_with(known.path) : meant.path == known.path) {
            return &known;
        }
    }
    return nullptr;
}

}  // namespace

Route classify(std::string_view method, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (const KnownCall* known = find_path(path)) {
        if (known->method == method) return {RouteKind::known, known->call};
        if (method == "OPTIONS" || method == "HEAD") return {RouteKind::other, known->call};
        return {RouteKind::wrong_method, known->call};
    }
    if (const KnownCall* meant = find_meant(target)) {
        return {RouteKind::near_miss, meant->call};
    }
    return {};
}

std::string_view to_text(Call call) {
    return entry_of(call).name;
}
std::string_view path_of(Call call) {
    return entry_of(call).path;
}
bool is_metered(Call call) {
    return entry_of(call).metered;
}

}  // namespace bytez

#include "proxy/head.h"

#define BOOST_BEAST_HEADER_ONLY 1
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace proxy {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

std::string_view to_view(BeastText text) {
    return {text.data(), text.size()};
}

/// Beast's parser with its virtual calls turned into a Head. It sees whole heads only.
template <bool is_request>
class Parser final : public http::basic_parser<is_request> {
  public:
    using Target = std::conditional_t<is_request, RequestHead, AnswerHead>;
    using Base = http::basic_parser<is_request>;

    Parser(Target& head, std::size_t max_fields) : head_(head), max_fields_(max_fields) {
        this->body_limit(boost::none);
        this->header_limit(std::numeric_limits<std::uint32_t>::max());
    }
    bool parse(std::string_view bytes) {
        error_code error;
        this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
        return !error && this->is_header_done();
    }
    bool has_too_many_fields() const { return head_.fields.size() > max_fields_; }

  private:
    void on_request_impl(http::verb, BeastText method, BeastText target, int version,
                         error_code&) override {
        if constexpr (is_request) {
            head_.method = to_view(method);
            head_.target = to_view(target);
            head_.version_minor = version - 10;
        }
    }
    void on_response_impl(int status, BeastText, int version, error_code&) override {
        if constexpr (!is_request) {
            head_.status = status;
            head_.version_minor = version - 10;
        }
    }
    void on_field_impl(http::field, BeastText name, BeastText value, error_code& error) override {
        head_.fields.push_back({to_view(name), to_view(value)});
        if (has_too_many_fields()) error = http::error::header_limit;
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(BeastText, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    Target& head_;
    std::size_t max_fields_;
};

bool is_hop_name(std::string_view name) {
    switch (name.size()) {
        case 2:
            return equal_names(name, "te");
        case 7:
            return equal_names(name, "upgrade");
        case 10:
            return equal_names(name, "connection") || equal_names(name, "keep-alive");
        case 16:
            return equal_names(name, "proxy-connection");
        case 19:
            return equal_names(name, "proxy-authorization");
        default:
            return false;
    }
}

/// Fields that a client may not have us drop by naming them in Connection: the upstream would read
/// another message than the one that was metered.
bool is_needed_end_to_end(std::string_view name) {
    for (const std::string_view needed :
         {"host", "content-length", "transfer-encoding", "authorization", "content-type",
          "content-encoding", "trailer", "expect", "cookie"}) {
        if (equal_names(name, needed)) return true;
    }
    return false;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Marks the fields that a Connection field names; false when it names one that must pass.
bool mark_named(Head& head, std::string_view list) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view name = trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (equal_names(name, "close") || equal_names(name, "keep-alive")) continue;
        if (is_needed_end_to_end(name)) return false;
        for (HeadField& field : head.fields) {
            if (equal_names(field.name, name)) field.is_hop = true;
        }
    }
    return true;
}

std::optional<std::string_view> mark_hops(Head& head) {
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        HeadField& field = head.fields[i];
        field.is_hop = field.is_hop || is_hop_name(field.name);
        if (equal_names(field.name, "connection") && !mark_named(head, field.value)) {
            return "the Connection field names a field that belongs to the message";
        }
    }
    return {};
}

/// Framing as Beast found it, but Transfer-Encoding must be `chunked` and nothing else, and a
/// length is given once: readers differ in which of several they take, even where they are the
/// same.
template <class BeastParser>
std::optional<std::string_view> read_framing(const BeastParser& parser, Head& head) {
    bool has_length = false;
    for (const HeadField& field : head.fields) {
        if (equal_names(field.name, "content-length")) {
            if (has_length || field.value.find(',') != field.value.npos) {
                return "more than one Content-Length";
            }
            has_length = true;
        }
        if (!equal_names(field.name, "transfer-encoding")) continue;
        if (!equal_names(field.value, "chunked")) return "an unknown transfer encoding";
        if (head.version_minor == 0) return "a transfer encoding in HTTP/1.0";
    }
    if (parser.chunked()) {
        head.framing = {Framing::Kind::chunked, 0};
    } else if (const auto length = parser.content_length()) {
        head.framing = {*length == 0 ? Framing::Kind::none : Framing::Kind::length, *length};
    } else {
        head.framing = {parser.need_eof() ? Framing::Kind::until_close : Framing::Kind::none, 0};
    }
    return {};
}

constexpr auto is_odd_in_host = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("/\\@,?#\"<>"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

/// A name or an address, and perhaps a port.
bool is_host(std::string_view host) {
    for (const char c : host) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte >= 0x7F || is_odd_in_host[byte]) return false;
    }
    const bool is_bracketed = host.starts_with('[');
    const std::size_t name_end =
        is_bracketed ? host.find(']') + 1 : std::min(host.find(':'), host.size());
    if (name_end == 0) return false;
    const std::string_view port = host.substr(name_end);
    return port.empty() ||
           (port.front() == ':' && port.find_first_not_of("0123456789", 1) == port.npos);
}

/// RFC 9112, 3.2: one Host in HTTP/1.1, and a target in absolute form must agree with it.
std::optional<std::string_view> check_target(RequestHead& head) {
    const std::size_t hosts = head.count("host");
    if (hosts > 1 || (hosts == 0 && head.version_minor == 1)) return "exactly one Host is needed";
    const std::string_view host = head.find("host").value_or("");
    if (hosts == 1 && !is_host(host)) return "the Host is malformed";
    if (head.method == "CONNECT") return "CONNECT is not for this gateway";
    if (head.target.find('#') != head.target.npos) return "a fragment in the target";
    if (head.target.starts_with('/')) return {};
    if (head.target == "*" && head.method == "OPTIONS") return {};
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_names(head.target.substr(0, scheme.size()), scheme)) continue;
        const std::string_view rest = head.target.substr(scheme.size());
        const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
        if (path == 0 || !equal_names(rest.substr(0, path), host)) break;
        if (path < rest.size() && rest[path] == '?') break;
        head.target = path == rest.size() ? std::string_view("/") : rest.substr(path);
        return {};
    }
    return "the target is malformed or for another host";
}

}  // namespace

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool equal_names(std::string_view a, std::string_view b) {
    // No call: most differ in their length or first letter.
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return x == y || to_lower(x) == to_lower(y); });
}

bool belongs_in_head(std::string_view name) {
    return is_needed_end_to_end(name) || is_hop_name(name);
}

HeadSearch::Outcome HeadSearch::look(std::string_view bytes) {
    // at_ is the beginning of a line, or 0.
    while (true) {
        const void* const found = std::memchr(bytes.data() + at_, '\n', bytes.size() - at_);
        if (!found) return Outcome::incomplete;
        const auto line_end =
            static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        const std::size_t size = line_end - at_;
        if (size == 0 || bytes[line_end - 1] != '\r') return Outcome::malformed;
        const char first = bytes[at_];
        if (at_ != 0 && (first == ' ' || first == '\t')) return Outcome::malformed;
        at_ = line_end + 1;
        if (size == 1) return Outcome::found;
    }
}

std::optional<std::string_view> Head::find(std::string_view name) const {
    for (const HeadField& field : fields) {
        if (equal_names(field.name, name)) return field.value;
    }
    return {};
}

std::size_t Head::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(),
                      [name](const HeadField& field) { return equal_names(field.name, name); }));
}

std::optional<std::string_view> parse_head(std::string_view bytes, std::size_t max_fields,
                                           RequestHead& head) {
    head.fields.clear();
    head.bytes = bytes;
    head.framing = {};
    Parser<true> parser(head, max_fields);
    if (!parser.parse(bytes)) {
        if (parser.has_too_many_fields()) return too_many_fields;
        return "the request's head is malformed";
    }
    if (const auto fault = read_framing(parser, head)) return fault;
    if (const auto fault = mark_hops(head)) return fault;
    if (const auto fault = check_target(head)) return fault;
    // Beast counts on the framing for keep-alive in answers only; in requests the field decides.
    head.keep_alive = parser.keep_alive() && head.version_minor == 1;
    const auto expect = head.version_minor == 1 ? head.find("expect") : std::nullopt;
    head.expects_continue = expect && equal_names(*expect, "100-continue");
    return {};
}

std::optional<std::string_view> parse_head(std::string_view bytes, std::size_t max_fields,
                                           bool without_body, AnswerHead& head) {
    head.fields.clear();
    head.bytes = bytes;
    head.framing = {};
    Parser<false> parser(head, max_fields);
    if (without_body) parser.skip(true);
    if (!parser.parse(bytes)) return "the answer's head is malformed";
    if (const auto fault = read_framing(parser, head)) return fault;
    if (const auto fault = mark_hops(head)) return fault;
    const int status = head.status;
    if (without_body || status / 100 == 1 || status == 204 || status == 304) head.framing = {};
    head.keep_alive = parser.keep_alive() && head.framing.kind != Framing::Kind::until_close;
    return {};
}

}  // namespace proxy

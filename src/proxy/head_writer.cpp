#include "proxy/head_writer.h"

namespace proxy {
namespace {

/// Copies a head's lines in runs as long as possible.
class LineCopier {
  public:
    LineCopier(const Head& head, std::string& out) : head_(head), out_(out) {}

    void keep(std::size_t index) {
        if (run_begin_ == nullptr) run_begin_ = begin_of(index);
    }
    /// What was kept up to the field `index` is written; that field is not.
    void drop(std::size_t index) {
        if (run_begin_) out_.append(run_begin_, begin_of(index));
        run_begin_ = nullptr;
    }
    void finish() { drop(head_.fields.size()); }

  private:
    const char* begin_of(std::size_t index) const {
        if (index < head_.fields.size()) return head_.fields[index].name.data();
        return head_.bytes.data() + head_.bytes.size() - 2;  // the blank line
    }
    const Head& head_;
    std::string& out_;
    const char* run_begin_ = nullptr;
};

void append_field(std::string_view name, std::string_view value, std::string& out) {
    out.append(name).append(": ").append(value).append("\r\n");
}

bool is_framing(std::string_view name) {
    return equal_names(name, "content-length") || equal_names(name, "transfer-encoding") ||
           equal_names(name, "trailer");
}

}  // namespace

void append_request_head(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
    out.append(head.method).append(" ");
    if (head.target != "*") out.append(rewrite.path_prefix);
    out.append(head.target).append(head.version_minor == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    LineCopier lines(head, out);
    bool has_host = false;
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        const HeadField& field = head.fields[i];
        const std::string_view name = field.name;
        if (field.is_hop || (rewrite.without_expect && equal_names(name, "expect")) ||
            (rewrite.without_encoding && equal_names(name, "accept-encoding"))) {
            lines.drop(i);
        } else if (equal_names(name, "host")) {
            lines.drop(i);
            append_field(name, rewrite.host, out);
            has_host = true;
        } else if (!rewrite.authorization.empty() && equal_names(name, "authorization")) {
            lines.drop(i);
            append_field(name, rewrite.authorization, out);
        } else {
            lines.keep(i);
        }
    }
    lines.finish();
    if (!has_host) append_field("Host", rewrite.host, out);
    out.append("\r\n");
}

void append_answer_head(const AnswerHead& head, AnswerRewrite rewrite, std::string& out) {
    // Our own version, as RFC 9110, 2.5 wants it of an intermediary; the rest of the line stays.
    const std::size_t version = std::string_view("HTTP/1.1").size();
    const std::size_t line_end = head.bytes.find('\n') + 1;
    out.append("HTTP/1.1").append(head.bytes.substr(version, line_end - version));
    LineCopier lines(head, out);
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        const HeadField& field = head.fields[i];
        if (field.is_hop || (rewrite.without_framing && is_framing(field.name))) {
            lines.drop(i);
        } else {
            lines.keep(i);
        }
    }
    lines.finish();
    if (rewrite.closes) append_field("Connection", "close", out);
}

}  // namespace proxy

// The upstream over HTTP or HTTPS (Poco). One connection a question: the watcher asks seldom.
#pragma once

#include <memory>
#include <string>

#include "watcher/upstream.h"

namespace watcher {

struct HttpOptions {
    std::string url;      // http or https, host, optional port and path prefix
    std::string ca_file;  // empty: the system's authorities
    // PEM files, for an upstream that asks for them; empty: none.
    std::string certificate;
    std::string certificate_key;
    calendar::Duration connect_timeout = calendar::Duration::seconds(5);
    calendar::Duration answer_timeout = calendar::Duration::seconds(15);  // a whole question
    std::size_t status_limit = 1u << 20;  // bytes of an answer's body
    std::size_t list_limit = 64u << 20;
};

/// Certificates are verified, also of localhost, and must name the host. Throws
/// std::invalid_argument when the URL is none, Poco::Exception when a PEM file cannot
/// be read.
std::unique_ptr<Upstream> make_http_upstream(HttpOptions options);

}  // namespace watcher

#include "proxy/own_answer.h"

#include "bytez/answer.h"

namespace proxy {
namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Error";
    }
}

}  // namespace

void append_own_answer(const OwnAnswer& answer, std::string_view request_id, std::string& out) {
    const OwnError& error = answer.error;
    const std::string body = bytez::write_error(error.message);
    out.append("HTTP/1.1 ").append(std::to_string(error.status)).append(" ");
    out.append(reason_of(error.status));
    out.append("\r\nContent-Type: application/json\r\nContent-Length: ");
    out.append(std::to_string(body.size()));
    out.append("\r\ntollgate-error: ").append(error.code);
    out.append("\r\nx-request-id: ").append(request_id).append("\r\n");
    if (error.status == 405) out.append("Allow: POST\r\n");
    // Of what passes by itself; the others of 503 last as long as their cause.
    if (error.code == errors::too_busy.code || error.status == 429)
        out.append("Retry-After: 1\r\n");
    if (error.status == 401) out.append("WWW-Authenticate: Key\r\n");
    if (answer.closes) out.append("Connection: close\r\n");
    out.append("\r\n");
    if (!answer.without_body) out.append(body);
}

}  // namespace proxy

// What a gateway is told once, at its start. Limits and time-outs have defaults that fit the API:
// bodies of many MB, answers that take minutes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "calendar/instant.h"
#include "proxy/keys.h"
#include "proxy/tls.h"

namespace proxy {

struct Limits {
    std::size_t head_bytes = 64u << 10;  // of a request or an answer, with its start line
    std::size_t fields = 128;
    std::size_t control_body_bytes = 1u << 20;   // load, delete, status, job: read whole
    std::uint64_t body_bytes = 256ull << 20;     // any request
    std::size_t observed_body_bytes = 4u << 20;  // of answers that are read for metering
    std::size_t idle_upstreams = 512;            // per thread
    std::size_t connections = 16384;             // beyond it accepting pauses
    std::size_t connections_per_address = 4096;  // 0: as many as in all
    std::size_t in_flight = 8192;                // requests; each thread has its even share
    /// What a body sent, or an answer taken, must move on average over its time-out.
    std::uint64_t bytes_per_second = 240;
};

struct Timeouts {
    calendar::Duration connect = calendar::Duration::seconds(5);
    calendar::Duration answer = calendar::Duration::seconds(600);  // to the answer's first byte
    calendar::Duration idle = calendar::Duration::seconds(300);    // of an upstream, between pieces
    calendar::Duration head = calendar::Duration::seconds(30);     // a request's head, whole
    // Windows, not pauses: a byte now and then must not hold a connection (Limits).
    calendar::Duration body = calendar::Duration::seconds(60);  // of a request, being sent
    calendar::Duration send = calendar::Duration::seconds(60);  // of an answer, being taken
    calendar::Duration keep_alive = calendar::Duration::seconds(75);
    /// When stopping, an idle client's connection stays so long: a request that is on its way is
    /// answered, with `Connection: close`.
    calendar::Duration farewell = calendar::Duration::milliseconds(500);
    calendar::Duration upstream_keep_alive = calendar::Duration::seconds(55);
};

struct Options {
    std::string listen = "127.0.0.1:8080";  // ADDRESS:PORT, port 0: any free one
    std::vector<int>
        passed_sockets;  // listening already; where there are some, `listen` is not bound
    std::size_t threads = 1;
    std::vector<CertificateFiles> certificates;  // none: clients speak plain HTTP

    std::string upstream_url;               // http or https, a path prefix is allowed
    std::string upstream_ca_file;           // PEM; empty: the system's
    CertificateFiles upstream_certificate;  // shown to an upstream that asks for one; may be empty
    std::string upstream_key;               // managed mode: the credential, without its scheme

    KeyMode keys = KeyMode::passthrough;
    /// Managed mode: paths besides the API's seven that may be forwarded; a trailing `*` makes a
    /// prefix of it.
    std::vector<std::string> forward_paths;
    /// Managed mode: whose instances are whose; null: nobody knows, and nothing is isolated.
    const Ownership* ownership = nullptr;
    Isolation isolation = Isolation::refuse;

    /// The sequence of this process's GatewayStarted fact: links answers to requests.
    std::uint64_t boot = 0;

    Limits limits;
    Timeouts timeouts;
};

}  // namespace proxy

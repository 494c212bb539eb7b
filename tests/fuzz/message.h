// Reading a message as a connection does, for the targets of requests and answers.
#pragma once

#include <algorithm>
#include <string>

#include "fuzz/require.h"
#include "proxy/body_framer.h"

namespace fuzz {

/// The end of the head in `bytes`, looked for `step` bytes at a time; 0: there is none.
inline std::size_t find_head(std::string_view bytes, std::size_t step) {
    proxy::HeadSearch search;
    for (std::size_t end = std::min(step, bytes.size());;
         end = std::min(end + step, bytes.size())) {
        const auto outcome =
            end == 0 ? proxy::HeadSearch::Outcome::incomplete : search.look(bytes.substr(0, end));
        if (outcome == proxy::HeadSearch::Outcome::found) return search.size();
        if (outcome == proxy::HeadSearch::Outcome::malformed || end == bytes.size()) return 0;
    }
}

struct Body {
    std::string data;
    std::size_t consumed = 0;
    bool done = false;
    bool faulty = false;
    friend bool operator==(const Body&, const Body&) = default;
};

/// The body behind a head, `step` bytes at a time.
inline Body read_body(std::string_view bytes, proxy::Framing framing, proxy::BodyFramer::Of of,
                      std::size_t step) {
    proxy::BodyFramer framer;
    framer.start(framing, of);
    Body body;
    while (!framer.is_done() && !framer.is_faulty() && body.consumed < bytes.size()) {
        const auto piece = framer.next(bytes.substr(body.consumed, step));
        require(piece.consumed > 0, "a framer goes on");
        require(piece.consumed <= std::min(step, bytes.size() - body.consumed), "within its input");
        body.consumed += piece.consumed;
        body.data += piece.data;
    }
    require(framer.data_bytes() == body.data.size(), "a framer counts what it gives");
    body.done = framer.is_done();
    body.faulty = framer.is_faulty();
    return body;
}

}  // namespace fuzz

// An answer's head and body, to GET (first byte even) or HEAD.
#include "fuzz/message.h"
#include "proxy/head_writer.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool to_head = data[0] % 2 == 1;
    const std::string_view bytes = text_of(data + 1, size - 1);
    const std::size_t head_size = find_head(bytes, bytes.size());
    require(find_head(bytes, 1) == head_size, "a head ends where it ends");
    if (head_size == 0) return 0;
    proxy::AnswerHead head;
    if (proxy::parse_head(bytes.substr(0, head_size), 64, to_head, head)) return 0;
    if (to_head) require(head.framing.kind == proxy::Framing::Kind::none, "HEAD has no body");

    std::string passed;
    proxy::append_answer_head(head, {}, passed);
    passed += "\r\n";
    proxy::AnswerHead there;
    require(find_head(passed, passed.size()) == passed.size(), "one head is one head");
    require(!proxy::parse_head(passed, 65, to_head, there), "what is accepted can be passed on");
    require(there.status == head.status, "the same status");
    require(there.framing.kind == head.framing.kind && there.framing.length == head.framing.length,
            "the same framing");

    const std::string_view rest = bytes.substr(head_size);
    const auto of = proxy::BodyFramer::Of::answer;
    const Body whole = read_body(rest, head.framing, of, std::max<std::size_t>(rest.size(), 1));
    require(read_body(rest, head.framing, of, 1) == whole, "a body is what it is");
    return 0;
}

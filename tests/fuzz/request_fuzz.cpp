// A request's head and body: however it is cut, it is read alike, and what goes on to the upstream
// is read there as it was read here.
#include "fuzz/message.h"
#include "proxy/head_writer.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = text_of(data, size);
    const std::size_t head_size = find_head(bytes, bytes.size());
    require(find_head(bytes, 1) == head_size, "a head ends where it ends");
    if (head_size == 0) return 0;
    proxy::RequestHead head;
    if (proxy::parse_head(bytes.substr(0, head_size), 64, head)) return 0;
    require(head.framing.kind != proxy::Framing::Kind::until_close, "a request's body has an end");

    std::string forwarded;
    proxy::append_request_head(head, {"", "upstream", ""}, forwarded);
    require(find_head(forwarded, forwarded.size()) == forwarded.size(), "one head is one head");
    proxy::RequestHead there;
    require(!proxy::parse_head(forwarded, 65, there), "what is accepted can be forwarded");
    require(there.method == head.method && there.target == head.target, "the same call");
    require(there.framing.kind == head.framing.kind && there.framing.length == head.framing.length,
            "the same framing");
    require(there.find("host") == "upstream", "for the upstream");
    require(there.find("authorization") == head.find("authorization"), "the same credential");
    for (const proxy::HeadField& field : there.fields)
        require(!field.is_hop || proxy::equal_names(field.name, "te") ||
                    proxy::equal_names(field.name, "connection"),
                "nothing of the hop goes on");

    const std::string_view rest = bytes.substr(head_size);
    const auto of = proxy::BodyFramer::Of::request;
    const Body whole = read_body(rest, head.framing, of, std::max<std::size_t>(rest.size(), 1));
    require(read_body(rest, head.framing, of, 1) == whole, "a body is what it is");
    if (head.framing.kind == proxy::Framing::Kind::length)
        require(!whole.faulty && whole.data.size() <= head.framing.length, "no more than it says");
    return 0;
}

// The API's JSON, of requests and answers: the scanner reads it alike however it is cut, accepts
// nothing that another reader refuses, and finds the model that the other finds.
#include <nlohmann/json.hpp>

#include "bytez/answer.h"
#include "bytez/request_scanner.h"
#include "fuzz/require.h"
#include "lifecycle/fact_json.h"

using namespace fuzz;
using bytez::RequestScanner;

namespace {

RequestScanner scan(std::string_view json, std::size_t step) {
    RequestScanner scanner;
    for (; !json.empty(); json.remove_prefix(std::min(step, json.size())))
        if (scanner.feed(json.substr(0, step)) == RequestScanner::State::bad) break;
    (void)scanner.finish();
    return scanner;
}

void compare_with_nlohmann(const RequestScanner& scanner, std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    // Half of a surrogate pair passes the scanner where it captures nothing; nlohmann refuses it.
    if (json.is_discarded()) {
        require(text.find("\\u") != text.npos || text.find("\\U") != text.npos,
                "what is no JSON is bad");
        return;
    }
    require(json.is_object(), "an object");
    if (!scanner.model()) return;
    require(json.contains("model") && json["model"] == *scanner.model(), "the same model");
    if (scanner.key()) require(json["key"] == *scanner.key(), "the same key");
}

void read_facts(std::string_view text) {
    try {
        const lifecycle::Fact fact = lifecycle::parse_fact(text);
        require(lifecycle::to_json(fact) == text, "a fact has one text");
    } catch (const std::invalid_argument&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    const RequestScanner whole = scan(text, std::max<std::size_t>(size, 1));
    const RequestScanner pieces = scan(text, 1);
    require(whole.state() == pieces.state() && whole.error() == pieces.error(), "one verdict");
    if (whole.state() == RequestScanner::State::complete) {
        require(whole.model() == pieces.model() && whole.key() == pieces.key() &&
                    whole.concurrency() == pieces.concurrency() &&
                    whole.expiration_seconds() == pieces.expiration_seconds(),
                "one reading");
        compare_with_nlohmann(whole, text);
    }
    (void)bytez::parse_instances(text);
    (void)bytez::parse_list(text);
    (void)bytez::parse_http_date(text);
    if (const auto report = bytez::parse_status(text))
        require(bytez::parse_status(bytez::write_status(*report)).has_value(),
                "what is written can be read");
    read_facts(text);
    return 0;
}

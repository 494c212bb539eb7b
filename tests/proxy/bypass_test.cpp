// What may not slip past the meter, in both key modes: a request to a metered call in a spelling
// that some upstream reads otherwise than we do is refused and not forwarded, and leaves no fact.
#include "proxy/wire_fixture.h"

namespace proxy {
namespace {

class Bypass : public WireFixture, public testing::WithParamInterface<KeyMode> {
  protected:
    void SetUp() override {
        if (GetParam() == KeyMode::managed) {
            options.keys = KeyMode::managed;
            options.upstream_key = "operator-secret";
            options.forward_paths = {"/*"};  // the widest list lets nothing more past
            keys.known = {fingerprint_of("alice")};
        }
        start_answering(fine);
    }
    void expect_refused(const std::string& request, int status, const std::string& code) {
        const auto peer = client();
        peer->send(request);
        const auto answer = support::read_answer(*peer, request.starts_with("HEAD"));
        EXPECT_EQ(answer.status, status) << shown(request);
        EXPECT_EQ(answer.field("tollgate-error"), code) << shown(request);
        EXPECT_FALSE(answer.field("x-request-id").empty());
        ASSERT_TRUE(upstream->seen().empty()) << shown(request);
    }
};

INSTANTIATE_TEST_SUITE_P(InBothKeyModes, Bypass,
                         testing::Values(KeyMode::passthrough, KeyMode::managed),
                         [](const auto& mode) {
                             return mode.param == KeyMode::managed ? "managed" : "passthrough";
                         });

const std::string key = "Authorization: Key alice\r\n";
const std::string good = R"({"model":"m"})";
const char* const metered[] = {"/model/run", "/model/load", "/model/delete"};
const char* const read[] = {"/model/run", "/model/load", "/model/delete", "/model/status",
                            "/model/job"};

TEST_P(Bypass, NearMissesOfAPathAreNotForwarded) {
    const struct {
        const char* lenient;  // the upstream that reads it as /model/run
        const char* target;
    } rows[] = {
        {"without regard to case", "/Model/RUN"},
        {"ignores a trailing slash", "/model/run/"},
        {"merges slashes", "//model/run"},
        {"merges slashes", "/model//run"},
        {"resolves dot segments", "/model/./run"},
        {"resolves dot segments", "/x/../model/run"},
        {"resolves dot segments above its path prefix", "/../v1/model/run"},
        {"resolves escaped dot segments above its path prefix", "/x/%2e%2e/%2e%2e/v1/model/run"},
        {"decodes letters", "/model/%72un"},
        {"decodes slashes", "/model%2frun"},
        {"decodes twice", "/model/%2572un"},
        {"decodes, then finds the query", "/model/run%3fa"},
        {"decodes, then finds the fragment", "/model/run%23a"},
        {"decodes and trims", "/model/run%20"},
        {"decodes and ends at a NUL", "/model/run%00"},
        {"strips parameters", "/model;a=b/run;x"},
        {"takes backslashes", "/model\\run"},
        {"takes escaped backslashes", "/model%5Crun"},
        {"strips trailing dots", "/model/run."},
        {"absolute form, and merges slashes", "http://gateway//model/run"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.lenient);
        expect_refused(post(row.target, good), 400, "near-miss");
        expect_refused(get(row.target, key), 400, "near-miss");
    }
    expect_no_facts();
}

TEST_P(Bypass, OtherMethodsOnAMeteredPathAreNotForwarded) {
    for (const std::string path : metered) {
        for (const std::string method : {"PUT", "GET", "PATCH", "DELETE", "post", "TRACE"}) {
            expect_refused(method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + key +
                               "Content-Length: 13\r\n\r\n" + good,
                           405, "wrong-method");
        }
        for (const std::string field :
             {"X-HTTP-Method-Override", "x-http-method", "X-Method-Override"}) {
            const std::string fields = field + ": POST\r\n" + key;
            expect_refused("OPTIONS " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", 400,
                           "near-miss");
            expect_refused("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", 400,
                           "near-miss");
            expect_refused(post(path, good, field + ": GET\r\n" + key), 400, "near-miss");
        }
    }
    expect_no_facts();
}

TEST_P(Bypass, BodiesThatSomeReadDifferentlyAreNotForwarded) {
    const struct {
        const char* lenient;  // what an upstream may make of it
        std::string body;
        const char* code = "bad-body";
    } rows[] = {
        {"no body, a default model", ""},
        {"repairs what is cut", R"({"model":"a")"},
        {"takes the first of a list", R"([{"model":"a"}])"},
        {"a default model", R"({"prompt":"x"})", "no-model"},
        {"a default model", R"({"model":null})", "no-model"},
        {"a number for a name", R"({"model":7})", "no-model"},
        {"a default model", R"({"model":""})", "no-model"},
        {"takes the last", R"({"model":"a","model":"b"})"},
        {"takes the first", R"({"model":"a","model":null})"},
        {"unescapes, and takes the last", R"({"model":"a","mod\u0065l":"b"})"},
        {"without regard to case, takes the last", R"({"model":"a","Model":"b"})"},
        {"without regard to case, takes the first", R"({"MODEL":"b","model":"a"})"},
        {"without regard to case", R"({"model":"a","Concurrency":9})"},
        {"takes the last", R"({"model":"a","concurrency":1,"concurrency":9})"},
        {"without regard to case", R"({"model":"a","expirationperiodseconds":9})"},
        {"takes the body's key", R"({"model":"a","key":"bob"})", "ambiguous"},
        {"takes the last key", R"({"model":"a","key":"x","key":"y"})"},
        {"takes bytes as Latin-1", "{\"model\":\"a\xff\"}"},
        {"takes overlong letters", "{\"model\":\"\xc1\xa1\"}"},
        {"takes a surrogate in UTF-8", "{\"model\":\"\xed\xa0\x80\"}"},
        {"UTF-16", std::string("\xff\xfe{\0\"\0m\0", 8)},
        {"strips the byte order mark", "\xef\xbb\xbf{\"model\":\"a\"}"},
        {"takes the second document", R"({"model":"a"}{"model":"b"})"},
        {"ignores what follows", R"({"model":"a"} x)"},
        {"ends at a NUL", std::string("{\"model\":\"a\"}\0", 14)},
        {"skips comments", R"({/* "model":"b" */"model":"a"})"},
        {"takes a trailing comma", R"({"model":"a",})"},
        {"takes single quotes", R"({'model':'a'})"},
        {"takes a form", "model=a"},
        {"cuts a name", "{\"model\":\"" + std::string(513, 'm') + "\"}"},
        {"ends a name at a NUL", R"({"model":"a\u0000b"})"},
        {"takes half a pair for a question mark", R"({"model":"a\ud800"})"},
    };
    for (const char* call : read) {
        for (const auto& row : rows) {
            SCOPED_TRACE(std::string(call) + ": " + row.lenient);
            expect_refused(post(call, row.body), 400, row.code);
            const std::vector<std::string> pieces{
                row.body.substr(0, 3), row.body.substr(std::min<std::size_t>(3, row.body.size()))};
            expect_refused(chunked(call, row.body.size() < 4 ? std::vector<std::string>{} : pieces),
                           400, row.code);
        }
    }
    expect_no_facts();
}

TEST_P(Bypass, FieldsThatSomeReadDifferentlyAreNotForwarded) {
    const struct {
        const char* lenient;
        std::string fields;
        const char* code;
    } rows[] = {
        {"decodes", key + "Content-Encoding: gzip\r\n", "content-encoding"},
        {"decodes", key + "content-encoding: identity, br\r\n", "content-encoding"},
        {"decodes by the second", key + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n",
         "ambiguous"},
        {"takes the second credential", key + "Authorization: Key bob\r\n", "ambiguous"},
        {"takes the first credential", "authorization: Key bob\r\n" + key, "ambiguous"},
        {"reads a form", key + "Content-Type: text/plain\r\n", "ambiguous"},
    };
    for (const char* call : read) {
        for (const auto& row : rows) {
            SCOPED_TRACE(row.lenient);
            expect_refused(post(call, good, row.fields), 400, row.code);
        }
        for (const char* type :
             {"application/x-www-form-urlencoded", "Multipart/Form-Data; boundary=x",
              "application/json; charset=utf-7", "application/json;charset=\"UTF-16\""}) {
            expect_refused("POST " + std::string(call) + " HTTP/1.1\r\nHost: a\r\n" + key +
                               "Content-Type: " + type + "\r\nContent-Length: 13\r\n\r\n" + good,
                           400, "content-type");
        }
    }
    expect_no_facts();
}

TEST_P(Bypass, HarmlessSpellingsOfTheExactPathAreMetered) {
    const std::string requests[] = {
        post("/model/run", good),
        post("/model/run?a=/model/load", good),
        post("http://gateway/model/run", good),
        post("/model/run", R"( {"prompt":{"model":"b","Model":"c"},"mod\u0065l":"m","x":[]} )"),
        post("/model/run", R"({"model":"m","models":"b","prompt":"\"model\":\"b\""})"),
        post("/model/run", good, key + "Content-Encoding: identity\r\n"),
        chunked("/model/run", {"{", R"("mod)", R"(el":"m"})"}, "x-trailer: 1\r\n"),
    };
    for (const std::string& request : requests) {
        EXPECT_EQ(ask(request).status, 200) << shown(request);
    }
    for (const auto& run : await<lifecycle::RunArrived>(std::size(requests))) {
        EXPECT_EQ(run.model.text(), "m");
        EXPECT_EQ(run.key.text(), fingerprint_of("alice"));
    }
    for (const auto& seen : upstream->seen()) {
        EXPECT_TRUE(seen.head.starts_with("POST /model/run")) << seen.head;
    }
}

class Paths : public WireFixture {};

TEST_F(Paths, UnknownOnesPassUnmeteredInPassthroughMode) {
    start_answering(fine);
    const std::string any = std::string("\x1f\x8b\xff{\"model\":\"a\",\"model\":\"b\"}\0", 28);
    const std::string requests[] = {
        post("/models/v2/openai-community/gpt2", any, key + "Content-Encoding: gzip\r\n"),
        post("/v1/chat/completions", any, key + key + "X-HTTP-Method-Override: PUT\r\n"),
        post("/model/running", any),
        post("/model/run/x", any),
        post("/../../etc/model/runs", any),
        post("/model", any),
        "DELETE /x HTTP/1.1\r\nHost: gateway\r\n\r\n",
        "TRACE /x HTTP/1.1\r\nHost: gateway\r\n\r\n",
        get("/"),
    };
    for (const std::string& request : requests) {
        EXPECT_EQ(ask(request).body, "fine") << shown(request);
        const auto seen = upstream->seen().back();
        std::string expected = request;
        expected.replace(expected.find("gateway"), 7, authority());
        EXPECT_EQ(seen.head + seen.body, expected);
    }
    expect_no_facts();
}

TEST_F(Paths, AreOnlyThoseOfTheListInManagedMode) {
    options.keys = KeyMode::managed;
    options.upstream_key = "operator-secret";
    options.forward_paths = {"/extra", "/files/*"};
    keys.known = {fingerprint_of("alice")};
    start_answering(fine);
    for (const char* target : {"/extra?a", "/files/1", "/files/", "/model/list"}) {
        EXPECT_EQ(ask(get(target, key)).status, 200) << target;
    }
    for (const auto& seen : upstream->seen()) {
        EXPECT_EQ(seen.head.find("alice"), std::string::npos);
    }
    const std::size_t before = upstream->seen().size();
    for (const char* target :
         {"/models/v2/x", "/extra/", "/extra/x", "/Extra", "/files", "/files/../x",
          "/files/%2e%2e/x", "/files//x", "/files/..\\x", "/model", "/"}) {
        EXPECT_EQ(ask(get(target, key)).field("tollgate-error"), "not-found") << target;
    }
    EXPECT_EQ(ask("TRACE /extra HTTP/1.1\r\nHost: a\r\n" + key + "\r\n").status, 404)
        << "its answer would show the operator's credential";
    EXPECT_EQ(upstream->seen().size(), before);
}

}  // namespace
}  // namespace proxy

#include "watcher/http_upstream.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

#include "platform/clock.h"
#include "watcher/fake_upstream.h"
#include "watcher/scratch.h"

namespace watcher {
namespace {

using calendar::Duration;
using lifecycle::ModelName;
using Kind = StatusAnswer::Kind;

const ModelName model("a/b");

HttpOptions options(const std::string& url) {
    HttpOptions options;
    options.url = url;
    options.connect_timeout = Duration::seconds(5);
    options.answer_timeout = Duration::seconds(5);
    return options;
}

TEST(HttpUpstream, AsksAsTheApiIsDocumented) {
    FakeUpstream fake;
    fake.on_status(
        {200, fake.status_json("a/b", "RUNNING", -10, -5, 1795), "Sun, 06 Nov 1994 08:49:37 GMT"});
    const auto upstream = make_http_upstream(options(fake.url() + "/prefix/"));
    const StatusAnswer answer = upstream->ask_status("Key abc", ModelName("a/b"));
    EXPECT_EQ(answer.kind, Kind::report);
    EXPECT_EQ(answer.report->status, "RUNNING");
    EXPECT_EQ(answer.date, calendar::parse_instant("1994-11-06T08:49:37Z"));
    ASSERT_EQ(fake.asked().size(), 1u);
    EXPECT_EQ(fake.asked()[0].method, "POST");
    EXPECT_EQ(fake.asked()[0].path, "/prefix/model/status");
    EXPECT_EQ(fake.asked()[0].authorization, "Key abc");
    EXPECT_EQ(fake.asked()[0].body, R"({"model":"a/b"})");
}

TEST(HttpUpstream, ReadsTheCatalogue) {
    FakeUpstream fake;
    fake.on_list({200, R"([{"name":"a/b","requiredRAM":2.50,"benchmarked":true}])"});
    const auto upstream = make_http_upstream(options(fake.url()));
    const auto models = upstream->ask_list("Key abc");
    ASSERT_TRUE(models);
    EXPECT_EQ(models->front().required_ram, "2.50");
    EXPECT_EQ(fake.asked()[0].method, "GET");
    EXPECT_EQ(fake.asked()[0].path, "/model/list");
    fake.on_list({500, "[]"});
    EXPECT_FALSE(upstream->ask_list("Key abc"));
}

TEST(HttpUpstream, TakesOnlyTheApisOwnWordForADenial) {
    FakeUpstream fake;
    const auto upstream = make_http_upstream(options(fake.url()));
    const std::string error = R"({"status":"error","error":"x"})";
    const std::vector<std::tuple<int, std::string, Kind>> rows = {
        {404, error, Kind::absent},
        {404, "<html>not found</html>", Kind::nothing},
        {404, "", Kind::nothing},
        {404, "[]", Kind::nothing},
        {401, error, Kind::nothing},
        {402, error, Kind::nothing},
        {403, error, Kind::nothing},
        {429, error, Kind::nothing},
        {500, error, Kind::nothing},
        {503, error, Kind::nothing},
        {200, error, Kind::nothing},
        {200, "not json", Kind::nothing},
        {200, fake.status_json("another", "RUNNING", -1, -1, 0), Kind::nothing},
        {200, fake.status_json("a/b", "STOPPED", -1, -1, 0), Kind::report},
    };
    for (const auto& [status, body, kind] : rows) {
        fake.on_status({status, body});
        const auto answer = upstream->ask_status("Key abc", model);
        EXPECT_EQ(answer.kind, kind) << status << ' ' << body;
        EXPECT_EQ(answer.http_status, status);
    }
    fake.on_status({.drop = true});
    EXPECT_EQ(upstream->ask_status("Key abc", model).kind, Kind::nothing);
}

TEST(HttpUpstream, GetsNoAnswerWhereNobodyListens) {
    std::string url;
    { url = FakeUpstream().url(); }
    const auto upstream = make_http_upstream(options(url));
    EXPECT_EQ(upstream->ask_status("Key abc", model).kind, Kind::nothing);
}

TEST(HttpUpstream, RefusesAnAnswerThatIsTooLong) {
    FakeUpstream fake;
    fake.on_status(
        {200, fake.status_json("a/b", "RUNNING", -1, -1, 0) + std::string(2u << 20, ' ')});
    const auto upstream = make_http_upstream(options(fake.url()));
    EXPECT_EQ(upstream->ask_status("Key abc", model).kind, Kind::nothing);
}

TEST(HttpUpstream, CutsAnAnswerThatTricklesWithoutEnd) {
    FakeUpstream fake;
    fake.on_status({.trickle = true});
    HttpOptions impatient = options(fake.url());
    impatient.answer_timeout = Duration::milliseconds(300);
    const auto upstream = make_http_upstream(impatient);
    const auto began = platform::monotonic_micros();
    EXPECT_EQ(upstream->ask_status("Key abc", model).kind, Kind::nothing);
    EXPECT_LT(platform::monotonic_micros() - began, 10'000'000);
}

TEST(HttpUpstream, IsCutWhenItCloses) {
    FakeUpstream fake;
    fake.on_status({.trickle = true});
    HttpOptions patient = options(fake.url());
    patient.answer_timeout = Duration::seconds(100);
    const auto upstream = make_http_upstream(patient);
    auto answer =
        std::async(std::launch::async, [&] { return upstream->ask_status("Key abc", model); });
    ASSERT_TRUE(fake.wait_for_questions(1));
    upstream->close();
    ASSERT_EQ(answer.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(answer.get().kind, Kind::nothing);
    EXPECT_EQ(upstream->ask_status("Key abc", model).kind, Kind::nothing);
}

TEST(HttpUpstream, RefusesWhatIsNoUrl) {
    for (const char* url : {"", "api.example", "ftp://api.example", "http://", "http://[::1"})
        EXPECT_THROW(make_http_upstream(options(url)), std::invalid_argument) << url;
}

/// A self-signed certificate with its key, for `name`.
std::string make_certificate(const Scratch& scratch, const std::string& name) {
    const std::string path = scratch.path(name + ".pem");
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=" +
        name + " -addext subjectAltName=DNS:" + name + " -keyout " + path + ".key -out " + path +
        ".crt 2>/dev/null && cat " + path + ".key " + path + ".crt > " + path;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return path;
}

TEST(HttpUpstream, VerifiesTheCertificateAndItsName) {
    const Scratch scratch;
    const std::string good = make_certificate(scratch, "localhost");
    const std::string misnamed = make_certificate(scratch, "elsewhere.example");
    FakeUpstream fake(good);
    fake.on_status({200, fake.status_json("a/b", "RUNNING", -10, -5, 1795)});
    HttpOptions trusting = options(fake.url());
    trusting.ca_file = good + ".crt";
    EXPECT_EQ(make_http_upstream(trusting)->ask_status("Key abc", model).kind, Kind::report);

    EXPECT_EQ(make_http_upstream(options(fake.url()))->ask_status("Key abc", model).kind,
              Kind::nothing)
        << "not signed by an authority of the system";

    FakeUpstream impostor(misnamed);
    impostor.on_status({200, impostor.status_json("a/b", "RUNNING", -10, -5, 1795)});
    HttpOptions misled = options(impostor.url());
    misled.ca_file = misnamed + ".crt";
    EXPECT_EQ(make_http_upstream(misled)->ask_status("Key abc", model).kind, Kind::nothing)
        << "of another name";
    EXPECT_EQ(impostor.asked_count(), 0u) << "the credential did not leave";
}

}  // namespace
}  // namespace watcher

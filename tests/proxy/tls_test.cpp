// HTTPS from clients, and certificates of the gateway's own towards the upstream.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>

#include "proxy/gateway_fixture.h"

namespace proxy {
namespace {

using support::connect_with_tls;
using support::ok;
using support::SeenRequest;
using support::TestCertificate;
using support::TestUpstream;
using testing::HasSubstr;

class Tls : public GatewayFixture {
  protected:
    /// Of a folder of its own.
    TestCertificate make_certificate(const std::string& name) {
        const std::string folder = directory / name;
        std::filesystem::create_directories(folder);
        return {folder, name};
    }
    static CertificateFiles files_of(const TestCertificate& certificate) {
        return {certificate.certificate_file, certificate.key_file};
    }
    void start_with(const std::vector<std::string>& names) {
        for (const std::string& name : names)
            options.certificates.push_back(files_of(make_certificate(name)));
        start(upstream);
    }
    std::string refusal() {
        options.upstream_url = "https://127.0.0.1:1";
        try {
            Gateway refused(options, nullptr, keys, observer, catalogue, clock);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "taken";
    }

    TestUpstream upstream{[](const SeenRequest& request) { return ok(request.body); }};
};

TEST_F(Tls, ServesCallsOverHttps) {
    start_with({"gateway.example"});
    const auto peer = connect_with_tls(gateway->port());
    ASSERT_TRUE(peer);
    for (const std::size_t size : {10u, 3'000'000u, 20u}) {
        const std::string body = R"({"model":"m","prompt":")" + std::string(size, 'b') + "\"}";
        EXPECT_TRUE(peer->send(post("/model/run", body)));
        EXPECT_TRUE(support::read_answer(*peer).body == body) << size;
    }
    EXPECT_EQ(await<lifecycle::RunEnded>(3)[1].status, 200);
    peer->send(get("/x", "Connection: close\r\n"));
    EXPECT_THAT(peer->read_to_end(), HasSubstr("Connection: close"));
}

TEST_F(Tls, TellsPlainHttpWhatToDo) {
    start_with({"gateway.example"});
    const auto peer = client();
    peer->send(get("/x"));
    const std::string answer = peer->read_to_end();
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer, HasSubstr("tollgate-error: needs-tls\r\n"));
    EXPECT_TRUE(upstream.seen().empty());
    const auto other = client();
    other->send(std::string(500, '\0'));
    EXPECT_TRUE(other->is_closed_by_peer());
}

TEST_F(Tls, ShowsTheCertificateOfTheNameThatIsAskedFor) {
    start_with({"one.example", "two.example"});
    const struct {
        const char* asked;
        const char* shown;
    } rows[] = {{"one.example", "one.example"},
                {"two.example", "two.example"},
                {"TWO.example", "two.example"},
                {"three.example", "one.example"},
                {"", "one.example"}};
    for (const auto& row : rows) {
        const auto peer = connect_with_tls(gateway->port(), {.name = row.asked});
        ASSERT_TRUE(peer) << row.asked;
        EXPECT_TRUE(peer->was_shown(row.shown)) << row.asked;
        peer->send(get("/x"));
        EXPECT_EQ(support::read_answer(*peer).status, 200) << row.asked;
    }
}

TEST_F(Tls, SpeaksNoVersionBefore12AndNoOtherProtocol) {
    start_with({"gateway.example"});
    EXPECT_FALSE(connect_with_tls(gateway->port(), {.newest_version = TLS1_1_VERSION}));
    EXPECT_TRUE(connect_with_tls(gateway->port(), {.newest_version = TLS1_2_VERSION}));
    EXPECT_FALSE(connect_with_tls(gateway->port(), {.protocols = "\x02h2"}));
    const auto peer = connect_with_tls(gateway->port(), {.protocols = "\x02h2\x08http/1.1"});
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->protocol(), "http/1.1");
}

TEST_F(Tls, EndsAHandshakeThatTakesTooLong) {
    options.timeouts.head = calendar::Duration::milliseconds(50);
    start_with({"gateway.example"});
    const auto silent = client();
    EXPECT_TRUE(silent->is_closed_by_peer());
    const auto slow = client();
    slow->send("\x16\x03\x01");
    EXPECT_TRUE(slow->is_closed_by_peer());
}

TEST_F(Tls, StopsWhileAHandshakeIsUnderWay) {
    start_with({"gateway.example"});
    const auto silent = client();
    const auto open = connect_with_tls(gateway->port());
    ASSERT_TRUE(open);
    const auto begin = std::chrono::steady_clock::now();
    stop();
    EXPECT_TRUE(silent->is_closed_by_peer());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1))
        << "it is idle: the grace is for others";
}

TEST_F(Tls, RenewsItsCertificatesAndKeepsWhatIsOpen) {
    start_with({"old.example"});
    const CertificateFiles files = options.certificates.front();
    const auto before = connect_with_tls(gateway->port());
    ASSERT_TRUE(before);
    const auto is_shown = [&](const std::string& name) {
        const auto peer = connect_with_tls(gateway->port());
        return peer && peer->was_shown(name);
    };
    const auto put = [&](const TestCertificate& certificate) {
        std::filesystem::rename(certificate.certificate_file, files.certificate);
        std::filesystem::rename(certificate.key_file, files.key);
    };
    // Half of a change, and what is none, leave all as it was.
    std::ofstream(files.certificate) << "-----BEGIN CERTIFICATE-----\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(2'100));  // until it looks again
    EXPECT_TRUE(is_shown("old.example"));
    put(make_certificate("new.example"));
    EXPECT_TRUE(eventually([&] { return is_shown("new.example"); }));
    before->send(get("/x"));
    EXPECT_EQ(support::read_answer(*before).status, 200);
    EXPECT_TRUE(before->was_shown("old.example"));
}

TEST_F(Tls, RefusesCertificatesThatCannotBeUsed) {
    const CertificateFiles good = files_of(make_certificate("good.example"));
    const CertificateFiles other = files_of(make_certificate("other.example"));
    const std::string text = directory / "text.pem";
    std::ofstream(text) << "no certificate\n";
    const std::string alien = directory / "alien.pem";
    const std::string command = "openssl genpkey -algorithm ed25519 -out " + alien + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const struct {
        CertificateFiles files;
        const char* told;
    } rows[] = {{{"/no/such.pem", good.key}, "gateway.tls.certificate: cannot use '/no/such.pem'"},
                {{text, good.key}, "gateway.tls.certificate"},
                {{good.certificate, "/no/such.pem"}, "gateway.tls.key: cannot use '/no/such.pem'"},
                {{good.certificate, text}, "gateway.tls.key"},
                {{good.certificate, other.key}, "gateway.tls.key"},
                {{good.certificate, alien}, "gateway.tls.key"}};
    for (const auto& row : rows) {
        options.certificates = {row.files};
        EXPECT_THAT(refusal(), HasSubstr(row.told));
    }
    options.certificates.clear();
    options.upstream_certificate = {good.certificate, other.key};
    EXPECT_THAT(refusal(), HasSubstr("upstream.client_key"));
}

/// Nobody is there to type it.
TEST_F(Tls, AsksForNoPassPhrase) {
    const TestCertificate certificate = make_certificate("gateway.example");
    const std::string sealed = directory / "sealed.pem";
    const std::string command = "openssl pkey -aes256 -passout pass:secret -in " +
                                certificate.key_file + " -out " + sealed + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    options.certificates = {{certificate.certificate_file, sealed}};
    EXPECT_THAT(refusal(), HasSubstr("gateway.tls.key"));
}

TEST_F(Tls, ShowsTheUpstreamItsOwnCertificate) {
    const TestCertificate theirs = make_certificate("localhost");
    const TestCertificate ours = make_certificate("gateway.example");
    const auto strict = TestUpstream::with_mutual_tls(
        theirs, ours, [](const SeenRequest&) { return ok("let in"); });
    options.upstream_url = "https://localhost:" + std::to_string(strict->port());
    options.upstream_ca_file = theirs.certificate_file;
    options.upstream_certificate = files_of(ours);
    start(*strict);
    EXPECT_EQ(ask(get("/x")).body, "let in");
    stop();
    log.reset();
    options.upstream_certificate = {};
    start(*strict);
    EXPECT_EQ(ask(get("/x")).status, 502);
    EXPECT_EQ(strict->seen().size(), 1u);
}

}  // namespace
}  // namespace proxy

// RFC 9112 and 9110, rule by rule: where a message begins and ends, and whose it is. What two
// readers could take differently is refused with 400, the connection closed, and never forwarded.
#include "proxy/wire_fixture.h"

namespace proxy {
namespace {

class Framing : public WireFixture {
  protected:
    Framing() { with_journal = false; }
};

const std::string host = "Host: a\r\n";
const std::string get_x = "GET /x HTTP/1.1\r\n" + host;
const std::string post_x = "POST /x HTTP/1.1\r\n" + host;
const std::string chunks = "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n";

struct Refused {
    const char* rule;
    std::string bytes;
};

const Refused refused_heads[] = {
    {"9112 2.2 bare LF after the request line", "GET /x HTTP/1.1\nHost: a\r\n\r\n"},
    {"9112 2.2 bare LF throughout", "GET /x HTTP/1.1\nHost: a\n\n"},
    {"9112 2.2 bare LF between fields", get_x + "A: b\nB: c\r\n\r\n"},
    {"9112 2.2 bare LF for the blank line", get_x + "A: b\r\n\n"},
    {"9112 2.2 bare CR in a field", get_x + "A: b\rc\r\n\r\n"},
    {"9112 2.2 bare CR hides a field", get_x + "A: b\rContent-Length: 5\r\n\r\n"},
    {"9112 2.2 bare CR in the request line", "GET /x\rHTTP/1.1\r\n" + host + "\r\n"},
    {"9112 2.2 bare CR before the request line", "\rGET /x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 2.2 blank before the first field", "GET /x HTTP/1.1\r\n Host: a\r\n\r\n"},
    {"9112 2.2 blank before the request line", " GET /x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 2.3 HTTP/2.0", "GET /x HTTP/2.0\r\n" + host + "\r\n"},
    {"9112 2.3 HTTP/1.10", "GET /x HTTP/1.10\r\n" + host + "\r\n"},
    {"9112 2.3 http/1.1", "GET /x http/1.1\r\n" + host + "\r\n"},
    {"9112 2.3 HTTP/0.9", "GET /x\r\n\r\n"},
    {"9113 3.4 the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"9112 3 no request", "nonsense\r\n\r\n"},
    {"9112 3 two blanks", "GET  /x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3 tabs for blanks", "GET\t/x\tHTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3 a blank in the target", "GET /x y HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3 a blank after the version", "GET /x HTTP/1.1 \r\n" + host + "\r\n"},
    {"9112 3.1 no token for a method", "G(T /x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2 a target of no form", "GET x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2 a fragment", "GET /x#y HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2 a control character in the target", "GET /x\x01 HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2.2 absolute form of another host", "GET http://b/x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2.2 absolute form without host", "GET http:///x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2.2 absolute form of another scheme", "GET ftp://a/x HTTP/1.1\r\n" + host + "\r\n"},
    {"9110 4.2.4 userinfo in absolute form", "GET http://u@a/x HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2.3 authority form", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2.4 asterisk form but for OPTIONS", "GET * HTTP/1.1\r\n" + host + "\r\n"},
    {"9112 3.2 no Host", "GET /x HTTP/1.1\r\n\r\n"},
    {"9112 3.2 two Hosts", "GET /x HTTP/1.1\r\n" + host + "Host: b\r\n\r\n"},
    {"9112 3.2 the same Host twice", "GET /x HTTP/1.1\r\n" + host + host + "\r\n"},
    {"9112 3.2 two Hosts in HTTP/1.0", "GET /x HTTP/1.0\r\n" + host + "Host: b\r\n\r\n"},
    {"9110 4.2.1 an empty Host", "GET /x HTTP/1.1\r\nHost: \r\n\r\n"},
    {"9110 4.2.1 a port without Host", "GET /x HTTP/1.1\r\nHost: :80\r\n\r\n"},
    {"9110 7.2 a list of Hosts", "GET /x HTTP/1.1\r\nHost: a, b\r\n\r\n"},
    {"9110 7.2 userinfo in Host", "GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"9110 7.2 a path in Host", "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"9110 7.2 a port that is none", "GET /x HTTP/1.1\r\nHost: a:b\r\n\r\n"},
    {"9110 7.2 two ports", "GET /x HTTP/1.1\r\nHost: a:1:2\r\n\r\n"},
    {"9110 7.2 an open bracket", "GET /x HTTP/1.1\r\nHost: [::1\r\n\r\n"},
    {"9112 5.1 a blank before the colon", get_x + "A : b\r\n\r\n"},
    {"9112 5.1 a length with a blank before the colon", post_x + "Content-Length : 1\r\n\r\na"},
    {"9112 5.1 a field without colon", get_x + "A\r\n\r\n"},
    {"9112 5.1 a field without name", get_x + ": b\r\n\r\n"},
    {"9110 5.1 no token for a name", get_x + "A(: b\r\n\r\n"},
    {"9110 5.5 a NUL in a field", get_x + std::string("A: b\0c\r\n\r\n", 10)},
    {"9112 5.2 obs-fold", get_x + "A: b\r\n folded\r\n\r\n"},
    {"9112 5.2 obs-fold by a tab", get_x + "A: b\r\n\tContent-Length: 5\r\n\r\n"},
    {"9112 5.2 obs-fold of nothing", get_x + "A: b\r\n \r\n\r\n"},
    {"9112 6.1 an unknown coding", post_x + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 chunked last", post_x + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 chunked first", post_x + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 chunked twice", post_x + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 two fields",
     post_x + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 a second field hides the first",
     post_x + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 a list with an empty end", post_x + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 quoted", post_x + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 parameters", post_x + "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 a vertical tab", post_x + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.1 empty", post_x + "Transfer-Encoding:\r\n\r\n"},
    {"9112 6.1 identity", post_x + "Transfer-Encoding: identity\r\n\r\n"},
    {"9112 6.1 in HTTP/1.0",
     "POST /x HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.3 length, then chunked",
     post_x + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"9112 6.3 chunked, then length",
     post_x + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
    {"9112 6.3 conflicting lengths", post_x + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
    {"9112 6.3 the same length twice", post_x + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"},
    {"9112 6.3 a list of lengths", post_x + "Content-Length: 1, 2\r\n\r\nab"},
    {"9112 6.3 a list of the same length", post_x + "Content-Length: 1, 1\r\n\r\na"},
    {"9110 8.6 a plus", post_x + "Content-Length: +1\r\n\r\na"},
    {"9110 8.6 a minus", post_x + "Content-Length: -1\r\n\r\na"},
    {"9110 8.6 hexadecimal", post_x + "Content-Length: 0x1\r\n\r\na"},
    {"9110 8.6 a fraction", post_x + "Content-Length: 1.0\r\n\r\na"},
    {"9110 8.6 empty", post_x + "Content-Length:\r\n\r\n"},
    {"9110 8.6 a blank inside", post_x + "Content-Length: 1 1\r\n\r\na"},
    {"9110 8.6 beyond 64 bits", post_x + "Content-Length: 18446744073709551617\r\n\r\na"},
    {"9110 7.6.1 Connection names the length",
     post_x + "Connection: content-length\r\nContent-Length: 1\r\n\r\na"},
    {"9110 7.6.1 Connection names the coding",
     post_x + "Connection: x, Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"9110 7.6.1 Connection names Host", post_x + "Connection: host\r\n\r\n"},
    {"9110 7.6.1 Connection names the credential",
     post_x + "Connection: close, Authorization\r\nContent-Length: 0\r\n\r\n"},
};

/// After the head that announces chunks.
const Refused refused_chunks[] = {
    {"9112 7.1 bare LF after the size", "5\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 bare CR after the size", "5\rhello\r\n0\r\n\r\n"},
    {"9112 7.1 bare LF after the data", "5\r\nhello\n0\r\n\r\n"},
    {"9112 7.1 a blank after the size", "5 \r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 a blank before the size", " 5\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 0x", "0x5\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 a sign", "-5\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 no digit", "\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 no hexadecimal digit", "g\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 an underscore", "1_0\r\n0123456789abcdef\r\n0\r\n\r\n"},
    {"9112 7.1 more data than the size says", "5\r\nhelloX\r\n0\r\n\r\n"},
    {"9112 7.1 beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 64 bits, signed in some readers", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1 zeros that some readers cut", "00000000000000000005\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1.1 a control character in an extension", "5;a\x01\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1.1 bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1.1 bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1.1 a long extension", "5;" + std::string(5000, 'e') + "\r\nhello\r\n0\r\n\r\n"},
    {"9112 7.1.2 a trailer without colon", "0\r\nbad trailer\r\n\r\n"},
    {"9112 7.1.2 bare LF in the trailers", "0\r\nA: b\n\r\n"},
    {"9112 7.1.2 bare LF for the last line", "0\r\nA: b\r\n\n"},
    {"9112 7.1.2 a folded trailer", "0\r\n folded: x\r\n\r\n"},
    {"9112 7.1.2 long trailers", "0\r\nA: " + std::string(20000, 'a') + "\r\n\r\n"},
    {"9110 6.5.1 a length in the trailers", "0\r\nContent-Length: 5\r\n\r\n"},
    {"9110 6.5.1 a coding in the trailers", "0\r\nA: b\r\ntransfer-encoding: chunked\r\n\r\n"},
    {"9110 6.5.1 a host in the trailers", "0\r\nHost: b\r\n\r\n"},
    {"9110 6.5.1 a credential in the trailers", "0\r\nAuthorization: Key bob\r\n\r\n"},
};

TEST_F(Framing, WhatIsAmbiguousIsRefusedAndTheConnectionClosed) {
    start_answering(fine);
    std::vector<Refused> rows(std::begin(refused_heads), std::end(refused_heads));
    for (const Refused& row : refused_chunks) rows.push_back({row.rule, chunks + row.bytes});
    for (const Refused& row : rows) {
        SCOPED_TRACE(std::string(row.rule) + ": " + shown(row.bytes));
        const std::string answers = talk(row.bytes + get("/smuggled"));
        EXPECT_TRUE(answers.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answers;
        EXPECT_EQ(support::field_of(answers, "tollgate-error"), "malformed");
        EXPECT_EQ(support::field_of(answers, "connection"), "close");
        EXPECT_FALSE(support::field_of(answers, "x-request-id").empty());
        EXPECT_EQ(answers.find("HTTP/1.1", 1), std::string::npos) << "one answer";
        ASSERT_TRUE(upstream->seen().empty()) << upstream->seen().back().head;
    }
    EXPECT_EQ(upstream->connections(), 0u);
    EXPECT_EQ(talk(last), last_answer_received) << "the gateway goes on";
}

/// What comes after a good beginning has been forwarded: the upstream never has a whole message.
TEST_F(Framing, AFaultInALaterChunkEndsTheUpstreamsConnectionToo) {
    std::string saw;
    std::atomic<bool> begun = false;
    const auto recording =
        support::TestUpstream::scripted([&](support::Peer& peer, support::TestUpstream& self) {
            saw = peer.read_until("5\r\nfirst\r\n");
            begun = true;
            saw += peer.read_to_end();
            self.see({saw, "", 0});
        });
    start(*recording);
    const auto peer = client();
    peer->send(chunks + "5\r\nfirst\r\n");
    ASSERT_TRUE(eventually([&] { return begun.load(); }));
    peer->send("7 \r\nsmuggle\r\n0\r\n\r\n" + get("/smuggled"));
    EXPECT_EQ(support::read_answer(*peer).status, 400);
    EXPECT_TRUE(peer->is_closed_by_peer());
    ASSERT_TRUE(recording->wait_for(1));
    EXPECT_TRUE(saw.ends_with("\r\n\r\n5\r\nfirst\r\n")) << saw;
}

struct Passed {
    const char* rule;
    std::string bytes;
    std::string upstream;  // what reaches it
};

const std::string to_upstream = "Host: @\r\n";

const Passed passed_requests[] = {
    {"9112 2.2 empty lines before a request", "\r\n\r\n" + get_x + "\r\n",
     "GET /x HTTP/1.1\r\n" + to_upstream + "\r\n"},
    {"9112 2.3 HTTP/1.0 stays, and needs no Host", "GET /x HTTP/1.0\r\nA: b\r\n\r\n",
     "GET /x HTTP/1.0\r\nA: b\r\n" + to_upstream + "\r\n"},
    {"9112 3 any method", "PATCH /x HTTP/1.1\r\n" + host + "\r\n",
     "PATCH /x HTTP/1.1\r\n" + to_upstream + "\r\n"},
    {"9112 3.2.1 the target as it is", "GET //x/%2e?a=%zz&b=\"|\" HTTP/1.1\r\n" + host + "\r\n",
     "GET //x/%2e?a=%zz&b=\"|\" HTTP/1.1\r\n" + to_upstream + "\r\n"},
    {"9112 3.2.2 absolute form of the same host",
     "GET http://GATEWAY:80/x?y HTTP/1.1\r\nHost: gateway:80\r\n\r\n",
     "GET /x?y HTTP/1.1\r\n" + to_upstream + "\r\n"},
    {"9112 3.2.2 absolute form without path", "GET http://a HTTP/1.1\r\n" + host + "\r\n",
     "GET / HTTP/1.1\r\n" + to_upstream + "\r\n"},
    {"9112 3.2.4 asterisk form", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
     "OPTIONS * HTTP/1.1\r\n" + to_upstream + "\r\n"},
    {"9110 7.2 an address for a Host", "GET /x HTTP/1.1\r\nhOST: [::1]:8080\r\n\r\n",
     "GET /x HTTP/1.1\r\nhOST: @\r\n\r\n"},
    {"9110 5.5 blanks, bytes beyond ASCII, an empty field",
     get_x + "A:b \r\nB:\t c\t\r\nC: \xc3\xa9\xff\r\nd:\r\n\r\n",
     "GET /x HTTP/1.1\r\n" + to_upstream + "A:b \r\nB:\t c\t\r\nC: \xc3\xa9\xff\r\nd:\r\n\r\n"},
    {"9112 6.1 chunked in any case",
     post_x + "TRANSFER-encoding:  Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
     "POST /x HTTP/1.1\r\n" + to_upstream +
         "TRANSFER-encoding:  Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
    {"9112 6.3 a body that looks like a request",
     post_x + "Content-Length: 26\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
     "POST /x HTTP/1.1\r\n" + to_upstream +
         "Content-Length: 26\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"},
    {"9110 9.3.1 GET with a body",
     get_x + "Content-Length: 26\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
     "GET /x HTTP/1.1\r\n" + to_upstream +
         "Content-Length: 26\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"},
    {"9112 7.1 sizes in both cases, with zeros",
     chunks + "00a\r\n0123456789\r\nB\r\nabcdefghijk\r\n000\r\n\r\n",
     "POST /x HTTP/1.1\r\n" + to_upstream +
         "Transfer-Encoding: chunked\r\n\r\n00a\r\n0123456789\r\nB\r\nabcdefghijk\r\n000\r\n\r\n"},
    {"9112 7.1.1 extensions", chunks + "1;a=\"b;c\";d\r\nx\r\n0;e\r\n\r\n",
     "POST /x HTTP/1.1\r\n" + to_upstream +
         "Transfer-Encoding: chunked\r\n\r\n1;a=\"b;c\";d\r\nx\r\n0;e\r\n\r\n"},
    {"9112 7.1.2 trailers", chunks + "0\r\nx-Sum: 1\r\nContent-Length-Of-It: 9\r\nB:\r\n\r\n",
     "POST /x HTTP/1.1\r\n" + to_upstream +
         "Transfer-Encoding: chunked\r\n\r\n0\r\nx-Sum: 1\r\nContent-Length-Of-It: "
         "9\r\nB:\r\n\r\n"},
};

TEST_F(Framing, WhatIsClearPassesAsItCame) {
    start_answering(fine);
    std::size_t count = 0;
    for (const Passed& row : passed_requests) {
        SCOPED_TRACE(row.rule);
        EXPECT_TRUE(talk(row.bytes + last).starts_with("HTTP/1.1 200 OK\r\n"));
        const bool is_last_seen = row.bytes.find("HTTP/1.0") == std::string::npos;
        const auto seen = upstream->seen();
        ASSERT_EQ(seen.size(), count + (is_last_seen ? 2 : 1));
        EXPECT_EQ(seen[count].head + seen[count].body, with_authority(row.upstream, authority()));
        count = seen.size();
    }
}

TEST_F(Framing, AnswersThatAreNoneAre502) {
    const Refused rows[] = {
        {"9112 4 no answer", "nonsense\r\n\r\n"},
        {"9112 4 no status", "HTTP/1.1 99\r\n\r\n"},
        {"9112 4 another version", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"9112 2.2 bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
        {"9112 2.2 bare CR", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n"},
        {"9112 5.1 a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"},
        {"9112 5.2 obs-fold", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"},
        {"9112 6.1 an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"},
        {"9112 6.1 in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"9112 6.3 conflicting lengths",
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
        {"9112 6.3 the same length twice",
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"},
        {"9112 6.3 length and chunked",
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"9110 7.6.1 Connection names the length",
         "HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 0\r\n\r\n"},
        {"9110 15.2.2 101 without an upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n"},
        {"a head of 100 kB",
         "HTTP/1.1 200 OK\r\nA: " + std::string(100000, 'a') + "\r\nContent-Length: 0\r\n\r\n"},
    };
    for (const Refused& row : rows) {
        SCOPED_TRACE(row.rule);
        start_again(row.bytes);
        const auto peer = client();
        peer->send(get("/x") + last);
        const auto answer = support::read_answer(*peer);
        EXPECT_EQ(answer.status, 502) << answer.head;
        EXPECT_EQ(answer.field("tollgate-error"), "upstream-garbage");
        EXPECT_FALSE(answer.field("x-request-id").empty());
        EXPECT_EQ(peer->read_to_end(), last_answer_received) << "the client is not to blame";
        EXPECT_EQ(upstream->connections(), 2u) << "whatever else was in there is nobody's";
    }
}

/// From where its framing is lost on, nothing of an answer passes, and its end never shows.
TEST_F(Framing, AnswersWhoseChunksAreNoneAreCut) {
    for (const Refused& row : refused_chunks) {
        // Trailers of answers are nobody's to judge: they pass.
        if (std::string_view(row.rule).starts_with("9110 6.5.1")) continue;
        SCOPED_TRACE(row.rule);
        for (const std::string begin : {"", "4\r\ngood\r\n"}) {
            start_again("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + begin +
                        row.bytes);
            const std::string received = talk(get("/x") + last);
            EXPECT_FALSE(received.ends_with("0\r\n\r\n")) << received;
            EXPECT_EQ(received.find("last"), std::string::npos) << "the connection is closed";
            EXPECT_EQ(talk(last), last_answer_received);
            EXPECT_EQ(upstream->connections(), 2u) << "what else was in there is nobody's";
        }
    }
}

}  // namespace
}  // namespace proxy

#include "watcher/http_upstream.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>
#include <sys/socket.h>

#include <array>
#include <istream>
#include <list>
#include <mutex>
#include <stdexcept>

#include "bytez/flat_json.h"
#include "lifecycle/json_text.h"
#include "platform/clock.h"

namespace watcher {
namespace {

using Poco::Net::HTTPRequest;

Poco::Timespan timespan(calendar::Duration duration) {
    return Poco::Timespan(duration.micros);
}

struct RawAnswer {
    int status = 0;
    std::optional<calendar::Instant> date;
    std::string body;
};

Poco::URI checked_url(const std::string& url) {
    try {
        Poco::URI uri(url);
        if ((uri.getScheme() == "http" || uri.getScheme() == "https") && !uri.getHost().empty())
            return uri;
    } catch (const Poco::SyntaxException&) {
    }
    throw std::invalid_argument("upstream.url is not an http or https URL: " + url);
}

Poco::Net::Context::Ptr tls_context(const HttpOptions& options) {
    Poco::Net::Context::Params params;
    params.caLocation = options.ca_file;
    params.loadDefaultCAs = options.ca_file.empty();
    params.certificateFile = options.certificate;
    params.privateKeyFile = options.certificate_key;
    // Strict: Poco's relaxed mode does not compare the name of a host that is this machine.
    params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
    params.cipherList = "HIGH:!aNULL:!MD5";
    Poco::Net::Context::Ptr context(
        new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    return context;
}

class HttpUpstream : public Upstream {
  public:
    explicit HttpUpstream(HttpOptions options)
        : options_(std::move(options)), url_(checked_url(options_.url)) {
        if (url_.getScheme() == "https") tls_ = tls_context(options_);
        prefix_ = url_.getPath();
        while (prefix_.ends_with('/')) prefix_.pop_back();
    }

    StatusAnswer ask_status(const std::string& credential,
                            const lifecycle::ModelName& model) override {
        std::string body = "{\"model\":";
        lifecycle::append_json_text(model.text(), body);
        body += '}';
        HTTPRequest request(HTTPRequest::HTTP_POST, prefix_ + "/model/status",
                            HTTPRequest::HTTP_1_1);
        const RawAnswer raw = ask(request, credential, body, options_.status_limit);
        StatusAnswer answer;
        answer.http_status = raw.status;
        answer.date = raw.date;
        if (raw.status == 200) {
            answer.report = bytez::parse_status(raw.body);
            if (answer.report && answer.report->model == model)
                answer.kind = StatusAnswer::Kind::report;
        } else if (raw.status == 404) {
            // A 404 that is not the API's own JSON may come from anything on the way.
            const auto error = bytez::parse_flat(raw.body);
            if (error && !error->is_array) answer.kind = StatusAnswer::Kind::absent;
        }
        return answer;
    }

    std::optional<std::vector<bytez::CatalogueModel>> ask_list(
        const std::string& credential) override {
        HTTPRequest request(HTTPRequest::HTTP_GET, prefix_ + "/model/list", HTTPRequest::HTTP_1_1);
        const RawAnswer raw = ask(request, credential, {}, options_.list_limit);
        return raw.status == 200 ? bytez::parse_list(raw.body) : std::nullopt;
    }

    void cut_overdue() override { cut(platform::monotonic_micros()); }

    void close() override {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        cut(INT64_MAX);
    }

  private:
    /// A question under way: its socket, and when it must be over.
    struct Question {
        Poco::Net::StreamSocket socket;
        std::int64_t deadline;
    };

    /// Keeps a question where cut() finds it for as long as its answer is read.
    class UnderWay {
      public:
        UnderWay(HttpUpstream& owner, const Poco::Net::StreamSocket& socket, std::int64_t deadline)
            : owner_(owner) {
            const std::lock_guard lock(owner.mutex_);
            if (owner.closed_) throw Poco::IOException("closed");
            place_ = owner.questions_.insert(owner.questions_.end(), Question{socket, deadline});
        }
        ~UnderWay() {
            const std::lock_guard lock(owner_.mutex_);
            owner_.questions_.erase(place_);
        }
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

      private:
        HttpUpstream& owner_;
        std::list<Question>::iterator place_;
    };

    /// Poco bounds each read, not their sum: a peer that trickles is cut here. Only shutdown(2),
    /// which is safe beside a read in another thread; the session closes the socket itself.
    void cut(std::int64_t now) {
        const std::lock_guard lock(mutex_);
        for (const Question& question : questions_)
            if (question.deadline <= now) ::shutdown(question.socket.impl()->sockfd(), SHUT_RDWR);
    }

    std::unique_ptr<Poco::Net::HTTPClientSession> session() const {
        std::unique_ptr<Poco::Net::HTTPClientSession> session;
        if (tls_) {
            session = std::make_unique<Poco::Net::HTTPSClientSession>(url_.getHost(),
                                                                      url_.getPort(), tls_);
        } else {
            session =
                std::make_unique<Poco::Net::HTTPClientSession>(url_.getHost(), url_.getPort());
        }
        session->setKeepAlive(false);
        session->setTimeout(timespan(options_.connect_timeout), timespan(options_.answer_timeout),
                            timespan(options_.answer_timeout));
        return session;
    }

    /// Never throws: no answer is status 0. What went wrong is not told on, since messages of
    /// libraries may quote what was sent.
    RawAnswer ask(HTTPRequest& request, const std::string& credential, const std::string& body,
                  std::size_t limit) {
        try {
            return try_to_ask(request, credential, body, limit);
        } catch (const std::exception&) {
            return {};
        }
    }

    RawAnswer try_to_ask(HTTPRequest& request, const std::string& credential,
                         const std::string& body, std::size_t limit) {
        const std::int64_t deadline = platform::monotonic_micros() + options_.answer_timeout.micros;
        const auto http = session();
        request.set("Authorization", credential);
        request.set("User-Agent", "tollgate");
        request.setContentType("application/json");
        if (request.getMethod() == HTTPRequest::HTTP_POST)
            request.setContentLength(static_cast<std::streamsize>(body.size()));
        http->sendRequest(request) << body << std::flush;
        const UnderWay under_way(*this, http->socket(), deadline);
        Poco::Net::HTTPResponse response;
        std::istream& stream = http->receiveResponse(response);
        RawAnswer answer{static_cast<int>(response.getStatus()), std::nullopt, {}};
        if (response.has("Date")) answer.date = bytez::parse_http_date(response.get("Date"));
        const bool whole = read(stream, limit, deadline, answer.body);
        if (whole && has_all(response, answer.body)) return answer;
        return {};
    }

    static bool has_all(const Poco::Net::HTTPResponse& response, const std::string& body) {
        return !response.hasContentLength() ||
               static_cast<std::size_t>(response.getContentLength64()) == body.size();
    }

    static bool read(std::istream& stream, std::size_t limit, std::int64_t deadline,
                     std::string& body) {
        std::array<char, 1 << 14> buffer;
        // Piece by piece as they come: a read of the whole buffer would wait for all of it.
        while (stream.peek() != std::istream::traits_type::eof()) {
            if (platform::monotonic_micros() > deadline) return false;
            const auto count =
                stream.readsome(buffer.data(), static_cast<std::streamsize>(buffer.size()));
            body.append(buffer.data(), static_cast<std::size_t>(count));
            if (body.size() > limit) return false;
        }
        return platform::monotonic_micros() <= deadline;
    }

    const HttpOptions options_;
    const Poco::URI url_;
    Poco::Net::Context::Ptr tls_;  // null: plain
    std::string prefix_;

    std::mutex mutex_;
    std::list<Question> questions_;  // under mutex_
    bool closed_ = false;            // under mutex_
};

}  // namespace

std::unique_ptr<Upstream> make_http_upstream(HttpOptions options) {
    return std::make_unique<HttpUpstream>(std::move(options));
}

}  // namespace watcher

// One request and its answer: reads the one, forwards it, relays the other, and obeys the meter and
// the output gate in between. A client's connection has one and reuses it. Requests are taken in
// exchange.cpp, answers in exchange_answer.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/body_framer.h"
#include "proxy/call_meter.h"
#include "proxy/head.h"
#include "proxy/observation.h"
#include "proxy/output_gate.h"
#include "proxy/own_answer.h"
#include "proxy/services.h"
#include "proxy/upstream_connection.h"

namespace proxy {

class ClientConnection;

class Exchange : public GateWaiter {
  public:
    Exchange(Services& services, ClientConnection& client);

    // The client's side. take_request returns how much it took; the rest belongs to what follows.
    std::size_t take_request(std::string_view bytes);
    bool wants_request() const;
    bool is_between_requests() const { return reading_ == Reading::head; }
    bool is_reading_body() const {
        return reading_ == Reading::body || reading_ == Reading::discarding;
    }
    bool keeps_client() const { return keep_client_; }
    void on_client_drained();
    /// True: it goes on without the client, because its end belongs in the books.
    bool on_client_left();
    /// False: nothing can be said to the client.
    bool on_client_timeout();
    void reset();
    /// Its answer has left: it is no longer one of those in flight.
    void end_flight();
    /// The connection closes: everything under way ends.
    void abandon();

    // The upstream's side.
    std::size_t take_answer(std::string_view bytes);
    bool wants_answer() const;
    bool has_whole_request() const { return reading_ == Reading::done; }
    bool is_answering() const { return answering_ == Answering::body; }
    bool has_whole_answer() const { return answering_ == Answering::whole; }
    /// After has_whole_answer(): gives the upstream back and ends the exchange.
    void conclude_answer();
    void on_upstream_drained();
    /// The stream's end; false: it is no end of an answer.
    bool on_upstream_end(bool broken);
    void on_upstream_failure(UpstreamFailure failure);

    void on_gate(bool durable) override;

  private:
    enum class Reading : std::uint8_t { head, body, discarding, done };
    enum class Answering : std::uint8_t { waiting, body, whole };
    enum class Wait : std::uint8_t { none, arrival, load_intent, final_answer };

    std::size_t take_head(std::string_view bytes);
    void begin(const RequestHead& head, bool body_follows);
    std::optional<OwnError> judge(const RequestHead& head, const Verdict& verdict);
    std::size_t take_body(std::string_view bytes);
    std::optional<OwnError> inspect(const BodyFramer::Piece& piece);
    void pass_on(std::string_view raw);
    void arrive();
    void forward(std::string_view raw);
    void forward_control();
    void on_intent_kept(bool kept);
    void send_again();
    bool may_send_again(UpstreamFailure failure) const;

    void refuse(const OwnError& error);
    void answer(const OwnError& error);
    void lose_record();
    void drop_upstream();
    void end_run(bool disconnected);

    /// Taken: one head, interim or final. Later: there is none, or it is not for now.
    enum class HeadOutcome : std::uint8_t { taken, later, failed };
    HeadOutcome take_answer_head(std::string_view bytes, std::size_t& used, std::string& out);
    void begin_answer(const AnswerHead& head, std::string& out);
    void fail_answer();
    void cut_answer();
    bool send_edited();
    void record_final(int status, std::optional<calendar::Instant> date);

    Services& services_;
    ClientConnection& client_;
    UpstreamConnection* upstream_ = nullptr;
    CallMeter meter_;
    Observation observation_;

    Reading reading_ = Reading::head;
    Answering answering_ = Answering::waiting;
    Wait wait_ = Wait::none;
    Treatment treatment_ = Treatment::relay;
    bool in_flight_ = false;  // counted
    bool keep_client_ = true;
    bool is_head_ = false;         // the method
    bool is_safe_ = false;         // may be sent again after a stale connection swallowed it
    bool awaits_leave_ = false;    // the client: its body comes after a 100, perhaps never
    bool is_http_1_0_ = false;     // the client knows neither 1xx answers nor chunks
    bool scanning_ = false;        // the meter reads the body
    bool observing_ = false;       // the answer is of interest
    bool upstream_clean_ = false;  // it may serve others after this answer
    bool postponed_ = false;       // an answer came before the call was understood
    bool unchunking_ = false;      // the answer goes on without its chunks' framing
    bool editing_ = false;         // the answer is held whole, and shown in part
    bool until_close_ = false;     // the answer's end is the connection's
    bool run_ended_ = false;
    bool intent_lost_ = false;  // part of a load's intent is not on disk, and will not be
    std::uint8_t intent_waits_ = 0;
    std::uint8_t attempts_ = 0;
    int answer_status_ = 0;
    std::optional<calendar::Instant> answer_date_;  // of a run, a load, a delete
    HeadSearch request_search_, answer_search_;
    BodyFramer request_framer_, answer_framer_;
    std::optional<OwnError> refusal_;  // while discarding
    std::string edited_head_;
    std::string outgoing_;  // the head until it is sent; a control call's whole request
};

}  // namespace proxy

// The seven calls of the model API, without HTTP: what each does to the catalogue, the job queue
// and the fleet, and what it answers (api-semantics: calls).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "calendar/clock.h"
#include "origin/answers.h"
#include "origin/catalogue.h"
#include "origin/fleet.h"
#include "origin/hangup_watch.h"
#include "origin/job_runner.h"
#include "origin/options.h"
#include "origin/run_request.h"

namespace origin {

/// The connection that a run's output goes to.
struct RunClient {
    int descriptor = -1;                          // watched for the client's going away
    std::function<void()> begin;                  // before the first piece of a stream
    std::function<bool(std::string_view)> write;  // a piece, at once; false: it has gone
};

/// How a run whose stream has begun ended.
enum class Streamed { whole, broken };

class Service {
  public:
    /// Throws std::runtime_error for a catalogue or a job book that cannot be read.
    Service(const calendar::Clock& clock, const Options& options);

    Answer list(const std::string& task) const;  // empty task: all
    Answer job(std::string_view body);
    Answer load(std::string_view body);
    Answer status(std::string_view body) const;
    Answer instances() const;
    Answer remove(std::string_view body);
    std::variant<Answer, Streamed> run(std::string_view body, const RunClient& client);

  private:
    const CatalogueEntry* find_entry(const lifecycle::ModelName& model) const;
    std::variant<Answer, Streamed> run_on(RunLease& lease, const RunRequest& request,
                                          HangupWatch::Run& watched, const RunClient& client);
    Answer refuse_run(Fleet::RunRefusal refusal, const RunRequest& request) const;

    const std::vector<CatalogueEntry> catalogue_;
    const calendar::Duration run_silence_limit_;
    HangupWatch hangups_;
    Fleet fleet_;
    JobRunner jobs_;
};

}  // namespace origin

// A small real HTTP server that answers the model API as it is told: the upstream of the watcher's
// tests. It shares no code with bytez/.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace watcher {

class FakeUpstream {
  public:
    struct Answer {
        int status = 200;
        std::string body = "";
        std::string date = "";  // a Date field, where not empty
        bool trickle = false;   // a byte now and then, without end
        bool drop = false;      // close without a word
    };
    struct Asked {
        std::string method, path, authorization, body;
    };

    /// `certificate`: of a PEM file with key and certificate, for HTTPS; empty: HTTP.
    explicit FakeUpstream(const std::string& certificate = "");
    ~FakeUpstream();

    std::string url() const;

    void on_status(Answer answer);  // of every model
    void on_list(Answer answer);

    std::size_t asked_count() const;
    std::vector<Asked> asked() const;
    /// Whether `count` questions have come within ten seconds.
    bool wait_for_questions(std::size_t count) const;
    int most_at_once() const;

    /// `{"model": …}` as the API prints it. Instants: seconds before (negative) or after this
    /// upstream began; 0: null.
    std::string status_json(const std::string& model, const std::string& state, int created,
                            int modified, int expires, int inferences = 0) const;

    class Server;

  private:
    friend class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace watcher

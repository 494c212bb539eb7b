// One engine of an instance: a process, its port, and the thread that starts it, waits for it to be
// ready, notices its end at once, and ends it when asked. The first launcher: local processes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "origin/catalogue.h"
#include "origin/memory.h"
#include "platform/files.h"

namespace origin {

/// Called on the replica's thread, in this order, each at most once; on_end always, and last.
struct ReplicaEvents {
    std::function<void()> on_started = [] {};    // the process exists
    std::function<void()> on_listening = [] {};  // its port accepts connections
    std::function<void()> on_ready = [] {};      // its health path answers 2xx
    std::function<void(const std::string& last_words)> on_end = [](const std::string&) {};
};

class Replica {
  public:
    /// `grace`: between the polite and the hard end.
    Replica(const CatalogueEntry& entry, const std::string& engine_directory,
            calendar::Duration grace, ReplicaEvents events);
    ~Replica();  // ends it and waits; at most the grace and a moment
    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;

    /// Asks it to end; returns at once. Any thread.
    void request_end();
    /// 0 until it is known; fixed once ready. Any thread.
    std::uint16_t port() const { return port_; }
    /// 0 while it is not there. Any thread.
    pid_t engine_pid() const { return engine_pid_; }
    /// What it takes now; zero bytes when it is not there. Any thread, before on_end only.
    MemorySample measure() const;

  private:
    void run();
    std::unique_ptr<EngineProcess> start();
    void attend(EngineProcess& process);
    void end(EngineProcess& process);
    void wait(EngineProcess& process, int milliseconds);
    void probe(EngineProcess& process);

    // constant after construction
    const CatalogueEntry entry_;
    const std::string engine_directory_;
    const calendar::Duration grace_;
    const ReplicaEvents events_;
    platform::Descriptor wake_;

    std::atomic<bool> end_requested_ = false;
    std::atomic<std::uint16_t> port_ = 0;
    std::atomic<pid_t> engine_pid_ = 0;
    std::atomic<pid_t> group_ = 0;

    // owned by the thread
    enum class Stage { booting, listening, ready } stage_ = Stage::booting;

    std::thread thread_;
};

}  // namespace origin

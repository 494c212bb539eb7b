// Ends an engine's call when the client it is for has gone: watches the client's connection, and
// shuts the engine's down once the client's is closed. One thread for all runs.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "platform/files.h"

namespace origin {

class HangupWatch {
  public:
    HangupWatch();
    ~HangupWatch();
    HangupWatch(const HangupWatch&) = delete;
    HangupWatch& operator=(const HangupWatch&) = delete;

    /// One run. Both descriptors must stay open while they are in it; the engine's is -1 while
    /// there is none.
    class Run {
      public:
        Run(HangupWatch& watch, int client);
        ~Run();
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;
        void set_engine(int descriptor);
        bool client_has_gone() const;

      private:
        HangupWatch& watch_;
        std::uint64_t id_;
    };

  private:
    struct Pair {
        int client;
        int engine = -1;
        bool gone = false;
    };
    void watch();
    void wake();

    platform::Descriptor wake_;

    // under mutex_
    mutable std::mutex mutex_;
    std::map<std::uint64_t, Pair> pairs_;
    std::uint64_t next_id_ = 1;
    bool stopping_ = false;

    std::thread thread_;
};

}  // namespace origin

// The gateway alone, for measurements: no ledger, no watcher.
// gateway_only LISTEN UPSTREAM_URL THREADS [JOURNAL_DIRECTORY]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "bytez/catalogue.h"
#include "journal/journal.h"
#include "platform/clock.h"
#include "platform/disk.h"
#include "platform/shutdown.h"
#include "proxy/gateway.h"

namespace {

class EveryKey : public proxy::KeyDirectory {
  public:
    Verdict find(const lifecycle::KeyFingerprint&) const override { return Verdict::known; }
};

class Nobody : public proxy::TrafficObserver {
  public:
    void on_load_intent(const lifecycle::LoadRequested&, const std::string&,
                        std::function<void(bool)> kept) override {
        kept(true);
    }
    void on_load_refused(const lifecycle::KeyFingerprint&, const lifecycle::ModelName&) override {}
    void on_load(const lifecycle::LoadAnswered&, const std::string&) override {}
    void on_delete(const lifecycle::DeleteAnswered&, const std::string&) override {}
    void on_seen(const lifecycle::InstanceSeen&, const std::string&) override {}
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    try {
        platform::Shutdown shutdown;
        const platform::SystemClock clock;
        proxy::Options options;
        options.listen = argv[1];
        options.upstream_url = argv[2];
        options.threads = std::strtoul(argv[3], nullptr, 10);
        std::unique_ptr<journal::Journal> log;
        if (argc > 4) {
            journal::Options journal_options;
            journal_options.directory = argv[4];
            log = journal::Journal::open(platform::posix_disk(), clock, journal_options);
        }
        const EveryKey keys;
        Nobody observer;
        bytez::Catalogue catalogue;
        proxy::Gateway gateway(options, log.get(), keys, observer, catalogue, clock);
        gateway.start();
        while (!shutdown.wait_for(calendar::Duration::seconds(1))) {
            // Nobody ships: what is sealed is let go, or the disk would fill up.
            if (log) log->release(log->sealed_through());
        }
        gateway.stop(calendar::Duration::seconds(1));
        if (log) log->close();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "gateway_only: %s\n", error.what());
        return 1;
    }
    return 0;
}

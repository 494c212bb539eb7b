#include "origin/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace origin {
namespace {

// Where the kept descriptors are moved, so that everything above can be closed at once.
constexpr int kLifeline = 3;
constexpr int kReport = 4;
constexpr int kOutput = 5;
constexpr unsigned kFirstClosed = 6;

void tell(GuardianReport::Kind kind, int value) {
    const GuardianReport report{kind, value};
    // A pipe takes so few bytes whole or not at all; if the origin is gone nobody needs them.
    [[maybe_unused]] const auto written = ::write(kReport, &report, sizeof report);
}

void keep_only(const GuardianDescriptors& descriptors) {
    // Copies above the targets first, so that no move overwrites a source.
    const int lifeline = ::fcntl(descriptors.lifeline, F_DUPFD, 16);
    const int report = ::fcntl(descriptors.report, F_DUPFD, 16);
    const int output = ::fcntl(descriptors.output, F_DUPFD, 16);
    ::dup2(lifeline, kLifeline);
    ::dup2(report, kReport);
    ::dup2(output, kOutput);
    ::close_range(kFirstClosed, ~0U, 0);
}

void reset_signals() {
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD}) {
        ::signal(number, SIG_DFL);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_engine(const PreparedCommand& command, pid_t guardian) {
    // Second cover: should somebody kill the guardian itself, its engine goes with it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != guardian) ::_exit(127);
    reset_signals();
    ::dup2(kLifeline, STDIN_FILENO);
    ::dup2(kOutput, STDOUT_FILENO);
    ::dup2(kOutput, STDERR_FILENO);
    ::close(kLifeline);
    ::close(kOutput);
    ::fcntl(kReport, F_SETFD, FD_CLOEXEC);
    if (command.directory == nullptr || ::chdir(command.directory) == 0) {
        ::execvpe(command.argv[0], command.argv.data(), command.environment.data());
    }
    tell(GuardianReport::Kind::exec_failed, errno);
    ::_exit(127);
}

/// Until the engine has ended or the origin is gone; then the whole group ends, this process too.
[[noreturn]] void watch(pid_t engine) {
    const int engine_end = static_cast<int>(::syscall(SYS_pidfd_open, engine, 0));
    pollfd events[] = {{engine_end, POLLIN, 0}, {kLifeline, POLLIN, 0}};
    bool origin_gone = false;
    while (!origin_gone) {
        if (::poll(events, 2, -1) < 0 && errno != EINTR) break;
        if (events[0].revents != 0) break;
        // Nothing is ever written to the lifeline: what is readable is its end.
        origin_gone = events[1].revents != 0;
    }
    if (!origin_gone) {
        int status = 0;
        while (::waitpid(engine, &status, 0) < 0 && errno == EINTR) {
        }
        tell(GuardianReport::Kind::engine_ended, status);
    }
    ::kill(0, SIGKILL);
    ::_exit(0);
}

[[noreturn]] void guard(const PreparedCommand& command, const GuardianDescriptors& descriptors) {
    ::setpgid(0, 0);
    keep_only(descriptors);
    // A polite end of the group is for the engine; the guardian must see how that went.
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(number, SIG_IGN);
    ::prctl(PR_SET_NAME, "tollgate-guard");
    const pid_t self = ::getpid();
    const pid_t engine = ::fork();
    if (engine == 0) become_engine(command, self);
    if (engine < 0) {
        tell(GuardianReport::Kind::exec_failed, errno);
        ::_exit(127);
    }
    tell(GuardianReport::Kind::engine_pid, engine);
    ::close(kOutput);
    watch(engine);
}

}  // namespace

pid_t start_guardian(const PreparedCommand& command, const GuardianDescriptors& descriptors) {
    const pid_t guardian = ::fork();
    if (guardian < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (guardian == 0) guard(command, descriptors);
    // Both sides set it: whoever comes first, a signal to the group finds it.
    ::setpgid(guardian, guardian);
    return guardian;
}

}  // namespace origin

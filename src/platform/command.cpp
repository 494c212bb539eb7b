#include "platform/command.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "platform/clock.h"

namespace platform {
namespace {

constexpr std::size_t output_limit = 64u << 10;
constexpr std::size_t input_limit = 4u << 10;  // fits a pipe, so writing it never blocks

struct Pipe {
    int read = -1;
    int write = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe");
        }
        read = ends[0];
        write = ends[1];
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_read();
        close_write();
    }
    void close_read() {
        if (read >= 0) ::close(read);
        read = -1;
    }
    void close_write() {
        if (write >= 0) ::close(write);
        write = -1;
    }
};

// Between fork and exec only calls that are safe in a copy of a process with threads.
[[noreturn]] void become(const Command& command, const std::vector<char*>& arguments,
                         const std::vector<char*>& environment, const Pipe& in, const Pipe& out) {
    ::dup2(in.read, 0);
    ::dup2(out.write, 1);
    ::dup2(out.write, 2);
    ::close_range(3, ~0u, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) {
        std::signal(number, SIG_DFL);
    }
    if (command.change_user) {
        const gid_t group = command.user.group;
        if (::setgroups(1, &group) != 0 || ::setgid(group) != 0 ||
            ::setuid(command.user.user) != 0) {
            ::_exit(126);
        }
    }
    if (::chdir("/") != 0) ::_exit(126);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
}

void append_bounded(std::string& output, const char* bytes, std::size_t size) {
    output.append(bytes, size);
    if (output.size() > 2 * output_limit) output.erase(0, output.size() - output_limit);
}

// Reads until the child's side is closed or the time is over; whether it closed in time.
bool drain(int descriptor, std::int64_t deadline, std::string& output) {
    std::array<char, 4096> buffer{};
    while (true) {
        const std::int64_t left = (deadline - monotonic_micros()) / 1'000;
        if (left <= 0) return false;
        pollfd entry{descriptor, POLLIN, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000)));
        if (ready <= 0) continue;
        const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
        if (got == 0) return true;
        if (got > 0) append_bounded(output, buffer.data(), static_cast<std::size_t>(got));
        if (got < 0 && errno != EINTR && errno != EAGAIN) return true;
    }
}

// Waits for the child until the deadline; whether it ended by then.
bool wait_until(pid_t child, std::int64_t deadline, int& status) {
    while (true) {
        const pid_t done = ::waitpid(child, &status, WNOHANG);
        if (done == child || (done < 0 && errno != EINTR)) return true;
        if (monotonic_micros() >= deadline) return false;
        ::usleep(2'000);
    }
}

}  // namespace

CommandResult run_command(const Command& command) {
    if (command.input.size() > input_limit) {
        throw std::system_error(E2BIG, std::generic_category(), "input of " + command.arguments[0]);
    }
    std::vector<char*> arguments;
    for (const std::string& argument : command.arguments) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    std::array<std::string, 3> settings{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                        "TZ=UTC"};
    std::vector<char*> environment;
    for (std::string& setting : settings) environment.push_back(setting.data());
    environment.push_back(nullptr);

    Pipe in;
    Pipe out;
    const std::int64_t deadline = monotonic_micros() + command.timeout.micros;
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) become(command, arguments, environment, in, out);
    out.close_write();
    in.close_read();
    if (!command.input.empty() &&
        ::write(in.write, command.input.data(), command.input.size()) < 0) {
        // It did not read its input: its exit status tells.
    }
    in.close_write();

    CommandResult result;
    int status = 0;
    if (!drain(out.read, deadline, result.output) || !wait_until(child, deadline, status)) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        result.timed_out = true;
    } else {
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (result.output.size() > output_limit) {
        result.output.erase(0, result.output.size() - output_limit);
    }
    return result;
}

}  // namespace platform

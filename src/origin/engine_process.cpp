#include "origin/engine_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <system_error>

#include "origin/guardian.h"
#include "origin/text.h"

namespace origin {
namespace {

constexpr std::size_t kHeadBytes = 16 * 1024;
constexpr std::size_t kTailBytes = 8 * 1024;
constexpr std::size_t kLastWordsBytes = 1500;

struct Pipe {
    platform::Descriptor read;
    platform::Descriptor write;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    return {platform::Descriptor(ends[0]), platform::Descriptor(ends[1])};
}

/// Our environment with the command's additions, as `NAME=value`.
std::vector<std::string> environment_of(const EngineCommand& command) {
    std::map<std::string, std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto& [name, value] : command.environment) all[name] = value;
    std::vector<std::string> list;
    for (const auto& [name, value] : all) list.push_back(name + '=' + value);
    return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

std::unique_ptr<EngineProcess> EngineProcess::start(const EngineCommand& command) {
    std::vector<std::string> argv = command.argv;
    std::vector<std::string> environment = environment_of(command);
    const PreparedCommand prepared{pointers(argv), pointers(environment),
                                   command.directory.empty() ? nullptr : command.directory.c_str()};
    Pipe lifeline = make_pipe();
    Pipe report = make_pipe();
    Pipe output = make_pipe();
    std::unique_ptr<EngineProcess> process(new EngineProcess);
    process->guardian_ =
        start_guardian(prepared, {lifeline.read.get(), report.write.get(), output.write.get()});
    process->lifeline_ = std::move(lifeline.write);
    process->report_ = std::move(report.read);
    process->output_ = std::move(output.read);
    for (const int descriptor : {process->report_.get(), process->output_.get()}) {
        ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    }
    return process;
}

EngineProcess::~EngineProcess() {
    kill();
    lifeline_.reset();
    while (::waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void EngineProcess::read_output() {
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count == 0) output_.reset();  // everybody who could write has gone
        if (count <= 0) return;
        const std::string_view piece(buffer, static_cast<std::size_t>(count));
        if (head_.size() < kHeadBytes) head_ += piece.substr(0, kHeadBytes - head_.size());
        tail_ += piece;
        if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
    }
}

void EngineProcess::read_report() {
    for (;;) {
        GuardianReport report{};
        const ssize_t count = ::read(report_.get(), &report, sizeof report);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return;
        if (count != sizeof report) {  // end of file: the guardian and its engine are gone
            ended_ = true;
            return;
        }
        switch (report.kind) {
            case GuardianReport::Kind::engine_pid:
                engine_pid_ = report.value;
                break;
            case GuardianReport::Kind::exec_failed:
                exec_error_ = report.value;
                break;
            case GuardianReport::Kind::engine_ended:
                exit_status_ = report.value;
                ended_ = true;
                return;
        }
    }
}

std::optional<std::uint16_t> EngineProcess::printed_port() const {
    // Whole lines only: half a number is another number.
    const std::string_view lines = std::string_view(head_).substr(0, head_.rfind('\n') + 1);
    for (auto at = lines.find("http://"); at != lines.npos; at = lines.find("http://", at + 1)) {
        const std::string_view rest = lines.substr(at + 7, 80);
        const auto colon = rest.find(':');
        if (colon == rest.npos || rest.find_first_of(" /\n") < colon) continue;
        std::uint16_t port = 0;
        const std::string_view digits = rest.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (error == std::errc() && port != 0) return port;
    }
    return std::nullopt;
}

std::string EngineProcess::ending() const {
    if (exec_error_ != 0) {
        return std::string("the engine's command cannot be run: ") + std::strerror(exec_error_);
    }
    if (exit_status_ < 0) return "the engine was ended";
    if (WIFSIGNALED(exit_status_)) {
        return std::string("the engine was ended by signal ") +
               std::to_string(WTERMSIG(exit_status_)) + " (" + ::strsignal(WTERMSIG(exit_status_)) +
               ")";
    }
    return "the engine ended with status " + std::to_string(WEXITSTATUS(exit_status_));
}

std::string EngineProcess::last_words() const {
    std::string text = ending();
    const std::string words = printable_tail(tail_, kLastWordsBytes);
    if (!words.empty()) text += "; its last words: " + words;
    return text;
}

void EngineProcess::terminate() const {
    ::kill(-guardian_, SIGTERM);
}

void EngineProcess::kill() const {
    ::kill(-guardian_, SIGKILL);
}

}  // namespace origin

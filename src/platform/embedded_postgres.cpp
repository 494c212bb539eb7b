#include "platform/embedded_postgres.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "platform/clock.h"
#include "platform/command.h"
#include "platform/postgres_files.h"

namespace platform {
namespace {

namespace fs = std::filesystem;
using calendar::Duration;

constexpr const char* superuser = "tollgate";
constexpr const char* database = "tollgate";
constexpr Duration poll_interval = Duration::milliseconds(20);
constexpr Duration stop_timeout = Duration::seconds(30);
constexpr std::size_t longest_socket_directory = 80;  // sun_path is 108 with the file's name

/// Polls until `done` or the time is over; whether it was done.
bool wait_for(Duration timeout, const std::function<bool()>& done) {
    const std::int64_t deadline = monotonic_micros() + timeout.micros;
    while (!done()) {
        if (monotonic_micros() >= deadline) return false;
        ::usleep(static_cast<useconds_t>(poll_interval.micros));
    }
    return true;
}

std::string error_text() {
    return std::strerror(errno);
}

/// An advisory lock on a file, held while this lives.
class FileLock {
  public:
    explicit FileLock(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (descriptor_ < 0) {
            throw EmbeddedPostgresError("cannot write in the data directory: " + path + ": " +
                                        error_text());
        }
    }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock() { ::close(descriptor_); }
    bool try_exclusive() { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }
    bool try_shared() { return ::flock(descriptor_, LOCK_SH | LOCK_NB) == 0; }
    void unlock() { ::flock(descriptor_, LOCK_UN); }

  private:
    int descriptor_;
};

// FNV-1a: a short name for a long path; nothing depends on it being secret.
std::string short_name(const std::string& text) {
    std::uint64_t hash = 14695981039346656037u;
    for (const char byte : text) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name;
    for (int i = 0; i < 12; ++i, hash >>= 4) name += digits[hash & 15];
    return name;
}

/// Whose server it is: ours; as root the cluster's owner, or `postgres`, since Postgres refuses
/// root.
struct passwd find_server_user(const std::string& cluster) {
    struct stat status {};
    const bool exists = ::stat(cluster.c_str(), &status) == 0;
    if (::geteuid() != 0) {
        if (exists && status.st_uid != ::geteuid()) {
            throw EmbeddedPostgresError("the database in " + cluster +
                                        " belongs to another user: run tollgate as that user");
        }
        struct passwd self {};
        self.pw_uid = ::geteuid();
        self.pw_gid = ::getegid();
        return self;
    }
    const struct passwd* user =
        exists && status.st_uid != 0 ? ::getpwuid(status.st_uid) : ::getpwnam("postgres");
    if (user == nullptr || user->pw_uid == 0) {
        throw EmbeddedPostgresError(
            "started as root, and there is no user `postgres` to run the database as: install "
            "PostgreSQL's server with `apt install postgresql`, or start tollgate as another user");
    }
    return *user;
}

}  // namespace

struct EmbeddedPostgres::Cluster {
    explicit Cluster(EmbeddedPostgresOptions given)
        : options(std::move(given)),
          directory(prepare_data_directory(options.data_dir) + "/postgres"),
          socket_directory(choose_socket_directory()),
          gate(options.data_dir + "/postgres.gate"),
          users(options.data_dir + "/postgres.users") {}

    // Constant after construction.
    EmbeddedPostgresOptions options;
    std::string directory;
    std::string socket_directory;

    std::mutex mutex;
    // Under `mutex`.
    FileLock gate;   // held exclusively while the server is started or stopped
    FileLock users;  // held shared while we use the server
    bool started = false;
    bool left = false;
    std::string connected_directory;

    static std::string prepare_data_directory(std::string& path);
    std::string choose_socket_directory() const;
    void prepare_socket_directory(const struct passwd& user) const;
    void close_gate();
    void join();
    bool leave();
    void start();
    void initialize(const std::string& programs, const struct passwd& user) const;
    void launch(const std::string& programs, const struct passwd& user) const;
    bool stop();
    CommandResult run(const struct passwd& user, std::vector<std::string> arguments,
                      std::string input, Duration timeout) const;
    void check_reach(const struct passwd& user) const;
};

std::string EmbeddedPostgres::Cluster::prepare_data_directory(std::string& path) {
    std::error_code error;
    path = fs::absolute(path).lexically_normal().string();
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (fs::create_directories(path, error)) ::chmod(path.c_str(), 0711);
    if (error || !fs::is_directory(path)) {
        throw EmbeddedPostgresError("cannot make the data directory " + path + ": " +
                                    (error ? error.message() : "it is not a directory"));
    }
    // The server's user passes through it, and can neither list nor read it.
    struct stat status {};
    if (::geteuid() == 0 && ::stat(path.c_str(), &status) == 0 && (status.st_mode & 0001) == 0) {
        ::chmod(path.c_str(), (status.st_mode & 07777) | 0011);
    }
    return path;
}

std::string EmbeddedPostgres::Cluster::choose_socket_directory() const {
    const std::string name = "tollgate-" + short_name(options.data_dir);
    if (::geteuid() == 0) return "/run/" + name;
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    const std::string home = runtime == nullptr ? "" : runtime;
    const bool plain = home.starts_with('/') && home.find_first_of("', \"\\") == std::string::npos;
    if (plain && home.size() + name.size() < longest_socket_directory &&
        ::access(home.c_str(), W_OK) == 0) {
        return home + "/" + name;
    }
    return "/tmp/" + name + "-" + std::to_string(::geteuid());
}

void EmbeddedPostgres::Cluster::prepare_socket_directory(const struct passwd& user) const {
    const char* path = socket_directory.c_str();
    if (::mkdir(path, 0700) == 0 && ::geteuid() == 0 &&
        ::lchown(path, user.pw_uid, user.pw_gid) != 0) {
        throw EmbeddedPostgresError("cannot give away " + socket_directory + ": " + error_text());
    }
    // Whoever can enter it is the database's superuser, so a folder put there by another is
    // refused.
    struct stat status {};
    if (::lstat(path, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != user.pw_uid ||
        (status.st_mode & 0077) != 0) {
        throw EmbeddedPostgresError(socket_directory +
                                    " is not a folder that only the database's user can enter: "
                                    "remove it and start again");
    }
}

CommandResult EmbeddedPostgres::Cluster::run(const struct passwd& user,
                                             std::vector<std::string> arguments, std::string input,
                                             Duration timeout) const {
    Command command;
    command.arguments = std::move(arguments);
    command.input = std::move(input);
    command.change_user = user.pw_uid != ::geteuid();
    command.user = {.user = user.pw_uid, .group = user.pw_gid};
    command.timeout = timeout;
    return run_command(command);
}

void EmbeddedPostgres::Cluster::check_reach(const struct passwd& user) const {
    const CommandResult reach =
        run(user, {"/usr/bin/test", "-x", options.data_dir}, "", Duration::seconds(10));
    if (reach.status == 0) return;
    throw EmbeddedPostgresError(
        "the data directory " + options.data_dir +
        " is out of reach of the user that the database runs as (a folder above it is closed): set "
        "data_dir to one that is not, such as /var/lib/tollgate, or start tollgate as another "
        "user");
}

// Made aside and renamed when whole: a crash in the middle leaves nothing that looks like a
// cluster.
void EmbeddedPostgres::Cluster::initialize(const std::string& programs,
                                           const struct passwd& user) const {
    const std::string fresh = directory + ".new";
    std::error_code error;
    fs::remove_all(fresh, error);
    if (::mkdir(fresh.c_str(), 0700) != 0 ||
        (::geteuid() == 0 && ::chown(fresh.c_str(), user.pw_uid, user.pw_gid) != 0)) {
        throw EmbeddedPostgresError("cannot make " + fresh + ": " + error_text());
    }
    std::vector<std::string> arguments{programs + "/initdb",
                                       "-D",
                                       fresh,
                                       "-U",
                                       superuser,
                                       "--encoding=UTF8",
                                       "--locale=C.UTF-8",
                                       "--data-checksums",
                                       "--auth=trust"};
    if (!options.fsync) arguments.emplace_back("--no-sync");
    const CommandResult made = run(user, arguments, "", options.start_timeout);
    if (made.status != 0) {
        throw EmbeddedPostgresError("initdb could not make the database in " + directory + ": " +
                                    (made.timed_out ? "it took too long" : made.output));
    }
    std::ofstream(fresh + "/pg_hba.conf")
        << "# Whoever can enter the socket's folder is its owner; there is no other way in.\n"
           "local all all trust\n";
    const CommandResult created =
        run(user, {programs + "/postgres", "--single", "-D", fresh, "postgres"},
            std::string("CREATE DATABASE ") + database + "\n", options.start_timeout);
    if (created.status != 0 || created.output.find("ERROR") != std::string::npos) {
        throw EmbeddedPostgresError("cannot create the database: " + created.output);
    }
    fs::rename(fresh, directory);
}

void EmbeddedPostgres::Cluster::launch(const std::string& programs,
                                       const struct passwd& user) const {
    std::string settings = "-c listen_addresses= -c unix_socket_directories=" + socket_directory +
                           " -c unix_socket_permissions=0700 -c port=5432 -c max_connections=50"
                           " -c timezone=UTC -c log_timezone=UTC -c logging_collector=on"
                           " -c log_directory=log -c log_filename=%a.log -c log_rotation_age=1d"
                           " -c log_truncate_on_rotation=on";
    if (!options.fsync) settings += " -c fsync=off";
    const std::string log = directory + "/start.log";
    ::unlink(log.c_str());  // pg_ctl appends: what is told is to be of this start
    const std::string seconds = std::to_string(options.start_timeout.micros / 1'000'000);
    const CommandResult result = run(user,
                                     {programs + "/pg_ctl", "start", "-w", "-t", seconds, "-D",
                                      directory, "-l", log, "-o", settings},
                                     "", options.start_timeout + Duration::seconds(5));
    if (result.status == 0) return;
    std::ifstream file(log);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.size() > 2'000) text.erase(0, text.size() - 2'000);
    throw EmbeddedPostgresError("the database in " + directory + " does not start" +
                                (result.timed_out ? " in time" : "") + ": " + result.output + text);
}

void EmbeddedPostgres::Cluster::start() {
    const struct passwd user = find_server_user(directory);
    auto running = find_postmaster(directory);
    if (!running) {
        const auto version = read_cluster_version(directory);
        const std::string programs =
            find_postgres_programs(options.installations, version, directory);
        check_reach(user);
        if (!version) initialize(programs, user);
        // Backends of a killed postmaster notice its death; a new one must not meet them.
        if (!wait_for(options.start_timeout,
                      [&] { return find_cluster_processes(directory).empty(); })) {
            throw EmbeddedPostgresError("processes of a killed database server in " + directory +
                                        " do not end; stop them by hand");
        }
        // None of this cluster's processes lives, so a pid file is a leftover, even if another
        // program has that process id by now, which Postgres itself could not tell.
        ::unlink((directory + "/postmaster.pid").c_str());
        prepare_socket_directory(user);
        // The same for the lock beside the socket; the folder is this cluster's alone.
        ::unlink((socket_directory + "/.s.PGSQL.5432.lock").c_str());
        launch(programs, user);
        started = true;
    }
    const bool ready = wait_for(options.start_timeout, [&] {
        running = find_postmaster(directory);
        return running && running->ready;
    });
    if (!ready) throw EmbeddedPostgresError("the database in " + directory + " is not ready");
    connected_directory = running->socket_directory;
}

void EmbeddedPostgres::Cluster::close_gate() {
    if (wait_for(options.start_timeout, [&] { return gate.try_exclusive(); })) return;
    throw EmbeddedPostgresError("another process is starting or stopping the database in " +
                                directory + ", and does not finish");
}

void EmbeddedPostgres::Cluster::join() {
    close_gate();
    try {
        start();
        if (!users.try_shared()) {
            throw EmbeddedPostgresError("the database in " + directory + " is being stopped");
        }
    } catch (...) {
        gate.unlock();
        throw;
    }
    gate.unlock();
}

bool EmbeddedPostgres::Cluster::stop() {
    const auto running = find_postmaster(directory);
    if (!running || ::kill(running->process_id, SIGINT) != 0) return false;
    const bool ended =
        wait_for(stop_timeout, [&] { return find_cluster_processes(directory).empty(); });
    if (ended) ::rmdir(running->socket_directory.c_str());
    return ended;
}

bool EmbeddedPostgres::Cluster::leave() {
    if (left) return false;
    left = true;
    if (!wait_for(stop_timeout, [&] { return gate.try_exclusive(); })) return false;
    const bool stopped = users.try_exclusive() && stop();
    users.unlock();
    gate.unlock();
    return stopped;
}

EmbeddedPostgres::EmbeddedPostgres(std::unique_ptr<Cluster> cluster)
    : cluster_(std::move(cluster)) {}

std::unique_ptr<EmbeddedPostgres> EmbeddedPostgres::open(EmbeddedPostgresOptions options) {
    auto cluster = std::make_unique<Cluster>(std::move(options));
    cluster->join();
    return std::unique_ptr<EmbeddedPostgres>(new EmbeddedPostgres(std::move(cluster)));
}

EmbeddedPostgres::~EmbeddedPostgres() {
    leave();
}

void EmbeddedPostgres::ensure_running() {
    const std::lock_guard lock(cluster_->mutex);
    if (cluster_->left) return;
    const auto running = find_postmaster(cluster_->directory);
    if (!running || !running->ready) cluster_->join();
}

std::string EmbeddedPostgres::connection_string() const {
    const std::lock_guard lock(cluster_->mutex);
    return "host=" + cluster_->connected_directory + " port=5432 user=" + superuser +
           " dbname=" + database;
}

bool EmbeddedPostgres::started() const {
    const std::lock_guard lock(cluster_->mutex);
    return cluster_->started;
}

int EmbeddedPostgres::process_id() const {
    const auto running = find_postmaster(cluster_->directory);
    return running ? running->process_id : 0;
}

bool EmbeddedPostgres::leave() {
    const std::lock_guard lock(cluster_->mutex);
    return cluster_->leave();
}

}  // namespace platform

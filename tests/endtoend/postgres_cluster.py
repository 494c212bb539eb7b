"""A Postgres of a test's own, to be stopped, killed, made to hang or replicated. Unix socket only."""
import glob
import os
import pwd
import shutil
import signal
import subprocess

from stack import Failed, wait_for


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        raise Failed("no Postgres under /usr/lib/postgresql")
    return os.path.dirname(found[-1])


def as_other_user():
    """Postgres refuses to run as root."""
    if os.geteuid() != 0:
        return []
    pwd.getpwnam("postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


class Cluster:
    """`folder`: made here, short enough for a socket's path; `settings`: as postgresql.conf has them."""

    def __init__(self, folder, settings=()):
        self.folder, self.settings = folder, list(settings)
        self.data, self.server = os.path.join(folder, "data"), None
        os.makedirs(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")

    def run(self, program, *words):
        done = subprocess.run([*as_other_user(), os.path.join(programs(), program), *words],
                              text=True, capture_output=True, timeout=120, cwd="/")
        if done.returncode != 0:
            raise Failed(f"{program}: {done.stdout}{done.stderr}")

    def make(self):
        self.run("initdb", "-D", self.data, "-U", "owner", "-E", "UTF8", "--no-sync")
        with open(os.path.join(self.data, "pg_hba.conf"), "w") as file:
            file.write("local all all trust\nlocal replication all trust\n")
        return self

    def copy_of(self, primary, name):
        """A standby that follows `primary`."""
        self.run("pg_basebackup", "-D", self.data, "-d",
                 f"host={primary.folder} user=owner application_name={name}", "-R", "-X", "stream",
                 "--checkpoint=fast", "--no-sync")
        return self

    def start(self):
        words = [word for setting in self.settings for word in ("-c", setting)]
        log = open(os.path.join(self.folder, "log"), "a")
        self.server = subprocess.Popen(
            [*as_other_user(), os.path.join(programs(), "postgres"), "-D", self.data,
             "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}",
             "-c", "fsync=off", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        log.close()
        wait_for("Postgres answers", lambda: self.is_ready(), 60)
        return self

    def is_ready(self):
        if self.server.poll() is not None:
            with open(os.path.join(self.folder, "log")) as log:
                raise Failed(f"Postgres ended: {log.read()[-2000:]}")
        return subprocess.run([os.path.join(programs(), "pg_isready"), "-q", "-h", self.folder],
                              timeout=30).returncode == 0

    def stop(self, with_signal=signal.SIGQUIT):
        """SIGQUIT: at once, as after a crash; SIGINT: in order."""
        if self.server is None or self.server.poll() is not None:
            return
        self.server.send_signal(with_signal)
        self.server.wait(60)

    def kill(self):
        """The server and all of its children, with no chance to say a word."""
        found = subprocess.run(["pgrep", "-P", str(self.server.pid)], text=True,
                               capture_output=True).stdout.split()
        for process in [self.server.pid, *map(int, found)]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.wait(30)

    def promote(self):
        self.run("pg_ctl", "promote", "-D", self.data, "-w")

    def words(self, database="tollgate"):
        """psql's, for where to connect."""
        return ["-h", self.folder, "-U", "owner", "-d", database]

    def ask(self, question, database="tollgate"):
        done = subprocess.run(["psql", "-XAtq", *self.words(database), "-c", question], text=True,
                              capture_output=True, timeout=60)
        if done.returncode != 0:
            raise Failed(done.stderr)
        return done.stdout.strip()

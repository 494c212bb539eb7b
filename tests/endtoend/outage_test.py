"""A real Postgres in trouble under load: away, hanging, restarted, deadlocked, failed over. What
clients were told is in the ledger once, and when nothing more can be kept they are told so."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from counted_load import Books, CountedLoad, CountingUpstream
from postgres_cluster import Cluster
from stack import Stack, hanging, wait_for

BACKLOG = 1 << 20


class Outage(CountedLoad):
    settings = {}

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tg-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.clusters = []
        self.addCleanup(lambda: [cluster.stop() for cluster in self.clusters])
        self.upstream = CountingUpstream()
        self.addCleanup(self.upstream.close)

    def make_cluster(self, name, settings=()):
        cluster = Cluster(os.path.join(self.folder, name), settings)
        self.clusters.append(cluster)
        return cluster

    def make_primary(self, settings=()):
        self.primary = self.make_cluster("a", settings).make().start()
        self.primary.ask("CREATE DATABASE tollgate", "postgres")
        self.books = Books(*self.primary.words())

    def start_stack(self, *folders):
        hosts = ",".join(folder.replace("/", "%2F") for folder in folders)
        ports = ",".join("5432" for _ in folders)
        more = "&target_session_attrs=read-write" if len(folders) > 1 else ""
        self.stack = Stack(upstream=self.upstream.url, start=False, settings={
            "database.url": f"postgresql://owner@/tollgate?host={hosts}&port={ports}{more}"
                            "&connect_timeout=2", **self.settings})
        self.addCleanup(self.stack.__exit__, None, None, None)
        self.stack.command("migrate")
        self.stack.start_gateway()
        self.url = self.stack.url

    def facts(self):
        return int(self.books.ask("SELECT count(*) FROM tollgate.facts")[0][0])

    def wait_for_facts(self):
        """More of them than now: the shipper works."""
        before = self.facts()
        wait_for(f"more than {before} facts", lambda: self.facts() > before, 60, 0.2)


class AwayUntilNothingMoreCanBeKept(Outage):
    settings = {"journal.max_backlog_bytes": str(BACKLOG)}

    def refused(self, clients):
        return sum(client.others[503] for client in clients)

    def test_metered_calls_are_refused_deletes_pass_and_nothing_is_lost(self):
        self.make_primary()
        self.start_stack(self.primary.folder)
        with self.load() as clients:
            self.wait_for_facts()
            self.primary.stop()
            wait_for("a call is refused", lambda: self.refused(clients), 120, 0.1)
            status, headers, text = self.stack.call("POST", "/model/run", {"model": "m"})
            self.assertEqual((status, headers["tollgate-error"]), (503, "cannot-record"), text)
            status, headers, _ = self.stack.call("POST", "/model/load", {"model": "m"})
            self.assertEqual((status, headers["tollgate-error"]), (503, "cannot-record"))
            status, _, text = self.stack.call("POST", "/model/delete", {"model": "m"})
            self.assertEqual(status, 200, "a customer can stop paying: " + text)
            status, _, text = self.stack.call("GET", "/readyz", base=self.stack.console)
            self.assertEqual(status, 503)
            self.assertIn('"full"', text)
            size = sum(entry.stat().st_size for entry in os.scandir(
                os.path.join(self.stack.settings["data_dir"], "journal")) if entry.is_file())
            self.assertLess(size, 2 * BACKLOG, "bounded")
            self.primary.start()
            told = sum(sum(client.told.values()) for client in clients)
            wait_for("calls pass again",
                     lambda: sum(sum(client.told.values()) for client in clients) > told + 100, 60)
        self.assertEqual(self.stack.call("GET", "/readyz", base=self.stack.console)[0], 200)
        self.wait_until_shipped()
        # Deletes that passed meanwhile are in the ledger too, out of the journal's reserve.
        for calls in (clients[0].tried, clients[0].told):
            calls["delete", "m"] += 1
        self.check_books(clients)


class TroubledConnections(Outage):
    def test_restarts_hangs_ended_connections_and_deadlocks_lose_nothing(self):
        self.make_primary()
        self.start_stack(self.primary.folder)
        with self.load() as clients:
            self.wait_for_facts()
            for _ in range(20):  # in the middle of whatever it does
                self.primary.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                 "WHERE usename = 'owner' AND pid <> pg_backend_pid()")
                time.sleep(0.07)
            self.wait_for_facts()
            for stop in (self.primary.stop, self.primary.kill):
                stop()
                time.sleep(0.3)
                self.primary.start()
                self.wait_for_facts()
            with hanging(self.primary.server.pid):
                time.sleep(3)
            self.wait_for_facts()
            self.deadlock()
            self.wait_for_facts()
        self.wait_until_shipped()
        self.check_books(clients)

    def deadlock(self):
        """Holds what the shipper wants last and then asks for what it took first. The server finds
        the circle from the shipper's side, so that it is the shipper that is thrown out."""
        script = """
            SET deadlock_timeout = '1h';
            BEGIN;
            SELECT count(*) FROM (SELECT FROM tollgate.pending_instances FOR UPDATE) p;
            SELECT count(*) FROM (SELECT FROM tollgate.chain_heads FOR UPDATE) h;
            DO $$ BEGIN
                FOR i IN 1..600 LOOP
                    EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted);
                    PERFORM pg_sleep(0.05);
                END LOOP;
            END $$;
            UPDATE tollgate.gateways SET heartbeat_at = heartbeat_at;
            COMMIT;"""
        before = self.deadlocks()
        done = subprocess.run(["psql", "-Xq", *self.primary.words()], input=script, text=True,
                              capture_output=True, timeout=120)
        self.assertEqual(done.stderr, "")
        wait_for("a deadlock is counted", lambda: self.deadlocks() > before, 30)

    def deadlocks(self):
        return int(self.primary.ask("SELECT deadlocks FROM pg_stat_database "
                                    "WHERE datname = 'tollgate'"))


class FailedOver(Outage):
    def test_a_standby_takes_over_with_every_fact(self):
        self.make_primary(["wal_level=replica", "synchronous_standby_names=b",
                           "synchronous_commit=local"])
        standby = self.make_cluster("b").copy_of(self.primary, "b").start()
        wait_for("the standby follows", lambda: self.primary.ask(
            "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1")
        self.primary.ask("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
        self.primary.settings.remove("synchronous_commit=local")
        self.primary.stop(2)
        self.primary.start()
        self.start_stack(self.primary.folder, standby.folder)
        with self.load() as clients:
            self.wait_for_facts()
            self.primary.kill()
            standby.promote()
            self.books = Books(*standby.words())
            standby.ask("ALTER SYSTEM RESET synchronous_standby_names")
            self.wait_for_facts()
        self.wait_until_shipped()
        self.check_books(clients)


del Outage, CountedLoad  # they have no tests of their own

if __name__ == "__main__":
    unittest.main(verbosity=2)

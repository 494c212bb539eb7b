"""kill -9 of the gateway at random moments under load: what clients were told is in the ledger, once.

TOLLGATE_KILLS=200 python3 -W ignore -B -m unittest -v kill_test      in this folder, after ./dev build
TOLLGATE_SEED=N repeats the moments of a run. The embedded Postgres outlives the gateway.
"""
import os
import random
import signal
import time
import unittest

from counted_load import CLIENTS, Books, CountedLoad, CountingUpstream
from stack import Stack

KILLS = int(os.environ.get("TOLLGATE_KILLS", "8"))


class Killed(CountedLoad):
    def setUp(self):
        self.seed = int(os.environ.get("TOLLGATE_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"\nTOLLGATE_SEED={self.seed} TOLLGATE_KILLS={KILLS}", flush=True)
        self.random = random.Random(self.seed)
        self.upstream = CountingUpstream()
        self.addCleanup(self.upstream.close)
        self.stack = Stack(upstream=self.upstream.url)
        self.addCleanup(self.stack.__exit__, None, None, None)
        self.url = self.stack.url
        self.books = Books.embedded(self.stack.settings["data_dir"])

    def kill_and_restart(self):
        """Seconds until it was ready again."""
        self.stack.gateway.child.send_signal(signal.SIGKILL)
        self.url = None
        self.stack.gateway.child.wait(10)
        self.stack.gateway.stop()
        began = time.monotonic()
        self.stack.start_gateway()
        taken = time.monotonic() - began
        self.url = self.stack.url
        return taken

    def kill_under_load(self):
        restarts = []
        with self.load() as clients:
            for _ in range(KILLS):
                time.sleep(self.random.uniform(0, 0.8))
                restarts.append(self.kill_and_restart())
            time.sleep(0.2)
        restarts.sort()
        print(f"restarts: median {restarts[len(restarts) // 2]:.2f} s, worst {restarts[-1]:.2f} s")
        return clients

    def test_what_was_told_is_in_the_ledger_exactly_once(self):
        clients = self.kill_under_load()
        server = Books.embedded(self.stack.settings["data_dir"]).server
        self.assertEqual(server, self.books.server, "the database outlives the gateway")
        self.kill_and_restart()  # with nothing in flight: what is on the disk has to do
        self.wait_until_shipped()
        tried, told, others = self.sums(clients)
        cut_off = sum(tried.values()) - sum(told.values()) - sum(others.values())
        print(f"tried {sum(tried.values())}, told {sum(told.values())}, cut off {cut_off}, "
              f"refused {dict(others)}")
        for what in ("load", "run", "delete"):
            self.assertGreater(sum(n for (w, _), n in told.items() if w == what), KILLS, what)
        self.assertLessEqual(cut_off, CLIENTS * KILLS, "a call was cut off without a kill")
        self.check_books(clients)


if __name__ == "__main__":
    unittest.main(verbosity=2)

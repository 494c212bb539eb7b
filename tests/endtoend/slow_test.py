"""slowhttptest against the built gateway: whole time-outs and least paces end every slow attack, and
others are served meanwhile. Skipped where the tool (Debian: slowhttptest) is not installed."""
import contextlib
import shutil
import subprocess
import threading
import unittest
import urllib.parse

from stack import Stack, wait_for
from traffic_test import Upstream

CONNECTIONS = 60


@unittest.skipUnless(shutil.which("slowhttptest"), "slowhttptest is not installed")
class SlowClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def answer(connection, head, length):
            size = 12_000_000 if b" /big" in head else 2
            with contextlib.suppress(OSError):  # the gateway gives up a client that does not read
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        cls.upstream = Upstream(answer)
        cls.stack = Stack(upstream=cls.upstream.url, settings={
            "gateway.head_timeout_seconds": "2", "gateway.body_timeout_seconds": "2",
            "gateway.send_timeout_seconds": "2", "gateway.keep_alive_seconds": "2"})

    @classmethod
    def tearDownClass(cls):
        cls.stack.__exit__(None, None, None)
        cls.upstream.close()

    def established(self):
        """Clients' connections to the gateway, as the kernel knows them."""
        port = f":{urllib.parse.urlsplit(self.stack.url).port:04X}"
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table]
        return sum(row[1].endswith(port) and row[3] == "01" for row in rows[1:])

    def attack(self, *options):
        """Every connection of the attack is ended by the gateway, and others are served meanwhile."""
        served = []
        done = threading.Event()

        def others():
            while not done.is_set():
                served.append(self.stack.call("GET", "/x")[0])

        other = threading.Thread(target=others)
        attack = subprocess.Popen(
            ["slowhttptest", "-c", str(CONNECTIONS), "-r", "60", "-l", "25", "-i", "1", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for("all attack", lambda: self.established() > CONNECTIONS / 2, 5, 0.02)
            other.start()
            # One or two are the others'. (Of a reset the tool itself knows only when it reads on.)
            wait_for("all are ended", lambda: self.established() <= 2, 15)
        finally:
            done.set()
            attack.kill()
            attack.wait(10)
        other.join()
        self.assertGreater(len(served), 10)
        self.assertEqual(set(served), {200})

    def test_slow_heads(self):
        self.attack("-H", "-u", self.stack.url + "/x")

    def test_slow_bodies(self):
        self.attack("-B", "-s", "100000", "-x", "10", "-t", "POST", "-u", self.stack.url + "/x")

    def test_slow_reading(self):
        self.attack("-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "1",
                    "-u", self.stack.url + "/big")


if __name__ == "__main__":
    unittest.main(verbosity=2)

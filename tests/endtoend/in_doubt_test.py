"""What a stop or a kill at a bad moment leaves behind: a load in flight, a database that hangs."""
import datetime
import http.client
import json
import os
import signal
import threading
import time
import unittest
import urllib.parse

from road_test import run
from stack import Stack, hanging, wait_for
from traffic_test import Upstream


def instant(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class SlowLoader:
    """An upstream that begins what a load asks for, but keeps its answer to itself."""

    def __init__(self):
        self.loaded = threading.Event()
        self.created = self.key_asking = None
        self.server = Upstream(self.answer)

    def send(self, connection, status, body):
        text = json.dumps(body).encode()
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        connection.sendall(b"HTTP/1.1 %d X\r\nDate: %s\r\nContent-Length: %d\r\n\r\n" %
                           (status, date.encode(), len(text)) + text)

    def answer(self, connection, head, length):
        if head.startswith(b"POST /model/load"):
            self.created = datetime.datetime.now(datetime.timezone.utc)
            self.loaded.set()
            time.sleep(30)  # until the gateway has gone: what comes then reaches nobody
            return
        if head.startswith(b"GET /model/list"):
            self.send(connection, 200, [{"name": "m", "requiredRAM": 1.5, "benchmarked": True}])
            return
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"authorization:"):
                self.key_asking = line.split(b":", 1)[1].strip().decode()
        if self.created is None:
            self.send(connection, 404, {"status": "error", "error": "not loaded"})
            return
        self.send(connection, 200, {
            "model": "m", "status": "RUNNING", "concurrency": 1, "inferences": 0,
            "expirationPeriodSeconds": 1800, "created": instant(self.created),
            "modified": instant(self.created),
            "expiresAt": instant(self.created + datetime.timedelta(seconds=1800))})


class LoadInFlight(unittest.TestCase):
    def test_a_kill_while_a_load_is_in_flight_loses_no_instance(self):
        upstream = SlowLoader()
        self.addCleanup(upstream.server.close)
        with Stack(upstream=upstream.server.url) as stack:
            url = urllib.parse.urlsplit(stack.url)
            client = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
            client.request("POST", "/model/load", '{"model":"m"}',
                           {"Authorization": "Key in-flight"})
            self.assertTrue(upstream.loaded.wait(20))
            stack.gateway.child.send_signal(signal.SIGKILL)
            stack.gateway.child.wait(10)
            client.close()
            self.assertIsNone(upstream.key_asking)
            stack.start_gateway()
            # No client says a word: the gateway asks by itself, with the load's own credential.
            (session,) = wait_for("the session is in the ledger", stack.sessions, 30, 0.5)
            self.assertEqual(upstream.key_asking, "Key in-flight")
            self.assertEqual((session["model"], session["end_reason"]), ("m", None))
            self.assertEqual(session["running_at"][:19], instant(upstream.created)[:19])

    def test_a_load_that_was_refused_leaves_no_credential(self):
        def refuse(connection, head, length):
            body = b'{"status":"error","error":"unknown model"}'
            connection.sendall(b"HTTP/1.1 404 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        upstream = Upstream(refuse)
        self.addCleanup(upstream.close)
        with Stack(upstream=upstream.url) as stack:
            status, _, _ = stack.call("POST", "/model/load", {"model": "m"}, "refused")
            self.assertEqual(status, 404)
            folder = os.path.join(stack.settings["data_dir"], "watch")
            wait_for("the credential is erased", lambda: not os.listdir(folder), 10)


class Stopping(unittest.TestCase):
    def test_a_stop_while_the_database_hangs_is_bounded(self):
        with Stack() as stack:
            stack.load_and_wait()
            postmaster = stack.postmaster()
            with hanging(postmaster):
                run(stack)  # a fact that cannot be shipped
                self.assertEqual(stack.gateway.stop(seconds=60), 0)
            # It was told to end, and ends now; what was recorded is there after a restart.
            wait_for("Postgres ends", lambda: not os.path.exists(f"/proc/{postmaster}"), 30)
            stack.start_gateway()
            wait_for("the session is in the ledger", stack.sessions, 30, 0.5)


if __name__ == "__main__":
    unittest.main(verbosity=2)

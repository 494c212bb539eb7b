"""What users do wrong: each answered by a sentence that says what to do, nothing lost, nothing billed."""
import json
import os
import socket
import subprocess
import tempfile
import unittest

from stack import BINARY, ORIGIN_KEY, TINY, Folder, Stack, wait_for


def tollgate(*arguments, seconds=60, environment=None):
    return subprocess.run([BINARY, *arguments], text=True, capture_output=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})


class CommandLine(unittest.TestCase):
    def refused(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)

    def test_help_is_everywhere(self):
        for command in ("serve", "origin", "rate", "migrate", "account", "key", "plan", "model",
                        "session", "usage", "margin", "invoice", "export", "verify", "reconcile",
                        "checkpoint", "correction"):
            done = tollgate(command, "--help")
            self.assertEqual(done.returncode, 0, command)
            self.assertIn(f"Usage: tollgate {command}", done.stdout)

    def test_a_wrong_flag_and_a_wrong_command_are_usage_errors(self):
        self.refused(tollgate("serve", "--nonsense"), 2, "--nonsense")
        self.refused(tollgate("--nonsense"), 2, "no such option: --nonsense")
        self.refused(tollgate("nonsense"), 2)
        self.refused(tollgate(), 2)
        self.refused(tollgate("rate"), 2, "--plan")

    def test_a_wrong_config_key_is_named_by_its_path(self):
        self.refused(tollgate("serve", "--set", "gateway.lisen=127.0.0.1:0"), 2, "gateway.lisen")
        self.refused(tollgate("serve", "--set", "gateway.keys=perhaps"), 2, "gateway.keys")
        self.refused(tollgate("serve", "--set", "gateway.listen=nowhere"), 2, "gateway.listen")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"gateway": {"listen": 8080}} // a number\n')
            file.flush()
            self.refused(tollgate("serve", "--config", file.name), 2, "gateway.listen")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"gateway": ')
            file.flush()
            self.refused(tollgate("serve", "--config", file.name), 2, file.name)
        self.refused(tollgate("serve", "--config", "/nonexistent/tollgate.json"), 2,
                     "/nonexistent/tollgate.json")

    def test_a_missing_database_is_said_and_nothing_hangs(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        self.refused(
            tollgate("account", "list", "--set", f"data_dir={folder.path}", "--set",
                     "database.url=postgresql://127.0.0.1:1/nothing"), 3, "database")

    def test_a_missing_postgres_is_said_with_what_to_install(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        done = tollgate("account", "list", "--set", f"data_dir={folder.path}", "--set",
                        "database.postgres_dir=/nonexistent")
        self.refused(done, 3, "apt", "postgresql")

    def test_an_unwritable_data_directory_is_named(self):
        self.refused(tollgate("serve", "--set", "data_dir=/proc/tollgate"), 3, "/proc/tollgate")


class Starting(unittest.TestCase):
    def test_a_busy_port_and_a_second_serve_are_refused_by_name(self):
        with Stack() as stack:
            second = tollgate("serve", *stack.arguments())
            self.assertEqual(second.returncode, 3, second.stderr)
            self.assertIn(stack.settings["data_dir"], second.stderr)
            self.assertEqual(stack.call("GET", "/model/list")[0], 200)  # the first is unharmed

        with socket.create_server(("127.0.0.1", 0)) as busy:
            port = busy.getsockname()[1]
            stack = Stack(start=False)
            self.addCleanup(stack.__exit__, None, None, None)
            done = tollgate("serve", *stack.arguments(), "--set", f"gateway.listen=127.0.0.1:{port}")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(f"127.0.0.1:{port}", done.stderr)

    def test_ctrl_c_stops_cleanly_and_a_second_start_goes_on(self):
        with Stack() as stack:
            import signal
            self.assertEqual(stack.gateway.stop(signal.SIGINT), 0)
            stack.start_gateway()
            self.assertEqual(stack.call("GET", "/model/list")[0], 200)

    def test_an_upstream_down_at_start_is_a_502_until_it_is_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with Stack(upstream=f"http://127.0.0.1:{port}") as stack:
            status, headers, text = stack.call("POST", "/model/load", {"model": TINY})
            self.assertEqual(status, 502)
            self.assertEqual(json.loads(text)["status"], "error")
            self.assertIn("tollgate-error", headers)
            self.assertEqual(stack.sessions(), [])


class Requests(unittest.TestCase):
    def test_bad_requests_are_answered_in_the_apis_shape_and_cost_nothing(self):
        with Stack() as stack:
            table = (
                ("POST", "/model/load", "{", 400),
                ("POST", "/model/load", '{"model":"a","model":"b"}', 400),
                ("POST", "/model/load", {"model": "no/such-model"}, 404),
                ("POST", "/model/run", {"model": TINY, "prompt": "x"}, 404),  # not loaded
                ("POST", "/model//run", {"model": TINY, "prompt": "x"}, 400),
                ("POST", "/model/RUN", {"model": TINY, "prompt": "x"}, 400),
                ("POST", "/model/run/", {"model": TINY, "prompt": "x"}, 400),
            )
            for method, path, body, wanted in table:
                status, _, text = stack.call(method, path, body)
                self.assertEqual(status, wanted, (path, body, text))
                answer = json.loads(text)
                self.assertEqual(answer["status"], "error")
                self.assertIsInstance(answer["error"], str)
            status, _, text = stack.call("POST", "/model/load", {"model": TINY}, key="wrong")
            self.assertEqual(status, 401, text)
            self.assertEqual(stack.sessions(), [])
            accounts = stack.command("account", "list", "--format", "json")
            self.assertEqual(json.loads(accounts), [])


class Probes(unittest.TestCase):
    def test_the_console_tells_how_it_is(self):
        with Stack() as stack:
            self.assertEqual(stack.call("GET", "/healthz", base=stack.console)[0], 200)
            wait_for("ready", lambda: stack.call("GET", "/readyz", base=stack.console)[0] == 200)
            stack.call("GET", "/model/list")
            status, headers, text = stack.call("GET", "/metrics", base=stack.console)
            self.assertEqual(status, 200)
            self.assertIn("text/plain", headers["Content-Type"])
            self.assertRegex(text, r'(?m)^tollgate_requests_total\{.*call="list".*\} 1$')
            self.assertRegex(text, r"(?m)^tollgate_gigabyte_seconds_total 0$")
            self.assertNotIn(ORIGIN_KEY, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)

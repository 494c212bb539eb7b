#!/usr/bin/env python3
"""The API document's own curl commands, against a gateway or an origin.

    curl_test.py DOCUMENT BASE_URL KEY [--timeout SECONDS]

Takes every ```bash block with a curl command out of the document and runs it verbatim but for the
host and the key, in the order of a session: list, job until available, load, status until RUNNING,
run, instances, the load with an expiry, delete. Each answer must have the shape the document shows.
"""
import argparse
import json
import re
import subprocess
import sys
import time

HOST = "https://api.bytez.com"
KEY = "API_KEY"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
STATUS_FIELDS = ["model", "status", "concurrency", "inferences", "expirationPeriodSeconds",
                 "expirationPeriodMinutes", "expiresAt", "created", "modified"]

arguments = argparse.ArgumentParser()
arguments.add_argument("document")
arguments.add_argument("base_url")
arguments.add_argument("key")
arguments.add_argument("--timeout", type=float, default=90, help="for the job, and for the boot")
options = arguments.parse_args()


def read_commands():
    """The document's commands, in its order: (call, command)."""
    with open(options.document, encoding="utf-8") as file:
        blocks = re.findall(r"```bash\n(.*?)```", file.read(), re.DOTALL)
    commands = [block for block in blocks if block.lstrip().startswith("curl ")]
    return [(re.search(re.escape(HOST) + r"/model/(\w+)", block).group(1), block)
            for block in commands]


def run(command):
    """Runs one command as a shell would for a reader who pastes it; returns the answer's body."""
    command = command.replace(HOST, options.base_url.rstrip("/")).replace(KEY, options.key)
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        fail(f"curl ended with {done.returncode}: {done.stderr.decode(errors='replace')}", command)
    return done.stdout.decode("utf-8")


def fail(why, what):
    print(f"FAILED: {why}\n{what}", file=sys.stderr)
    sys.exit(1)


def check(holds, why, answer):
    if not holds:
        fail(why, answer)


def expect_json(answer):
    try:
        return json.loads(answer)
    except ValueError:
        return fail("the answer is no JSON", answer)


def check_status(status):
    check(list(status) == STATUS_FIELDS, "status has other fields, or another order", status)
    check(status["expirationPeriodMinutes"] * 60 == status["expirationPeriodSeconds"],
          "minutes and seconds differ", status)
    for field in ("created", "modified"):
        check(INSTANT.fullmatch(status[field]), f"{field} is no instant", status)
    check(status["expiresAt"] is None or INSTANT.fullmatch(status["expiresAt"]),
          "expiresAt is no instant", status)


def poll(command, is_done, what):
    deadline = time.monotonic() + options.timeout
    while True:
        answer = expect_json(run(command))
        if is_done(answer):
            return answer
        check(time.monotonic() < deadline, f"{what} takes too long", answer)
        time.sleep(0.2)


commands = read_commands()
calls = [call for call, _ in commands]
check(sorted(calls) == sorted(["list", "job", "job", "load", "load", "status", "run", "instances",
                               "delete"]), "the document has other commands", calls)
by_call = {}
for call, command in commands:
    by_call.setdefault(call, []).append(command)
model = json.loads(re.search(r"--data '(.*?)'", by_call["load"][0], re.DOTALL).group(1))["model"]


def instances():
    return expect_json(run(by_call["instances"][0]))


# A session that an earlier run of this test left behind would answer 409 to the load.
deleted = expect_json(run(by_call["delete"][0]))

# list
models = expect_json(run(by_call["list"][0]))
check(isinstance(models, list) and all(list(m) == ["name", "requiredRAM", "benchmarked"] for m in models),
      "list is no list of {name, requiredRAM, benchmarked}", models)
check(all((m["requiredRAM"] is None) == (not m["benchmarked"]) for m in models),
      "requiredRAM must be null exactly where benchmarked is false", models)
check(model in [m["name"] for m in models], f"{model} is not in the list", models)

# job, both of its commands; the second is how one asks again
first = expect_json(run(by_call["job"][0]))
check(first["model"] == model and first["success"] is True, "job was refused", first)
check(INSTANT.fullmatch(first["modified"]), "modified is no instant", first)
done = poll(by_call["job"][1], lambda a: a.get("message") == "Model available", "the job")
check([f for f in done if f != "endTime"] == ["model", "success", "message", "startTime", "modified"],
      "job has other fields", done)
mine = next(m for m in expect_json(run(by_call["list"][0])) if m["name"] == model)
check(mine["benchmarked"] and mine["requiredRAM"] > 0, "the model is not benchmarked", mine)

# load, status, run, instances
started = expect_json(run(by_call["load"][0]))
check(started == {"model": model, "status": "started", "concurrency": 1}, "load", started)
status = poll(by_call["status"][0], lambda a: a["status"] == "RUNNING", "the boot")
check_status(status)
check(status["expirationPeriodSeconds"] == 1800 and status["inferences"] == 0, "status", status)
output = run(by_call["run"][0])
check(output.startswith("Once upon a time there was a") and len(output) > 60,
      "the stream does not begin with the prompt, or ends with it", output)
listed = instances()
check(len(listed) == 1 and listed[0]["inferences"] == 1, "instances", listed)
check_status(listed[0])

# delete, then the load with an expiry of its own
deleted = expect_json(run(by_call["delete"][0]))
check(deleted == {"model": model, "status": "stopped"}, "delete", deleted)
check(instances() == [], "an instance is left", deleted)
started = expect_json(run(by_call["load"][1]))
check(started["status"] == "started", "load with an expiry", started)
status = poll(by_call["status"][0], lambda a: a["status"] == "RUNNING", "the second boot")
check(status["expirationPeriodSeconds"] == 300 and status["expirationPeriodMinutes"] == 5,
      "the expiry asked for", status)
run(by_call["delete"][0])
stopped = expect_json(run(by_call["status"][0]))
check(stopped["status"] == "STOPPED", "status after delete", stopped)
print(f"all {len(commands)} commands of the document give answers of its shapes")

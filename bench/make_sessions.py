#!/usr/bin/env python3
"""Writes COUNT session lines as `tollgate rate` reads them, the same for the same SEED.

usage: make_sessions.py COUNT [SEED] > sessions.jsonl
"""
import random
import sys
from datetime import datetime, timedelta, timezone

MODELS = [
    ("openai-community/gpt2", "0.50"),
    ("codellama/CodeLlama-70b-Instruct-hf", "2.232933128273094"),
    ("tiiuae/falcon-40b-instruct", "14.65"),
    ("meta-llama/Llama-2-70b-chat-hf", "372.52"),
]


def text(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def main():
    count = int(sys.argv[1])
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    epoch = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for number in range(count):
        model, gb = chance.choice(MODELS)
        loaded = epoch + timedelta(microseconds=chance.randrange(300 * 86_400 * 10**6))
        running = loaded + timedelta(microseconds=chance.randrange(600 * 10**6))
        ended = running + timedelta(microseconds=int(chance.expovariate(1 / 3600) * 10**6))
        expires = ended + timedelta(seconds=chance.choice([-120, -60, 300, 1800]))
        sys.stdout.write(
            f'{{"session": "s-{number:07d}", "account": "acct-{chance.randrange(10000)}", '
            f'"model": "{model}", "gb": "{gb}", "concurrency": {chance.randint(1, 4)}, '
            f'"loaded_at": "{text(loaded)}", "running_at": "{text(running)}", '
            f'"expires_at": "{text(expires)}", "ended_at": "{text(ended)}", '
            f'"end_reason": "deleted"}}\n'
        )


main()

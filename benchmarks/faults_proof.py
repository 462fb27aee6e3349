"""Prove that killing parts of the product loses nothing: staff write while web workers, Postgres and Valkey die.

Whoever writes repeats a request until it is answered, a POST under the same Idempotency-Key. In the end there is
exactly what was acknowledged, once each.
"""

import http.client
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import click
import psycopg

from benchmarks.product import Product, product, signal_all

ANSWER_SECONDS = 40
AGAIN = frozenset({409, 503})
STORED = """
SELECT i.title, i.description, (SELECT count(*) FROM insight_tags it WHERE it.insight_id = i.id) FROM insights i"""


@dataclass
class Staff:
    """One who captures, changes and deletes insights, and remembers what was acknowledged."""

    port: int
    name: str
    random: random.Random
    # Title -> what was acknowledged last: description and number of tags.
    there: dict[str, tuple[str, int]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    connection: http.client.HTTPConnection | None = None

    def work(self, stop: threading.Event) -> "Staff":
        try:
            while not stop.is_set():
                (act,) = self.random.choices((self.capture, self.change, self.delete), weights=(5, 4, 1))
                act()
        finally:
            self._hang_up()
        return self

    def capture(self) -> None:
        title, tags = f"{self.name} {self.tally['captured']}", self.random.randrange(4)
        body = {"title": title, "description": "new", "author": self.name, "tags": [f"Tag {n}" for n in range(tags)]}
        made = self._until_answered("POST", "/insights", body, key=title)
        self.ids[title], self.there[title] = made["id"], ("new", tags)
        self.tally["captured"] += 1

    def change(self) -> None:
        if self.there:
            title = self.random.choice(list(self.there))
            told, tags = str(self.random.random()), self.random.randrange(4)
            body = {"description": told, "tags": [f"Tag {n}" for n in range(tags)]}
            self._until_answered("PUT", f"/insights/{self.ids[title]}", body)
            self.there[title] = (told, tags)
            self.tally["changed"] += 1

    def delete(self) -> None:
        if self.there:
            title = self.random.choice(list(self.there))
            self._until_answered("DELETE", f"/insights/{self.ids[title]}", gone=404)
            del self.there[title]
            self.tally["deleted"] += 1

    def _until_answered(self, method: str, path: str, body: object = None, key: str = "", gone: int = -1) -> Any:
        """``gone``: what says that an attempt whose answer was lost had its effect."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        for attempt in range(10_000):
            status, answered = self._attempt(method, path, json.dumps(body) if body else None, headers)
            if status // 100 == 2 or (attempt and status == gone):
                return json.loads(answered) if answered and status != gone else None
            self.tally["connections lost" if status == 0 else f"answers {status}"] += 1
            if status and status not in AGAIN:
                raise AssertionError(f"{method} {path}: {status} {answered!r}")
            time.sleep(0.05)
        raise AssertionError("it was never answered")

    def _attempt(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status (0: the connection broke) and body."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        began = time.monotonic()
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            if response.status == http.client.SERVICE_UNAVAILABLE and response.headers["Retry-After"] is None:
                raise AssertionError("a 503 without Retry-After")
            return response.status, response.read()
        except TimeoutError:
            raise AssertionError(f"no answer within {ANSWER_SECONDS} s") from None
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return 0, b""
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


@dataclass
class Proof:
    """What was done and hit, and what is wrong in the end."""

    tally: Counter[str]
    hits: dict[str, list[float]]
    slowest: float
    seconds: float
    lost: int
    altered: int
    duplicates: int
    unasked: int
    verified: str

    @property
    def exact(self) -> bool:
        return self.lost == self.altered == self.duplicates == self.unasked == 0 and not self.verified


def prove(running: Product, hits: list[str], staff: int = 4, pause: float = 0.5, seed: int = 1) -> Proof:
    """Hit the product so, each time as soon as it serves again, while ``staff`` write."""
    threading.Thread(target=running.drain, daemon=True).start()
    stop, began = threading.Event(), time.monotonic()
    people = [Staff(running.port, f"Writer {n}", random.Random(seed * 1000 + n)) for n in range(staff)]
    with ThreadPoolExecutor(staff) as pool:
        work = [pool.submit(person.work, stop) for person in people]
        try:
            recovered = _hit_all(running, hits, pause, random.Random(seed))
        finally:
            stop.set()
        for done in work:
            done.result()
    return _judge(running, people, recovered, time.monotonic() - began)


def _hit_all(running: Product, hits: list[str], pause: float, chance: random.Random) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {}
    for hit in hits:
        time.sleep(pause * chance.uniform(0.5, 1.5))
        while not HITS[hit](running, chance):
            time.sleep(0.05)
        seconds.setdefault(hit, []).append(running.seconds_to_serve())
    return seconds


def _kill_one(pids: Callable[[Product], list[int]]) -> Callable[[Product, random.Random], int]:
    def kill(running: Product, chance: random.Random) -> int:
        found = pids(running)
        return signal_all(chance.sample(found, min(1, len(found))), signal.SIGKILL)

    return kill


def _kill_all(pids: Callable[[Product], list[int]]) -> Callable[[Product, random.Random], int]:
    return lambda running, chance: signal_all(pids(running), signal.SIGKILL)


HITS: dict[str, Callable[[Product, random.Random], int]] = {
    "web worker": _kill_one(Product.web_workers),
    "all web workers": _kill_all(Product.web_workers),
    "backend": _kill_one(Product.backends),
    "postmaster": _kill_all(Product.postmaster),
    "all of postgres": _kill_all(Product.postgres),
    "valkey": _kill_all(Product.valkey),
}


def _judge(running: Product, people: list[Staff], recovered: dict[str, list[float]], seconds: float) -> Proof:
    with psycopg.connect(running.database_url) as connection:
        rows = connection.execute(STORED).fetchall()
    stored = {title: (told, tags) for title, told, tags in rows}
    expected = {title: told for person in people for title, told in person.there.items()}
    tally: Counter[str] = sum((person.tally for person in people), Counter())
    verified = running.run("verify")
    return Proof(
        tally=tally,
        hits=recovered,
        slowest=max(person.slowest for person in people),
        seconds=seconds,
        lost=len(expected.keys() - stored.keys()),
        altered=sum(stored[title] != told for title, told in expected.items() if title in stored),
        duplicates=len(rows) - len(stored),
        unasked=len(stored.keys() - expected.keys()),
        verified="" if verified.returncode == 0 else verified.stdout + verified.stderr,
    )


def figures(proof: Proof) -> Iterator[str]:
    """The proof as lines of text."""
    acknowledged = sum(proof.tally[what] for what in ("captured", "changed", "deleted"))
    yield f"{'acknowledged writes':24} {acknowledged:8} in {proof.seconds:.1f} s, {acknowledged / proof.seconds:.0f}/s"
    for what, count in sorted(proof.tally.items()):
        yield f"{what:24} {count:8}"
    for hit, seconds in proof.hits.items():
        median = sorted(seconds)[len(seconds) // 2]
        yield f"{'killed: ' + hit:24} {len(seconds):8} served again after {median:.2f} s, {max(seconds):.2f} s at most"
    yield f"{'slowest answer':24} {proof.slowest:8.2f} s"
    for what in ("lost", "altered", "duplicates", "unasked"):
        yield f"{what:24} {getattr(proof, what):8}"
    yield f"{'insights verify':24} {'all well' if not proof.verified else proof.verified}"


@click.command(help=__doc__.splitlines()[0] if __doc__ else None)
@click.option("--minutes", default=5.0, show_default=True, type=click.FloatRange(0.1))
@click.option("--staff", default=8, show_default=True, type=click.IntRange(1, 50))
@click.option("--seed", default=1, show_default=True)
def main(minutes: float, staff: int, seed: int) -> None:
    chance = random.Random(seed)
    # A hit and the way back take some two seconds, with the pause.
    hits = [chance.choice(list(HITS)) for _ in range(max(6, int(minutes * 60 / 4)))]
    with product(WEB_CONCURRENCY="2") as running:
        proof = prove(running, hits, staff, pause=1.5, seed=seed)
    for line in figures(proof):
        click.echo(line)
    raise SystemExit(not proof.exact)


if __name__ == "__main__":
    main()

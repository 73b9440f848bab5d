"""Measure signing in: does time tell who exists, and do others wait while passwords are hashed.

Run `python -m tests.benchmarks.sign_in`; it starts a server of its own on 127.0.0.1.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles

import httpx2 as httpx
from passlib.context import CryptContext

from tests.support.ports import free_port

PASSWORD = "four unrelated words here"
ROUNDS = 12
LOGINS = 8


@contextmanager
def running() -> Iterator[str]:
    """Run one worker on an empty SQLite file and yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/bench.db",
            "JWT_KEY_FILE": f"{folder}/key",
            "BCRYPT_ROUNDS": str(ROUNDS),
            "LOGIN_ATTEMPTS": "100000",
        }
        command = [sys.executable, "-m", "uvicorn", "final.main:app", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def wait_until_ready(client: httpx.Client) -> None:
    """Ask until the server answers."""
    while True:
        try:
            client.get("/health/ready").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return


def timed(work: Callable[[], httpx.Response]) -> float:
    """Return how many milliseconds a request takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def log_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    """Ask for tokens."""
    return client.post("/auth/token", data={"username": name, "password": password})


def join(client: httpx.Client, name: str) -> dict[str, str]:
    """Sign up and in; return the headers of the signed-in."""
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    client.post("/auth/register", json=body).raise_for_status()
    return {"Authorization": f"Bearer {log_in(client, name).json()['access_token']}"}


def compare_refusals(client: httpx.Client, rounds: int = 25) -> None:
    """Print how long each kind of refusal takes; interleaved, so that all have the same weather."""
    join(client, "ada")
    gone = join(client, "gone")
    user_id = client.get("/users/me", headers=gone).json()["id"]
    client.delete(f"/api/users/{user_id}", headers=gone).raise_for_status()
    kinds = {"unknown user": "nobody", "wrong password": "ada", "deactivated": "gone"}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, name in kinds.items():
            password = "a wrong password" if kind == "wrong password" else PASSWORD
            times[kind].append(timed(lambda n=name, p=password: log_in(client, n, p)))  # type: ignore[misc]
    print("log-in refused         median   fastest")
    for kind, values in times.items():
        print(f"  {kind:16} {median(values):7.1f} ms {min(values):7.1f} ms")
    for name, pick in (("medians", median), ("fastest", min)):
        picked = [pick(values) for values in times.values()]
        print(f"  largest difference of {name}: {max(picked) - min(picked):.1f} ms")


def read_while(client: httpx.Client, path: str, headers: dict[str, str], busy: bool) -> list[float]:
    """Time a cheap request for some seconds, with 8 people signing in over and over, or not."""
    stop = threading.Event()
    done: list[int] = []

    def sign_in_for_ever() -> None:
        with httpx.Client(base_url=client.base_url, timeout=60) as other:
            while not stop.is_set():
                log_in(other, "reader")
                done.append(1)

    threads = [threading.Thread(target=sign_in_for_ever) for _ in range(LOGINS if busy else 0)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    done.clear()
    started, times = time.perf_counter(), []
    while (elapsed := time.perf_counter() - started) < 6:
        times.append(timed(lambda: client.get(path, headers=headers)))
        time.sleep(0.005)
    finished = len(done)
    stop.set()
    for thread in threads:
        thread.join()
    if busy:
        rate, raw = finished / elapsed, raw_rate()
        print(f"  log-ins meanwhile             {rate:7.2f} /s, {rate / raw:.2f} x raw bcrypt")
    return times


def raw_rate() -> float:
    """Return how many passwords a second one core hashes when nothing else runs."""
    context = CryptContext(["bcrypt_sha256"], bcrypt_sha256__rounds=ROUNDS)
    started = time.perf_counter()
    for _ in range(8):
        context.hash(PASSWORD)
    return 8 / (time.perf_counter() - started)


def compare_reads(client: httpx.Client) -> None:
    """Print what eight log-ins do to the latency of everybody else."""
    headers = join(client, "reader")
    for path in ("/health", "/users/me"):
        idle = read_while(client, path, headers, busy=False)
        busy = read_while(client, path, headers, busy=True)
        for name, times in (("idle", idle), (f"{LOGINS} log-ins", busy)):
            print(
                f"GET {path:10} {name:10}  median {median(times):6.1f} ms"
                f"   p99 {quantiles(times, n=100)[98]:6.1f} ms   worst {max(times):6.1f} ms"
            )
        ratio = quantiles(busy, n=100)[98] / quantiles(idle, n=100)[98]
        print(f"GET {path:10} p99 of busy over idle: {ratio:.2f}")


def main() -> None:
    """Run all measurements."""
    with running() as address, httpx.Client(base_url=address, timeout=60) as client:
        wait_until_ready(client)
        compare_refusals(client)
        compare_reads(client)


if __name__ == "__main__":
    main()

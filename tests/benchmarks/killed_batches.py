"""Kill the server while a batch is under way, again and again, and look for what is lost.

    python -m tests.benchmarks killed_batches [--rounds 20]

On SQLite and on PostgreSQL. A client sends ahead and reads results; somewhere among them the server
is killed with signal 9. Printed is how many items were acknowledged, how many of these are not in
the database afterwards, and how many are there that were not acknowledged: at most two groups a
round. Leaves with 1 when anything was lost.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path

import httpx2 as httpx
from sqlmodel import col, select
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from final.core.database.engine import Database
from final.links.models import Link
from tests.benchmarks.side_by_side import postgresql, sign_up
from tests.support.ports import free_port
from tests.support.processes import environment_for, uvicorn, wait_until_ready
from tests.support.programs import Program
from tests.support.server import SECRET, make_settings

ITEMS = 3000


async def send_all(socket: ClientConnection, prefix: str) -> None:
    """Send items for as long as somebody takes them."""
    try:
        await socket.send(json.dumps({"type": "start", "total": ITEMS}))
        for number in range(ITEMS):
            data = {"original_url": f"https://{prefix}.example/{number}", "title": "A page"}
            await socket.send(json.dumps({"type": "item", "data": data}))
    except ConnectionClosed:
        pass


async def upload(port: int, headers: dict[str, str], prefix: str, server: Program) -> set[int]:
    """Upload until the server is killed in the middle; return the ids that were acknowledged."""
    acknowledged: set[int] = set()
    last = random.randrange(1, ITEMS)
    url = f"ws://127.0.0.1:{port}/ws/batch-upload/"
    async with connect(url, additional_headers=headers) as socket:
        sending = asyncio.create_task(send_all(socket, prefix))
        try:
            async for text in socket:
                message = json.loads(text)
                if message.get("status") == "ok":
                    acknowledged.add(message["id"])
                if len(acknowledged) == last:
                    server.kill()
        except ConnectionClosed:
            pass
        await sending
    return acknowledged


def kill_one(database_url: str, number: int) -> set[int]:
    """Run a server and kill it; return the ids that were acknowledged."""
    port = free_port()
    environment = environment_for(database_url, JWT_SECRET_KEY=SECRET)
    server = uvicorn(environment, "--port", str(port))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until_ready(client, server)
        headers = sign_up(f"http://127.0.0.1:{port}", f"user{number}")
        return asyncio.run(upload(port, headers, f"round{number}", server))
    finally:
        server.kill()
        server.wait()
        server.output.path.unlink()


async def read_stored(database_url: str) -> set[int]:
    """Return the ids of the links in the database."""
    database = Database(make_settings(database_url))
    async with database.session() as session:
        stored = set((await session.exec(select(col(Link.id)))).all())
    await database.dispose()
    return stored


def look(title: str, database_url: str, rounds: int) -> int:
    """Kill so many servers on a database; print what became of it, and return what is lost."""
    acknowledged: set[int] = set()
    for number in range(rounds):
        acknowledged |= kill_one(database_url, number)
    stored = asyncio.run(read_stored(database_url))
    lost, silent = len(acknowledged - stored), len(stored - acknowledged)
    print(f"{title}: {rounds} rounds, {len(acknowledged)} acknowledged, {lost} lost, {silent} more")
    return lost


def main() -> int:
    """Look at both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        lost = look("SQLite", f"sqlite:///{Path(folder) / 'killed.db'}", rounds)
        return int(lost + look("PostgreSQL", url, rounds) > 0)


if __name__ == "__main__":
    sys.exit(main())

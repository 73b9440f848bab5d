"""What stands between the server and the app under test: it sees every exception and every hang."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from types import CoroutineType
from typing import Any
from urllib.parse import quote

from tests.course.places import Place, Problem, place_in, place_of_function, problem_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# The header in which an answer with a status of 500 or more carries what happened.
CRASH_HEADER = b"x-crash"

# The header in which every answer says which function has made it.
PLACE_HEADER = b"x-place"

# How long an answer waits for what the app does after it, such as a commit of a dependency.
AFTERWORK_SECONDS = 1.0


class Answer:
    """The answer to one request, held back until the app is done with the request."""

    def __init__(self, send: Send, scope: MutableMapping[str, Any], folder: Path) -> None:
        self.send = send
        self.scope, self.folder = scope, folder
        self.held: list[Message] = []
        self.holding = True
        self.complete = asyncio.Event()

    async def take(self, message: Message) -> None:
        """Keep a part of the answer; let go of one that comes as a stream."""
        if message["type"] == "http.response.body" and message.get("more_body"):
            await self.release()
        if not self.holding:
            await self.send(message)
            return
        self.held.append(message)
        if message["type"] == "http.response.body":
            self.complete.set()

    async def release(self, problem: Problem | None = None) -> None:
        """Send what was held, with the problem in a header if it is the answer to one."""
        self.holding = False
        held, self.held = self.held, []
        for message in held:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.headers(problem)]
            await self.send(message)

    def headers(self, problem: Problem | None) -> Iterator[tuple[bytes, bytes]]:
        """Say by headers who has answered, and what has gone wrong."""
        if place := place_of_function(self.scope.get("endpoint"), self.folder):
            yield PLACE_HEADER, quote(json.dumps(place)).encode()
        if problem:
            short = {"message": problem["message"], "places": problem["places"][:5]}
            yield CRASH_HEADER, quote(json.dumps(short)).encode()

    async def fail(self, problem: Problem) -> None:
        """Answer 500 in place of an app that has not answered."""
        headers = [(b"content-type", b"text/plain"), *self.headers(problem)]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"Internal Server Error"})


class Guard:
    """An ASGI app around the app under test."""

    def __init__(self, app: AsgiApp, folder: Path, report: Callable[..., None]) -> None:
        self.app = app
        self.folder = folder
        self.report = report
        # The requests that are being answered, each with its route's function once it is known.
        self.open: dict[asyncio.Task[Any], MutableMapping[str, Any]] = {}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on, or the start and the end of the app."""
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
        elif scope["type"] == "http":
            await self.answer(scope, receive, Answer(send, scope, self.folder))
        else:
            await self.app(scope, receive, send)

    async def live(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Run the app's lifespan; report why it has failed."""
        started = False
        self.open[asyncio.current_task()] = scope  # type: ignore[index]

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "lifespan.startup.complete"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            stage = "stopping" if started else "starting"
            self.report(stage=stage, problem=problem_of(error, self.folder))
            raise

    async def answer(
        self, scope: MutableMapping[str, Any], receive: Receive, answer: Answer
    ) -> None:
        """Have the app answer; send the answer when the app is done, or a little later."""
        task = asyncio.create_task(self.run(scope, receive, answer))
        self.open[task] = scope
        complete = asyncio.create_task(answer.complete.wait())
        await asyncio.wait({task, complete}, return_when=asyncio.FIRST_COMPLETED)
        complete.cancel()
        await asyncio.wait({task}, timeout=AFTERWORK_SECONDS)
        if not task.done():
            await answer.release()
        problem = await task
        del self.open[task]
        await self.finish(problem, answer)

    async def finish(self, problem: Problem | None, answer: Answer) -> None:
        """Send what has not been sent; an exception after the answer is one all the same."""
        if problem and answer.holding and not answer.held:
            await answer.fail(problem)
        elif problem and answer.held and answer.held[0]["status"] < 500:
            answer.held.clear()
            await answer.fail(problem)
        else:
            await answer.release(problem)

    async def run(
        self, scope: MutableMapping[str, Any], receive: Receive, answer: Answer
    ) -> Problem | None:
        """Call the app and describe the exception that it raises, if any."""
        try:
            await self.app(scope, receive, answer.take)
        except BaseException as error:
            problem = problem_of(error, self.folder)
            route = place_of_function(scope.get("endpoint"), self.folder)
            if not problem["places"] and route:
                problem["places"] = [route]
            return problem
        return None

    def waiting_places(self) -> list[Place]:
        """List where the requests that are being answered have got to."""
        places = [waiting_place(task, self.folder) for task in self.open]
        routes = [place_of_function(s.get("endpoint"), self.folder) for s in self.open.values()]
        return [place for place in [*places, *routes] if place]


def waiting_place(task: asyncio.Task[Any], folder: Path) -> Place | None:
    """Return the innermost line of the folder at which a task waits."""
    place = None
    coroutine: object = task.get_coro()
    while isinstance(coroutine, CoroutineType) and coroutine.cr_frame:
        frame = coroutine.cr_frame
        place = place_in(folder, frame.f_code.co_filename, frame.f_lineno) or place
        coroutine = coroutine.cr_await
    return place

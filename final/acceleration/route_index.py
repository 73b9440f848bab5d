"""Routes found by the fixed words that their paths begin with, not by trying all in turn.

A request then costs the same however many products there are: what is tried are only the routers
of which some route may match.
"""

from collections.abc import Iterator
from copy import copy

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send


class Node:
    """A place in the tree of words."""

    def __init__(self) -> None:
        """Begin with a place that no path leads to."""
        self.children: dict[str, Node] = {}
        # The routers, by number, of which a path ends here; of which one goes on with anything.
        self.closed: set[int] = set()
        self.open: set[int] = set()

    def add(self, words: list[str], number: int, *, is_open: bool) -> None:
        """Note that a router has a path of these words, or one that begins with them."""
        node = self
        for word in words:
            node = node.children.setdefault(word, Node())
        (node.open if is_open else node.closed).add(number)

    def build(self, router: APIRouter, inherited: frozenset[int] = frozenset()) -> None:
        """Choose among the routers of an app, for paths that end here and that go on unknown."""
        going_on = inherited | self.open
        self.ending = only(router, going_on | self.closed)
        self.beyond = only(router, going_on)
        for child in self.children.values():
            child.build(router, going_on)


class RouteIndex:
    """Hands a request to the few routers that may know its path, in their order."""

    def __init__(self, router: APIRouter) -> None:
        """Take the router of the app, whose routes may still become more."""
        self.router = router
        self.root, self.size = Node(), -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the routers by the path, and let them answer as they would among all others."""
        if scope["type"] == "lifespan":
            await self.router.app(scope, receive, send)
            return
        if self.size != len(self.router.routes):
            self.rebuild()
        scope.setdefault("router", self.router)
        await self.find(path_within(scope)).app(scope, receive, send)

    def rebuild(self) -> None:
        """Sort the routers by the words of their paths."""
        self.root, self.size = Node(), len(self.router.routes)
        for number, entry in enumerate(self.router.routes):
            for words, is_open in paths_of(entry):
                self.root.add(words, number, is_open=is_open)
        self.root.build(self.router)

    def find(self, path: str) -> APIRouter:
        """Go down the tree, word by word, as far as it knows them."""
        node = self.root
        for word in path.split("/")[1:]:
            following = node.children.get(word)
            if following is None:
                return node.beyond
            node = following
        return node.ending


def only(router: APIRouter, numbers: frozenset[int]) -> APIRouter:
    """Return a router that has only these of the routes of another."""
    chosen = copy(router)
    chosen.routes = [router.routes[number] for number in sorted(numbers)]
    return chosen


def paths_of(entry: BaseRoute) -> Iterator[tuple[list[str], bool]]:
    """Yield the fixed words of each path of a route or router, and whether anything may follow."""
    for route in iter_route_contexts([entry]):
        words = (route.path or "/{anything}").split("/")[1:]
        fixed = next((place for place, word in enumerate(words) if "{" in word), len(words))
        is_open = fixed < len(words) or isinstance(route.original_route, Mount)
        yield words[:fixed], is_open


def path_within(scope: Scope) -> str:
    """Return the path below the prefix that a proxy may have left in it."""
    path: str = scope["path"]
    rest = path.removeprefix(scope.get("root_path", ""))
    return rest if rest.startswith("/") else path

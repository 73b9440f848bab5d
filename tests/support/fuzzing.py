"""Requests that nobody thought of: made up from the documentation, and held against it."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import httpx2 as httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# How many requests each caller sends to each operation; hundreds find more, in half an hour.
EXAMPLES = int(os.getenv("FUZZ_EXAMPLES", "3"))
HOST = "http://testserver"

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
Request: TypeAlias = Case[Any]
# A caller's name, and the headers of its requests.
Callers = Mapping[str, dict[str, str]]


def operations_of(document: dict[str, Any]) -> list[Operation]:
    """Return the operations, those last that end what others need: accounts, sessions, things."""
    schema = schemathesis.openapi.from_dict(document)
    results = list(schema.get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results), "the documentation is broken"
    return sorted(operations, key=lambda each: ("users" in each.path, each.method == "delete"))


def cases_of(operation: Operation, known: Mapping[str, Any]) -> st.SearchStrategy[Request]:
    """Return a strategy for requests that fit, also to what is there, and for some that do not."""
    names = {parameter.name for parameter in operation.path_parameters} & known.keys()
    fitting = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if names:
        there = {name: known[name] for name in names}
        fitting.append(operation.as_strategy(path_parameters=there))
    if operation.body or operation.query or operation.path_parameters:
        fitting.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return st.one_of(fitting)


def fuzz(
    client: httpx.Client,
    operation: Operation,
    callers: Callers,
    known: Mapping[str, Any],
) -> list[str]:
    """Send made-up requests, each as every caller; return what was answered against the rules."""
    found: dict[str, None] = {}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(operation, known))
    def send(case: Request) -> None:
        request = requests.Request(**case.as_transport_kwargs(base_url=HOST)).prepare()
        for caller, headers in callers.items():
            answer = repeat(client, request, headers)
            found.update(dict.fromkeys(problems(case, answer, caller)))

    send()
    return list(found)


def repeat(
    client: httpx.Client, request: requests.PreparedRequest, headers: dict[str, str]
) -> httpx.Response:
    """Send a request as a caller, and follow nowhere."""
    own: dict[str, Any] = dict(request.headers)
    own.pop("Content-Length", None)
    content: Any = request.body
    return client.request(
        request.method or "GET",
        request.url or "",
        headers=own | headers,
        content=content,
        follow_redirects=False,
    )


def problems(case: Request, answer: httpx.Response, caller: str) -> Iterator[str]:
    """Say in what an answer differs from the documentation."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield f"{caller}: {case.operation.label} {answer.status_code}: {failure}"
    except Failure as failure:
        yield f"{caller}: {case.operation.label} {answer.status_code}: {failure}"

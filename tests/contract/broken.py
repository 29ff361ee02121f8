"""Broken: one thing of each kind is broken in what was recorded, and whoever holds it against GitHub has to say so.

Part of `make contract`, because a check that has become deaf looks like one that finds nothing wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLSchema, OperationDefinitionNode, parse

from tests.contract.check import Report, check_deliveries, check_rest
from tests.contract.deliveries import Deliveries
from tests.contract.headers import VERSION
from tests.contract.official import queries, wrong_in_query
from tests.contract.recordings import Call
from tests.contract.rest import Rest

Delivery = tuple[Mapping[str, str], dict[str, Any]]
Item = TypeVar("Item")
HEADER = "X-GitHub-Request-Id"
SIGNATURE = "X-Hub-Signature-256"


@dataclass(frozen=True)
class Breakage:
    """One thing that was broken."""

    what: str
    intact: list[str]
    """What was said of it before: nothing."""
    broken: list[str]
    """What is said of it now: something."""

    @property
    def is_noticed(self) -> bool:
        return bool(self.broken) and not self.intact


def breakages(
    rest: Rest,
    hooks: Deliveries,
    schema: GraphQLSchema,
    calls: Iterable[Call],
    deliveries: Iterable[Delivery],
) -> Iterator[Breakage]:
    """Every kind of thing, broken; LookupError where nothing was recorded that could be."""
    for name, text in queries().items():
        said = [list(wrong_in_query(name, each, schema)) for each in (text, with_wrong_field(text))]
        yield Breakage(f"a field of {name}", *said)
    call = _first(calls, _is_write, "request of ours with a body and an answer")
    of_call = _said(lambda report, each: check_rest(report, rest, rest, [each]))
    for what, change in CALL_CHANGES.items():
        yield Breakage(what, of_call(call), of_call(change(call)))
    headers, payload = _first(deliveries, lambda each: VERSION not in each[0], "delivery")
    of_delivery = _said(lambda report, each: check_deliveries(report, hooks, hooks, [each]))
    intact = of_delivery((headers, payload))
    yield Breakage("a field of a delivery", intact, of_delivery((headers, _renamed(payload, "sender"))))
    unsigned = {name: value for name, value in headers.items() if name != SIGNATURE}
    yield Breakage("a header of a delivery", intact, of_delivery((unsigned, payload)))


def unnoticed(found: Iterable[Breakage]) -> Iterator[str]:
    """What was broken and nobody said so."""
    for each in found:
        if not each.is_noticed:
            yield f"{each.what} was broken, and nothing is said of that"


def with_wrong_field(text: str) -> str:
    """The query, whose first field has a name that GitHub does not know."""
    operation = next(node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
    field = next(node for node in operation.selection_set.selections if isinstance(node, FieldNode))
    assert field.name.loc is not None
    end = field.name.loc.end
    return f"{text[:end]}Broken{text[end:]}"


def _is_write(call: Call) -> bool:
    is_ours = call.by_us and not (call.is_graphql or call.is_fault or call.is_enterprise)
    bodies = (call.request["body"], (call.answer or {}).get("body"))
    return (
        is_ours
        and all(isinstance(body, dict) and body for body in bodies)
        and "id" in (call.answer or {})["body"]
    )


def _with_wrong_request(call: Call) -> Call:
    body = call.request["body"]
    return replace(call, request=call.request | {"body": _renamed(body, next(iter(body)))})


def _with_wrong_answer(call: Call) -> Call:
    assert call.answer is not None
    return replace(call, answer=call.answer | {"body": _renamed(call.answer["body"], "id")})


def _without_header(call: Call) -> Call:
    assert call.answer is not None
    headers = {name: value for name, value in call.answer["headers"].items() if name != HEADER}
    return replace(call, answer=call.answer | {"headers": headers})


CALL_CHANGES: Mapping[str, Callable[[Call], Call]] = {
    "a key of a request's body": _with_wrong_request,
    "a field of an answer": _with_wrong_answer,
    "a header of an answer": _without_header,
}


def _renamed(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {f"{name}_broken" if name == key else name: value for name, value in body.items()}


def _said(check: Callable[[Report, Any], None]) -> Callable[[Any], list[str]]:
    def said(each: Any) -> list[str]:
        report = Report()
        check(report, each)
        return list(report.violations)

    return said


def _first(items: Iterable[Item], fits: Callable[[Item], bool], what: str) -> Item:
    for item in items:
        if fits(item):
            return item
    raise LookupError(f"nothing was recorded that could be broken: no {what}")

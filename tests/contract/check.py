"""Check: everything that was recorded, against every description; counts, and what is wrong in one line each. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from tests.contract import models
from tests.contract.deliveries import Deliveries, event_name
from tests.contract.headers import VERSION, wrong_addresses, wrong_headers
from tests.contract.official import wrong_in_call, wrong_in_refusal
from tests.contract.recordings import Call
from tests.contract.rest import Operation, Rest
from tests.contract.schemas import Json

DESCRIBED_VERSION = "2022-11-28"
"""The version of the API that the OpenAPI description is of; githubkit's models are of the next."""
REFUSALS = (401, 404)
"""Every endpoint that the app calls has to be seen refusing like this, most of them in other ways too; see `unseen`."""
OPEN_TO_ALL = frozenset({"repos/get-collaborator-permission-level"})
"""Needs `metadata: read`, which every token has: nobody is refused."""
ONE_PAGE = frozenset({"apps/list-installations"})
"""The hub has one installation."""


@dataclass
class Report:
    """What was held against the descriptions, and how often what was wrong with it."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    ours: dict[str, Operation] = field(default_factory=dict)
    """The endpoints that the app calls, by id."""
    seen: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The statuses that each endpoint was seen to answer."""
    paged: set[str] = field(default_factory=set)
    """The endpoints that were seen to answer with more than one page."""

    def add(self, place: str, wrong: Iterable[str]) -> None:
        self.violations.update(f"{place}: {line}" for line in wrong)


def check_rest(report: Report, rest: Rest, enterprise: Rest, calls: Iterable[Call]) -> None:
    """Requests of the app and answers to everybody, on github.com and on an Enterprise Server."""
    for call in calls:
        if call.is_graphql:
            continue
        request, described = call.request, enterprise if call.is_enterprise else rest
        operation = described.find(request["method"], request["path"])
        if operation is None:
            # An older server may lack an endpoint; then it has to say so.
            if call.by_us and not (call.is_enterprise and call.answer and call.answer["status"] == 404):
                report.add(f"{request['method']} {request['path']}", ["there is no such endpoint"])
            continue
        if call.by_us:
            report.counts["requests"] += 1
            report.add(f"{operation.id}, request", described.wrong_in_request(operation, request))
            if not call.is_enterprise:
                report.ours[operation.id] = operation
        if call.answer is not None:
            _check_answer(report, described, operation, call, call.answer)


def _check_answer(report: Report, rest: Rest, operation: Operation, call: Call, answer: Json) -> None:
    if call.is_fault:
        report.counts["injected answers"] += 1
    elif call.is_enterprise:
        report.counts["answers of Enterprise"] += 1
    else:
        report.counts["answers"] += 1
        report.seen[operation.id].add(answer["status"])
        if "Link" in answer["headers"]:
            report.paged.add(operation.id)
    if call.is_fault and not 300 <= answer["status"] < 500:
        # Whatever stands before the API may have said that; a success that is none is there to be survived.
        return
    where = "Enterprise, " if call.is_enterprise else ""
    place = f"{where}{operation.id}, answer {answer['status']}{', injected' if call.is_fault else ''}"
    # A fault's answer takes the place of the endpoint's, and does not know what that would need.
    by_installation = call.by_us and not call.is_fault
    report.add(place, wrong_headers(call.request, answer, by_installation=by_installation))
    report.add(place, wrong_addresses(answer))
    if answer["headers"]["X-GitHub-Api-Version-Selected"] == DESCRIBED_VERSION:
        report.add(place, rest.wrong_in_answer(operation, answer))
    # githubkit's models are of github.com, and of JSON: a diff has none.
    if not (answer["body"] is None or isinstance(answer["body"], str) or call.is_enterprise):
        report.add(place, models.wrong_in_answer(operation.id, answer["status"], answer["body"]))


def unseen(report: Report) -> Iterable[str]:
    """Which of the app's endpoints the hub was not seen to grant, to refuse, to page or to leave unchanged."""
    for operation in report.ours.values():
        seen, described = report.seen[operation.id], operation.described
        wanted = set(REFUSALS)
        if operation.path.startswith("/repos/") and operation.id not in OPEN_TO_ALL:
            wanted.add(403)
        if described.get("requestBody", {}).get("required"):
            wanted.add(422)
        if operation.method == "GET" and "302" not in described["responses"]:
            wanted.add(304)
        missing = [str(status) for status in sorted(wanted - seen)]
        if not any(status < 400 and status != 304 for status in seen):
            missing.insert(0, "success")
        has_pages = "Link" in described["responses"].get("200", {}).get("headers", {})
        if has_pages and operation.id not in report.paged | ONE_PAGE:
            missing.append("a second page")
        if missing:
            yield f"{operation.id}: nothing shows how the hub answers {', '.join(missing)}"


def check_permissions(report: Report, declared: Mapping[str, Iterable[str]], calls: Iterable[Call]) -> None:
    """What the app has needed its permissions for is what the README says, neither more nor less.

    Git is left out, whose requests are not recorded: a scenario looks at those.
    """
    used = {(permission, call.what) for call in calls if call.by_us for permission in call.needed}
    told = {
        (permission, what)
        for permission, whats in declared.items()
        for what in whats
        if not what.startswith("git ")
    }
    report.counts["uses"] = len(used)
    report.add("permissions", (f"{what} needs {name}, which is not told" for name, what in used - told))
    report.add("permissions", (f"{what} was never seen to need {name}" for name, what in told - used))


def check_graphql(
    report: Report, schema: GraphQLSchema, known: Collection[str], calls: Iterable[Call]
) -> None:
    """Queries that were sent, with their variables, and what faults answered to them."""
    for call in calls:
        if call.is_graphql and call.by_us:
            report.counts["queries sent"] += 1
            report.add("graphql", wrong_in_call(call.request["body"], schema, known))
            if call.is_fault and call.answer is not None and 300 <= call.answer["status"] < 500:
                report.counts["injected answers"] += 1
                report.add("graphql, injected", wrong_in_refusal(call.answer["body"]))


def check_deliveries(
    report: Report,
    described: Deliveries,
    enterprise: Deliveries,
    deliveries: Iterable[tuple[Mapping[str, str], Json]],
) -> None:
    """Webhooks that were sent, by github.com and by an Enterprise Server."""
    events = set()
    for headers, payload in deliveries:
        name = event_name(headers["X-GitHub-Event"], payload)
        events.add(name)
        report.counts["deliveries"] += 1
        if VERSION in headers:
            report.counts["deliveries of Enterprise"] += 1
            report.add(f"Enterprise, delivery {name}", enterprise.wrong(headers, payload))
        else:
            report.add(f"delivery {name}", described.wrong(headers, payload))
    report.counts["events"] = len(events)

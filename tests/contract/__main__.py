"""make contract: what we send and what the hub says, held against GitHub's own descriptions. Exit 2 without npm.

The scenarios and the demo are run with recording hubs first; a recording of the very same files is used again.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from graphql import GraphQLSchema, build_schema

from tests.contract import receiver
from tests.contract.broken import breakages, unnoticed
from tests.contract.check import (
    Report,
    check_deliveries,
    check_graphql,
    check_permissions,
    check_rest,
    unseen,
)
from tests.contract.deliveries import Deliveries
from tests.contract.official import not_in, queries, wrong_in_query
from tests.contract.packages import (
    ENTERPRISE,
    EXAMPLES,
    GRAPHQL,
    KEPT,
    OPENAPI,
    OPENAPI_ENTERPRISE,
    ROOT,
    WEBHOOKS,
    WEBHOOKS_ENTERPRISE,
    Unavailable,
    kept,
    signer,
)
from tests.contract.recordings import DIRECTORY, calls, deliveries, recorded
from tests.contract.rest import Rest
from tests.contract.schemas import Json
from tests.hub.trim_schema import SCHEMA, trimmed
from tests.permissions import CALLS

MOST = 50
"""Lines of what is wrong that are shown."""


def main() -> int:
    """Print what is wrong and the counts; 1 when anything is."""
    report, started = Report(), time.monotonic()
    checks: tuple[Callable[[Report], str], ...] = (graphql, webhooks_received, sent_and_answered)
    try:
        lines = [check(report) for check in checks]
    except Unavailable as reason:
        print(f"make contract needs GitHub's descriptions. {reason}", file=sys.stderr)
        return 2
    for line, number in report.violations.most_common(MOST):
        print(f"{line}{f' ({number} times)' if number > 1 else ''}")
    if len(report.violations) > MOST:
        print(f"… and {len(report.violations) - MOST} more")
    print("\n".join(lines))
    print(f"{len(report.violations)} violations; {time.monotonic() - started:.0f} s")
    return 1 if report.violations else 0


def graphql(report: Report) -> str:
    """The app's queries and the hub's schema against the official one."""
    path = kept(GRAPHQL)
    official, ours = build_schema(path.read_text(), assume_valid=True), build_schema(SCHEMA.read_text())
    for name, text in queries().items():
        report.add("graphql", wrong_in_query(name, text, official))
    report.add(SCHEMA.name, not_in(official, ours))
    if trimmed(official) != SCHEMA.read_text():
        fix = f"python -m tests.hub.trim_schema {path.relative_to(ROOT)}"
        report.add(SCHEMA.name, [f"stale; write it with: {fix}"])
    types = sum(not name.startswith("__") for name in ours.type_map)
    return f"GraphQL   {len(queries())} operations validated, {types} types of the hub's schema compared"


def webhooks_received(report: Report) -> str:
    """GitHub's example webhooks against the web process."""
    found = receiver.heard(receiver.examples(kept(EXAMPLES)), signer(), KEPT / "receiver")
    report.add("receiver", receiver.wrong(found))
    events = len({example.name for example in found.examples})
    return (
        f"Receiver  {len(found.examples)} examples of {events} events, signed by @octokit/webhooks; "
        f"{found.outcomes.count('queued')} queued, {found.megabytes:.0f} MB"
    )


def sent_and_answered(report: Report) -> str:
    """What the hubs heard and said while the scenarios and the demo ran."""
    rest, older_rest = Rest(_json(kept(OPENAPI))), Rest(_json(kept(OPENAPI_ENTERPRISE)))
    hooks, older_hooks = Deliveries(_json(kept(WEBHOOKS))), Deliveries(_json(kept(WEBHOOKS_ENTERPRISE)))
    report.add("scenarios", recorded())
    check_rest(report, rest, older_rest, calls(DIRECTORY))
    report.add("coverage", unseen(report))
    check_permissions(report, CALLS, calls(DIRECTORY))
    check_graphql(report, _official(), set(queries().values()), calls(DIRECTORY))
    check_deliveries(report, hooks, older_hooks, deliveries(DIRECTORY))
    broken = list(breakages(rest, hooks, _official(), calls(DIRECTORY), deliveries(DIRECTORY)))
    report.add("broken", unnoticed(broken))
    counts = report.counts
    return (
        f"REST      {len(report.ours)} endpoints called by the app, {counts['requests']} requests validated; "
        f"{counts['answers']} answers of {len(report.seen)} endpoints validated, "
        f"{counts['answers of Enterprise']} more by Enterprise Server {ENTERPRISE}'s own description, and "
        f"{counts['injected answers']} that faults gave\n"
        f"GraphQL   {counts['queries sent']} requests validated\n"
        f"Uses      {counts['uses']} of permissions held against the README\n"
        f"Webhooks  {counts['deliveries']} deliveries of {counts['events']} events validated, "
        f"{counts['deliveries of Enterprise']} of them by Enterprise Server's description\n"
        f"Broken    {sum(each.is_noticed for each in broken)} of {len(broken)} things that were broken were named"
    )


def _official() -> GraphQLSchema:
    return build_schema(kept(GRAPHQL).read_text(), assume_valid=True)


def _json(path: Path) -> Json:
    found: Json = json.loads(path.read_text())
    return found


if __name__ == "__main__":
    sys.exit(main())

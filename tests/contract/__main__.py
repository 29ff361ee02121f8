"""make contract: what we send and what the hub answers, held against GitHub's own description. Exit 2 without npm."""

import sys

from graphql import build_schema

from tests.contract.official import ROOT, Unavailable, not_in, official_schema, queries, wrong_in_query
from tests.hub.trim_schema import SCHEMA, trimmed


def main() -> int:
    """Print what is wrong and the counts; 1 when anything is."""
    try:
        path = official_schema(ROOT / ".autocode" / "contract")
    except Unavailable as reason:
        print(f"make contract needs GitHub's GraphQL schema. {reason}", file=sys.stderr)
        return 2
    official = build_schema(path.read_text(), assume_valid=True)
    ours = build_schema(SCHEMA.read_text())
    sent = queries()
    wrong = [line for name, text in sent.items() for line in wrong_in_query(name, text, official)]
    wrong += [f"{SCHEMA.name}: {line}" for line in not_in(official, ours)]
    if not wrong and trimmed(official) != SCHEMA.read_text():
        wrong.append(
            f"{SCHEMA.name}: stale; write it with: python -m tests.hub.trim_schema {path.relative_to(ROOT)}"
        )
    for line in wrong:
        print(line)
    types = sum(not name.startswith("__") for name in ours.type_map)
    print(f"GraphQL: {len(sent)} operations validated, {types} types compared, {len(wrong)} violations")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

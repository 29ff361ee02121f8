"""`python -m tests.model --port N --script FILE`: prints one JSON line with the address, then serves."""

import argparse
import json
from pathlib import Path

from tests.model.script import ScriptError
from tests.model.server import ScriptedModel


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", type=Path, help="JSON as described in tests/model/script.py")
    arguments = parser.parse_args()
    try:
        model = ScriptedModel(
            json.loads(arguments.script.read_text()) if arguments.script else None, arguments.port
        )
    except (OSError, ValueError, ScriptError) as error:
        parser.error(str(error))
    print(json.dumps({"url": model.url}), flush=True)
    model.serve_forever()


if __name__ == "__main__":
    main()

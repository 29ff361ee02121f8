"""Models: answers held against githubkit's own, which are made from a newer description than npm's. No network."""

import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

from githubkit import GitHub
from pydantic import TypeAdapter, ValidationError


class _Asked(Exception):
    """What a method of githubkit wants of the answer."""

    def __init__(self, success: Any, errors: dict[str, Any]) -> None:
        self.success, self.errors = success, errors


class _Client(GitHub[Any]):
    """Sends nothing, but says which models the answer would have to fit."""

    def request(self, *_: Any, response_model: Any = None, error_models: Any = None, **__: Any) -> Any:
        raise _Asked(response_model, error_models or {})


MOST = 3
"""Where one of many models has to fit, each of them complains."""
RENAMED = {"repos/compare-commits-with-basehead": "repos/compare-commits"}
"""Operations that are called otherwise in the newer description."""
CLIENT = _Client(rest_api_validate_body=False)


def wrong_in_answer(operation: str, status: int, body: Any) -> Iterator[str]:
    """What githubkit's model of an operation, such as `issues/create-comment`, does not allow in an answer."""
    adapter = _adapter(operation, status)
    if adapter is None:
        return
    try:
        adapter.validate_python(body)
    except ValidationError as found:
        for error in found.errors()[:MOST]:
            place = ".".join("*" if isinstance(part, int) else part for part in error["loc"])
            yield f"{place}: {error['msg']} (githubkit's model)"


@cache
def _adapter(operation: str, status: int) -> TypeAdapter[Any] | None:
    """None where the answer has no model: no body, or a refusal that githubkit does not know."""
    namespace, _, name = RENAMED.get(operation, operation).replace("-", "_").partition("/")
    method = getattr(getattr(CLIENT.rest, namespace), name)
    required = [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty
    ]
    try:
        method(**dict.fromkeys(required, "1"))
    except _Asked as asked:
        model = asked.success if status < 300 else asked.errors.get(str(status))
        return None if model is None else TypeAdapter(model)
    raise AssertionError(f"{operation} asked for nothing")

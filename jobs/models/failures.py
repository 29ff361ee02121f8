"""Failures: what an error of the Messages API means, and what to tell people about it. Pure.

Statuses and error types: https://platform.claude.com/docs/en/api/errors
Spend limits, which pose as rate limits: https://platform.claude.com/docs/en/api/rate-limits
"""

import anthropic

from jobs.ticket.errors import TellPeople

PASSING_STATUSES = frozenset({408, 409, 429})
"""Beside everything from 500 upwards, 529 (overloaded) included."""

# An error after the stream has begun comes with the status 200, and only its type says what it is.
PASSING_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})

PAYMENT_MESSAGES = ("You have reached your specified", "Your credit balance is too low")
"""Beginnings of the messages of status 400 that mean money and not a wrong request."""

ADVICE = {
    401: "Expected: a valid key in `ANTHROPIC_API_KEY`. Create one at https://platform.claude.com (API keys),"
    " set it and restart the workers.",
    402: "Expected: an account with credit. Check the billing page at https://platform.claude.com.",
    403: "Expected: a key that may use `{model}`. Check the key's workspace at https://platform.claude.com, "
    "or set `AUTOCODE_MODEL` to a model it may use.",
    404: "Expected: a model that exists. `AUTOCODE_MODEL` is `{model}`: check it, and `ANTHROPIC_BASE_URL` "
    "if that is set.",
}
SPEND_LIMIT_ADVICE = (
    "Expected: an account below its spend limit and with credit. Check the billing page at "
    "https://platform.claude.com, or wait until the limit is reset."
)


def is_passing(error: anthropic.APIError) -> bool:
    """The same request may succeed some time later, without anybody doing anything."""
    if isinstance(error, anthropic.APIConnectionError):
        return True
    if not isinstance(error, anthropic.APIStatusError) or _is_spend_limit(error):
        return False
    if error.status_code == 200:
        return error.type in PASSING_TYPES
    return error.status_code in PASSING_STATUSES or error.status_code >= 500


def is_too_long(error: anthropic.APIError) -> bool:
    """The prompt does not fit: in bytes (413) or in tokens (400 and a message that begins with just that)."""
    if not isinstance(error, anthropic.APIStatusError):
        return False
    return error.status_code == 413 or (
        error.status_code == 400 and _message(error).lower().startswith("prompt is too long")
    )


def retry_after(error: anthropic.APIError) -> float | None:
    """The seconds the API asks to wait for, if it says."""
    if not isinstance(error, anthropic.APIStatusError):
        return None
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


def for_people(error: anthropic.APIError, *, model: str) -> TellPeople | None:
    """What people can do about the error, or None if they can do nothing: then it is a defect of ours.

    The text holds what the API said and never the key.
    """
    if not isinstance(error, anthropic.APIStatusError):
        return None
    if _is_spend_limit(error):
        advice = SPEND_LIMIT_ADVICE
    elif error.status_code in ADVICE:
        advice = ADVICE[error.status_code].format(model=model)
    else:
        return None
    return TellPeople(f"The model's API answered {error.status_code}: {_message(error)}\n\n{advice}")


def in_short(error: anthropic.APIError) -> str:
    """One line for logs and for the reason of a wait."""
    if not isinstance(error, anthropic.APIStatusError):
        return f"the model's API could not be reached ({error.message})"
    return f"the model's API answered {error.type or error.status_code}: {_message(error)}"


def _is_spend_limit(error: anthropic.APIStatusError) -> bool:
    code = error.error_code or ""
    return code.endswith("spend_limit_reached") or (
        error.status_code == 400 and _message(error).startswith(PAYMENT_MESSAGES)
    )


def _message(error: anthropic.APIStatusError) -> str:
    return error.api_message or error.message

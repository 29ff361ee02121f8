"""/_hub/ when GitHub misbehaves: old answers, disturbed webhooks, revoked tokens. Faults are in `control.py`."""

from datetime import timedelta
from typing import Any

from tests.hub.state import State


def set_staleness(state: State, body: Any) -> Any:
    """`{"seconds": 5, "share": 0.5, "seed": 1}`; share 0 ends it. See `staleness.Staleness`."""
    state.staleness.set(**body)
    return get_staleness(state, None)


def get_staleness(state: State, _: Any) -> Any:
    """How it is set, and how many old answers were given."""
    lag = state.staleness
    return {"seconds": lag.seconds, "share": lag.share, "seed": lag.seed, "served": lag.served}


def set_webhooks(state: State, body: Any) -> Any:
    """`{"late": [0, 2], "doubled": 0.2, "reordered": 0.2, "dropped": 0.1, "seed": 1}`; `{}` ends it."""
    state.disturbance.set(body)
    return body


def revoke_tokens(state: State, _: Any) -> Any:
    """Every installation token; who holds one could do the same with `DELETE /installation/token`."""
    revoked = len(state.tokens)
    state.tokens.clear()
    return {"revoked": revoked}


def set_token_life(state: State, body: Any) -> Any:
    """`{"life": seconds}` of the tokens minted from now on; GitHub's live for an hour."""
    state.token_life = timedelta(seconds=float(body["life"]))
    return body


CONTROLS = {
    ("GET", "staleness"): get_staleness,
    ("POST", "staleness"): set_staleness,
    ("POST", "webhooks"): set_webhooks,
    ("DELETE", "tokens"): revoke_tokens,
    ("POST", "tokens"): set_token_life,
}

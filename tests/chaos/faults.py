"""Faults: everything that is broken, and how it is mended. A table; `schedule` decides when, `run` carries it out."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.target import Target
from tests.processes import free_port

Json = dict[str, Any]

WRITES: tuple[Json, ...] = (
    {"method": "POST", "path": r"/issues/\d+/comments$"},
    {"method": "PATCH", "path": r"/issues/comments/\d+$"},
    {"method": "POST", "path": r"/pulls$"},
    {"method": "PATCH", "path": r"/pulls/\d+$"},
    {"method": "POST", "path": r"/sub_issues$"},
    {"method": "POST", "path": r"^/repos/[^/]+/[^/]+/issues$"},
    {"path": "^/graphql$", "operation": "mutation"},
)
"""What the app changes. People comment too; the rest is its own."""
CALLS: tuple[Json, ...] = (
    *WRITES,
    {"path": "^/graphql$"},
    {"path": "/access_tokens$"},
    {"path": "/permission$"},
)
BALLAST = "ballast"
LANES = ("tickets", "coding")
GIT = r"git-(upload|receive)-pack"


Effect = Callable[[Target], bool | None]
"""False where there was nobody to strike: no horse at work, no mirror yet."""


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    strike: Effect
    mend: Effect
    lasts: tuple[float, float]
    """Seconds, at least and at most, between the two."""


def all_up(target: Target) -> None:
    """Whatever does not run is started."""
    target.up()


def nothing(_target: Target) -> None:
    """It passes by itself."""


def kill_worker(*lanes: str) -> Effect:
    """kill -9 of one worker; what it has started is left alone."""

    def strike(target: Target) -> bool:
        chosen = target.workers(*lanes)[:1]
        for name in chosen:
            target.stack.kill(name)
        return bool(chosen)

    return strike


def kill_horse(target: Target) -> bool:
    """kill -9 of the child in which a worker runs a job, the first that is seen within 3 s."""
    for _ in range(60):
        for name in target.workers(*LANES):
            if horse := target.stack.horse(name):
                horse.kill()
                return True
        time.sleep(0.05)
    return False


def kill(name: str) -> Effect:
    """kill -9 of a process."""
    return lambda target: target.stack.kill_all(name)


def reboot(target: Target) -> None:
    """Everything of ours dies at once."""
    target.stack.kill_all("redis", *target.processes)


def replace_machine(target: Target) -> None:
    """The same, and the disk is new: neither Redis's file nor mirrors."""
    reboot(target)
    target.stack.start_redis(keep=False)
    shutil.rmtree(target.stack.directory / "data")
    (target.stack.directory / "data").mkdir()


def empty_redis(target: Target) -> bool:
    """FLUSHALL, if Redis is up."""
    if target.is_up("redis"):
        target.stack.redis().flushall()
        return True
    return False


def pause(target: Target) -> bool:
    """SIGSTOP for a worker and its horse, as for a suspended virtual machine: they do not know that time passes."""
    for name in target.workers(*LANES):
        with suppress(psutil.NoSuchProcess):
            target.stack.pause(name)
            return True
    return False


def wake(target: Target) -> None:
    for name in target.workers(*LANES):
        with suppress(psutil.NoSuchProcess):
            target.stack.resume(name)


def fill_disk(target: Target) -> bool:
    """Not a byte more fits on the second machine's disk."""
    disks = target.homes()[1:]
    for data in disks:
        with suppress(OSError), (data / BALLAST).open("wb", buffering=0) as file:
            while file.write(bytes(65536)):
                pass
    return bool(disks)


def free_disk(target: Target) -> None:
    for data in target.homes()[1:]:
        (data / BALLAST).unlink(missing_ok=True)


def spoil_mirror(target: Target) -> bool:
    """Cut off the end of a pack, or write rubbish into packed-refs: what a dying disk leaves. A full one takes none."""
    mirrors = [mirror for data in target.homes() for mirror in data.glob("*/*/*.git")]
    for mirror in mirrors:
        packs: list[Path] = [*mirror.glob("objects/pack/*.pack")]
        if packs and target.random.random() < 0.5:
            packs[0].chmod(0o600)
            with packs[0].open("r+b") as file:
                file.truncate(packs[0].stat().st_size // 2)
            continue
        try:
            (mirror / "packed-refs").write_text("not a ref at all\n")
        except OSError:
            return False
    return bool(mirrors)


def answer(calls: Sequence[Json], **fault: Any) -> Effect:
    """The next one of about half of these calls is answered like this."""

    def strike(target: Target) -> None:
        chosen = target.random.sample(calls, (len(calls) + 1) // 2)
        target.hub("POST", "faults", [call | fault for call in chosen])

    return strike


def secondary_limit(target: Target) -> None:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit"""
    body = {
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    }
    call = target.random.choice(CALLS)
    answer([call], answer=403, body=body, headers={"Retry-After": "3"})(target)


def primary_limit(target: Target) -> None:
    """The hour's requests are used up; the hour ends in a moment."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 4)}
    body = {"message": "API rate limit exceeded for installation ID 1."}
    call = target.random.choice(CALLS)
    answer([call], answer=403, body=body, headers=headers)(target)


def take_permission(target: Target) -> None:
    """An owner takes one permission away."""
    granted = dict(target.stack.hub.app.get(_installation(target))["permissions"])
    granted.pop(target.random.choice(("issues", "pull_requests", "contents", "checks")), None)
    target.hub("POST", "permissions", granted)


def give_permissions(target: Target) -> None:
    """Everything that the App asks for is granted again."""
    target.hub("POST", "permissions", target.stack.hub.app.get("/app")["permissions"])


def revoke_tokens(target: Target) -> None:
    """Every token that the workers hold is worthless from now on."""
    target.hub("DELETE", "tokens")


def read_stale(target: Target) -> None:
    """Half of the answers are up to five seconds old."""
    target.hub("POST", "staleness", {"seconds": 5, "share": 0.5, "seed": target.random.randrange(1000)})


def read_fresh(target: Target) -> None:
    target.hub("POST", "staleness", {"seconds": 0, "share": 0})


def disturb_webhooks(target: Target) -> None:
    """Late, twice, in another order, or not at all."""
    shares = {"late": [0, 2], "doubled": 0.3, "reordered": 0.3, "dropped": 0.3}
    target.hub("POST", "webhooks", shares | {"seed": target.random.randrange(1000)})


def calm_webhooks(target: Target) -> None:
    target.hub("POST", "webhooks", {})


def lose_webhooks(target: Target) -> None:
    """Deliveries go to where nobody listens."""
    target.hub("POST", "webhook", {"url": f"http://127.0.0.1:{free_port()}/webhook"})


def find_webhooks(target: Target) -> None:
    target.hub("POST", "webhook", {"url": f"{target.stack.web_url}/webhook"})


BRIEF, MOMENT = (1.0, 4.0), (0.0, 0.0)
PERMISSION_FAULT = "a permission is taken away"
"""After this one a ticket may also end with a word to its people about what is missing."""

FAULTS: dict[str, Fault] = {
    "a worker is killed": Fault(kill_worker(*LANES), all_up, BRIEF),
    "a coding worker is killed": Fault(kill_worker("coding"), all_up, BRIEF),
    "a horse is killed": Fault(kill_horse, nothing, MOMENT),
    "the web process is killed": Fault(kill("web"), all_up, (2.0, 6.0)),
    "the clock is killed": Fault(kill("clock"), all_up, BRIEF),
    "Redis is killed": Fault(kill("redis"), all_up, BRIEF),
    "Redis is emptied": Fault(empty_redis, nothing, MOMENT),
    "the machine reboots": Fault(reboot, all_up, BRIEF),
    "the machine is replaced": Fault(replace_machine, all_up, BRIEF),
    "a worker is paused": Fault(pause, wake, (31.0, 36.0)),
    "the disk is full": Fault(fill_disk, free_disk, (1.0, 4.0)),
    "a mirror is corrupted": Fault(spoil_mirror, nothing, MOMENT),
    "GitHub answers 502": Fault(answer(CALLS, answer=502), nothing, MOMENT),
    "GitHub answers 504 after the write": Fault(answer(WRITES, answer=504, effect="after"), nothing, MOMENT),
    "GitHub resets connections": Fault(answer(CALLS, answer="reset"), nothing, MOMENT),
    "GitHub resets after the write": Fault(answer(WRITES, answer="reset", effect="after"), nothing, MOMENT),
    "GitHub does not answer in time": Fault(
        answer(WRITES[1:3], answer="timeout", effect="after", delay=21.0), nothing, MOMENT
    ),
    "GitHub's git breaks off": Fault(answer([{"path": GIT}, {"path": GIT}], answer="reset"), nothing, MOMENT),
    "GitHub's git answers 502": Fault(answer([{"path": GIT}, {"path": GIT}], answer=502), nothing, MOMENT),
    "a token is not accepted": Fault(answer([{"path": "^/graphql$"}], answer=401), nothing, MOMENT),
    "the primary limit is reached": Fault(primary_limit, nothing, MOMENT),
    "the secondary limit is reached": Fault(secondary_limit, nothing, MOMENT),
    PERMISSION_FAULT: Fault(take_permission, give_permissions, (2.0, 5.0)),
    "tokens are revoked": Fault(revoke_tokens, nothing, MOMENT),
    "GitHub's answers are old": Fault(read_stale, read_fresh, (8.0, 15.0)),
    "webhooks come late, twice, disordered or not": Fault(disturb_webhooks, calm_webhooks, (8.0, 15.0)),
    "webhooks are lost": Fault(lose_webhooks, find_webhooks, (2.0, 6.0)),
}
"""What a person would say happened → what is done, what undoes it, and how long it lasts."""


def heal(target: Target) -> None:
    """Undo everything that lasts. One of each kind of write still goes wrong, whoever makes it first.

    Reads do not: the one sweep that follows must not be what they strike, the next is ten minutes away. More would
    only meet the last ticket, whose pauses double.
    """
    waiting = target.hub("GET", "faults")
    target.hub("DELETE", "faults")
    kinds = {(call["path"], call.get("operation", "")) for call in WRITES}
    left = {(fault["path"], fault["operation"]): fault for fault in waiting}
    target.hub("POST", "faults", [fault for kind, fault in left.items() if kind in kinds])
    for fault in FAULTS.values():
        fault.mend(target)


def _installation(target: Target) -> str:
    return f"/app/installations/{target.stack.hub.installation_id}"

"""Tokens that the workers share: for one repository and all its permissions, unreadable in Redis, given up in time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from jobs.github.client import Installation
from jobs.github.credentials import SHARED_FOR, Credentials, Scope, SharedTokens
from jobs.github.errors import Gone
from jobs.github.tokens import PERMISSIONS
from jobs.ticket.errors import TellPeople
from tests.permissions import reasons

DECLARED = {name: access for name, (access, _) in reasons().items()}


@pytest.fixture
def shared(world, redis):
    redis.flushdb()
    return SharedTokens(redis, world.settings)


@pytest.fixture
def granted(world):
    yield world.control
    world.control("POST", "permissions", DECLARED)


def job(world, shared, **changes):
    """Another job's client: nothing but Redis connects it with the others."""
    ticket = replace(world.ticket, **changes)
    made = Installation(world.settings, ticket, lambda: None, shared=shared)
    world.opened.append(made)
    return made


def look(client):
    return client.observe(now=datetime.now(UTC))


def minted(world):
    return sum(call.endswith("/access_tokens") for call in world.calls())


def test_jobs_share_one_token(world, shared, redis):
    tokens = {job(world, shared).token(), job(world, SharedTokens(redis, world.settings)).token()}
    assert (len(tokens), minted(world)) == (1, 1)


def test_nothing_of_it_can_be_read_in_redis_and_it_is_kept_for_half_an_hour(world, shared, redis):
    token = job(world, shared).token()
    [key] = redis.keys("*")
    kept = key + redis.get(key)
    assert not any(part.encode() in kept for part in (token, token[8:24], world.repository))
    assert timedelta(minutes=29) < timedelta(seconds=redis.ttl(key)) <= SHARED_FOR


def test_another_key_does_not_open_it_nor_does_damage_break_anything(world, shared, redis):
    first = job(world, shared).token()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    scope = Scope(world.hub.installation_id, tuple(sorted(PERMISSIONS.items())), world.repository)
    stranger = SharedTokens(redis, replace(world.settings, private_key=key.decode()))
    now = datetime.now(UTC)
    assert (shared.get(scope, now).secret, stranger.get(scope, now)) == (first, None)
    [name] = redis.keys("*")
    redis.set(name, b"gAAAA damaged")
    assert shared.get(scope, now) is None


def test_it_is_for_one_repository_and_one_set_of_permissions(world, shared, redis):
    other = f"{world.repository}-too"
    world.people["alice"].post("/orgs/acme/repos", json={"name": other.partition("/")[2]})
    tokens = {job(world, shared).token(), job(world, shared, repository=other).token()}
    scope = Scope(world.hub.installation_id, (("issues", "read"),))
    narrow = Credentials(world.settings, lambda: datetime.now(UTC), scope, shared)
    narrow.renew()
    assert len(tokens | {narrow.token.secret}) == 3
    # Nor does it help whoever can write to Redis to put one in the place of another.
    kept = [redis.get(key) for key in redis.keys("*")]
    here = Scope(world.hub.installation_id, tuple(sorted(PERMISSIONS.items())), world.repository)
    own, found = shared.get(here, datetime.now(UTC)), set()
    for key in redis.keys("*"):
        for sealed in kept:
            redis.set(key, sealed)
            token = shared.get(here, datetime.now(UTC))
            found.add(token.secret if token else None)
    assert own is not None
    assert found == {own.secret, None}


def test_one_that_is_old_or_short_lived_is_not_shared(world, shared, redis):
    world.control("POST", "tokens", {"life": 60})
    job(world, shared).token()
    world.control("POST", "tokens", {"life": 3600})
    assert redis.keys("*") == []


def test_one_that_was_revoked_is_replaced_for_all(world, shared):
    first = job(world, shared)
    old = first.token()
    del world.hub.state.tokens[old]
    second = job(world, shared)
    assert look(second).is_labeled
    assert second.token() == job(world, shared).token() != old
    assert minted(world) == 2


def test_one_that_lacks_a_permission_is_not_shared_so_it_is_noticed_when_it_is_granted(
    world, shared, redis, granted
):
    granted("POST", "permissions", {name: DECLARED[name] for name in DECLARED if name != "checks"})
    before = job(world, shared)
    look(before)
    assert (before.may_report, redis.keys("*")) == (False, [])
    granted("POST", "permissions", DECLARED)
    after = job(world, shared)
    look(after)
    assert after.may_report


def test_one_of_a_personal_account_is_shared_though_it_cannot_grant_projects(world, shared, granted):
    own = {name: DECLARED[name] for name in DECLARED if name != "organization_projects"}
    granted("POST", "permissions", own)
    first, second = job(world, shared), job(world, shared)
    look(first)
    assert look(second).is_labeled
    assert first.token() == second.token()
    # Whoever mints asks for all of it and then for what there is.
    assert minted(world) == 2


def test_what_is_refused_with_a_shared_one_is_asked_for_again_with_a_new_one(world, shared):
    client = job(world, shared)
    token = client.token()
    # As it was before somebody granted more, or put the repository back.
    world.hub.state.tokens[token].permissions["issues"] = "read"
    job(world, shared).create_comment("Hello.")
    assert minted(world) == 2
    tokens, token = world.hub.state.tokens, job(world, shared).token()
    tokens[token] = replace(tokens[token], repository_ids=frozenset({0}))
    assert look(job(world, shared)).is_labeled
    assert minted(world) == 3


def test_what_is_refused_all_the_same_is_refused(world, shared):
    job(world, shared).token()
    client = job(world, shared)
    with pytest.raises(Gone):
        client.update_comment(1, "x")
    with pytest.raises(Gone):
        client.update_comment(1, "x")
    assert minted(world) == 2


def test_a_permission_that_was_taken_away_is_named(world, shared, granted):
    job(world, shared).token()
    granted("POST", "permissions", DECLARED | {"issues": "read"})
    with pytest.raises(TellPeople, match="issues: write"):
        job(world, shared).create_comment("Hello.")

"""What is read out of GitHub's answer, where the hub cannot easily be brought to say it."""

import pytest

from jobs.github.people import login_of
from jobs.github.pulls import checks_of


@pytest.mark.parametrize(
    ("actor", "login"),
    [
        (None, "ghost"),
        ({"__typename": "User", "login": "autocode"}, "autocode"),
        ({"__typename": "Bot", "login": "autocode"}, "autocode[bot]"),
        ({"__typename": "Bot", "login": "autocode[bot]"}, "autocode[bot]"),
    ],
)
def test_a_bot_is_never_taken_for_the_person_of_its_name(actor, login):
    assert login_of(actor) == login


def rollup(head="abc", total=0, state="PENDING", nodes=()):
    contexts = {"totalCount": total, "nodes": list(nodes)}
    return {
        "url": "https://github.com/o/r/pull/8",
        "headRefOid": head,
        "statusCheckRollup": {"state": state, "commit": {"oid": "abc"}, "contexts": contexts},
    }


def status(state):
    return {
        "__typename": "StatusContext", "context": "ci/old", "state": state, "description": None, "targetUrl": None
    }  # fmt: skip


def test_checks_of_an_older_head_are_not_the_heads():
    assert list(checks_of(rollup(head="def", total=1, nodes=[status("SUCCESS")]), 1)) == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("SUCCESS", ("completed", "success")),
        ("ERROR", ("completed", "failure")),
        ("FAILURE", ("completed", "failure")),
        ("PENDING", ("pending", None)),
        ("EXPECTED", ("pending", None)),
    ],
)
def test_a_commit_status_is_a_check(state, said):
    [check] = checks_of(rollup(total=1, nodes=[status(state)]), 1)
    assert (check.name, check.status, check.conclusion) == ("ci/old", *said)


def check_run(app_id, slug, **fields):
    run = {
        "__typename": "CheckRun", "databaseId": 77, "name": "test", "status": "COMPLETED", "conclusion": "TIMED_OUT",
        "detailsUrl": None, "title": "Too slow", "summary": None, "annotations": None,
        "checkSuite": {"status": "COMPLETED", "app": {"databaseId": app_id, "slug": slug}},
    }  # fmt: skip
    return run | fields


def test_our_own_check_runs_are_left_out():
    ours, theirs = check_run(1, "autocode"), check_run(2, "autocode")
    assert [check.app for check in checks_of(rollup(total=2, nodes=[ours, theirs]), app_id=1)] == ["autocode"]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (check_run(15368, "github-actions"), ("completed", "timed_out", 77)),
        (check_run(15368, "github-actions", status="WAITING", conclusion=None), ("pending", None, 77)),
        (check_run(4, "circleci"), ("completed", "timed_out", None)),
        (check_run(0, "", checkSuite={"status": "COMPLETED", "app": None}), ("completed", "timed_out", None)),
    ],
)
def test_only_a_check_run_of_actions_has_a_job(run, said):
    [check] = checks_of(rollup(total=1, nodes=[run]), app_id=1)
    assert (check.status, check.conclusion, check.job_id) == said
    assert check.summary == "Too slow"


def test_checks_beyond_the_first_hundred_are_summed_up():
    *_, last = checks_of(rollup(total=130, state="FAILURE", nodes=[status("SUCCESS")] * 100), 1)
    assert (last.name, last.conclusion) == ("30 more checks", "failure")

"""Whether a pull request can be merged: the test merge, made after it was asked for, and what the branch asks for."""

from tests.hub import git_facts, git_merge
from tests.hub.entities import PullRequest
from tests.hub.merging import Mergeability
from tests.hub.requirements import is_behind, unmet
from tests.hub.state import State

GOOD = ("success", "neutral", "skipped")


def look(state: State, pull: PullRequest) -> bool | None:
    """What an answer of the API says, and the first look at two commits says nothing: it starts the test merge.

    https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request
    """
    if pull.state != "open":
        return None
    now = _commits(pull)
    asked = pull.mergeability
    if asked is None or asked.of != now:
        asked = pull.mergeability = Mergeability(now, state.requests)
    if asked.answer is None and asked.asked_in != state.requests:
        asked.answer = git_merge.mergeable(pull)
    return asked.answer


def known(pull: PullRequest) -> bool | None:
    """The answer if there is one already, as webhooks and lists have it."""
    asked = pull.mergeability
    return asked.answer if asked and pull.state == "open" and asked.of == _commits(pull) else None


def _commits(pull: PullRequest) -> tuple[str | None, str]:
    return git_facts.branch_sha(pull.repository, pull.base_ref), git_facts.head_sha(pull)


def merge_state(state: State, pull: PullRequest) -> str:
    """REST's `mergeable_state`, of which GraphQL's `mergeStateStatus` is the upper case.

    https://docs.github.com/en/graphql/reference/enums#mergestatestatus
    """
    return state_when(state, pull, known(pull))


def state_when(state: State, pull: PullRequest, mergeable: bool | None) -> str:
    """The same for whoever knows already whether there is a conflict."""
    if mergeable is None:
        return "unknown"
    if not mergeable:
        return "dirty"
    if pull.draft:
        return "draft"
    if unmet(state, pull):
        return "blocked"
    if is_behind(pull):
        return "behind"
    return "clean" if _is_green(state, pull) else "unstable"


def _is_green(state: State, pull: PullRequest) -> bool:
    """No check is red and none runs, be it required or not."""
    head = git_facts.head_sha(pull)
    runs = [run.conclusion in GOOD for run in state.check_runs(pull.repository, head)]
    return all(runs + [status.state == "success" for status in state.statuses(pull.repository, head)])

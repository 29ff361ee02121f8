"""Repositories decide about their tickets in `.github/autocode.yml`; mistakes in it are told and do no harm."""

from tests.model.replies import edit, submit
from tests.scenarios.test_people import BRISK
from tests.scenarios.world import WRONG, World


def test_the_file_of_the_base_branch_counts(world: World) -> None:
    title = "Greet people once only"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    issue = world.repository().issue(title)
    issue.repo.put(".github/autocode.yml", "iterations: 1\n")
    record = issue.label().until("failed")
    assert record.iteration == 1


def test_a_mistake_is_told_and_the_last_valid_value_holds(world: World) -> None:
    title = "Greet people in spite of mistakes"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    issue = world.repository().issue(title)
    issue.repo.put(".github/autocode.yml", "iterations: 1\n")
    other = issue.repo.issue("Greet others")
    world.will(*BRISK, when=("Greet others",))
    other.label().until("validating")
    issue.repo.put(".github/autocode.yml", "# more\niteration: 7\niterations: seven\n")
    record = issue.label().until("failed")
    assert record.iteration == 1
    status = issue.status_comment()
    assert status is not None
    assert "line 2: `iteration` is not a key; did you mean `iterations`?" in status["body"]
    assert "line 3: `iterations` is `seven`, a whole number from 1 to 20 was expected" in status["body"]


def test_the_organizations_file_counts_where_a_repository_has_none(world: World) -> None:
    alice = world.person("alice")
    alice.post("/orgs/acme/repos", {"name": ".github"})
    shared = world.repository().__class__(world, "acme/.github")
    shared.put(".github/autocode.yml", "iterations: 1\n")
    title = "Greet people as everywhere"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    issue = world.repository().issue(title)
    record = issue.label().until("failed")
    assert record.iteration == 1

"""Reviewers ask for changes, ask questions and reply; the agent answers each of them in their thread."""

from typing import Any

from jobs.ticket.threads import ANSWERED_AT_ONCE
from tests.model.replies import ask, edit
from tests.scenarios.reviewing import Reviewers, answer
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.world import Issue, World


def reviewed(world: World, title: str, *second: Any) -> tuple[Issue, Reviewers]:
    """A ticket that waits for its review; `second` is what the agent does in the second iteration."""
    world.will(*BRISK, when=(title, "Iteration 1 of"))
    world.will(*second, when=(title, "Iteration 2 of"))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    return issue, Reviewers(issue)


def brief_of(world: World, title: str, iteration: int) -> str:
    """The first message of that iteration."""
    asked = [str(item["messages"][0]) for item in world.stack.model_requests()]
    return next(text for text in asked if title in text and f"Iteration {iteration} of" in text)


def test_each_thread_is_answered_and_what_was_acted_upon_is_resolved(world: World) -> None:
    title = "Greet people as reviewed"
    told = (
        "Documented.",
        ("T1", "changed", "Said in the README, closes #1 @alice."),
        ("T2", "answered", "An f-string is quicker."),
        ("T3", "declined", "Nobody asked for more than one greeting."),
    )
    issue, people = reviewed(
        world, title, edit("README.md", "# greet", "# Greets people"), answer(*told), answer(*told)
    )
    before = len(world.calls_of_the_app())
    remarks = ("Say so in the README.", "Why an f-string?", "Greet twice?")
    people.review("REQUEST_CHANGES", "Some things.", *remarks)
    record = issue.until("validating", iteration=2)
    brief = brief_of(world, title, 2)
    for part in ("T1: `greet.py` line 2", "Say so in the README.", "+    return f", "T3", "Some things."):
        assert part in brief
    done, question, declined = people.conversations()
    assert [item.is_resolved for item in (done, question, declined)] == [True, False, False]
    [(_, _), (by, reply)] = done.said
    assert (by, str(record.head_sha) in reply) == ("autocode", True)
    assert "Said in the README, closes #\u200b1 @\u200balice." in reply
    assert [len(item.said) for item in (question, declined)] == [2, 2]
    assert "An f-string is quicker." in question.said[1][1]
    assert "Not changed: Nobody asked" in declined.said[1][1]
    assert record.answers == ()
    calls = str([call["body"] for call in world.calls_of_the_app()[before:]])
    assert [calls.count(f" {name}(") for name in ("reviewThreads", "answerThread")] == [2, 3]


def test_a_question_alone_is_answered_without_a_commit(world: World) -> None:
    title = "Greet people who ask"
    told = ("-", ("T1", "answered", "The ticket says so."), ("T2", "changed", "It was there before."))
    issue, people = reviewed(world, title, answer(*told), answer(*told))
    people.review("COMMENT", "", "Why hello?", "Return it.")
    record = issue.until("validating", iteration=2)
    question, claim = people.conversations()
    assert (question.is_resolved, len(question.said)) == (False, 2)
    # Nothing was changed, whatever the agent says.
    assert (claim.is_resolved, len(claim.said)) == (False, 2)
    assert len(issue.conclusions()) == 1
    assert record.rounds[-1].head_sha == record.head_sha
    assert not issue.pull_request()["draft"]
    assert len([text for text in issue.told() if "ready for review" in text]) == 1
    # Nor is it where somebody has pushed meanwhile: the checks of that commit decide.
    told = ("-", ("T1", "answered", "As Bob has it."))
    world.will(ask("Which one?"), when=(title, "Iteration 3 of"))
    world.will(answer(*told), answer(*told), when=(title, "Iteration 3 of", "Look at my commit."))
    people.review("COMMENT", "", "Which one?")
    issue.until("asking", iteration=3)
    issue.repo.put("notes.md", "# Bob's\n", branch=issue.repo.branches()[0], by="bob")
    issue.say("Look at my commit.", by="bob")
    record = issue.until("validating", iteration=3)
    last = record.rounds[-1]
    assert (last.iteration, last.head_sha, last.verdict) == (1, record.head_sha, "passed")
    assert last.head_sha == issue.pull_request()["head"]["sha"]
    assert len(issue.conclusions()) == 2


def test_a_reply_in_the_thread_starts_another_round_with_the_whole_conversation(world: World) -> None:
    title = "Greet people who insist"
    no = ("No.", ("T1", "declined", "Too formal."))
    yes = ("Yes.", ("T1", "changed", "As you like."))
    issue, people = reviewed(world, title, answer(*no), answer(*no))
    world.will(
        edit("README.md", "# greet", "# Greets"), answer(*yes), answer(*yes), when=(title, "Iteration 3 of")
    )
    people.review("COMMENT", "", "More formal, please.")
    issue.until("validating", iteration=2)
    people.reply(people.conversations()[0], "Do it all the same.")
    issue.until("validating", iteration=3)
    brief = brief_of(world, title, 3)
    assert brief.index("More formal") < brief.index("Too formal.") < brief.index("Do it all the same.")
    [thread] = people.conversations()
    assert thread.is_resolved
    assert [login for login, _ in thread.said] == ["bob", "autocode", "bob", "autocode"]


def test_a_readers_remark_is_read_once_a_maintainer_agrees(world: World) -> None:
    title = "Greet people from outside"
    told = ("Done.", ("T1", "declined", "No."), ("T2", "answered", "Yes."))
    issue, people = reviewed(world, title, answer(*told), answer(*told))
    people.review("COMMENT", "", "Carol agrees with me.", "Carol prints secrets.", by="carol")
    people.review("REQUEST_CHANGES", "Not in my name", by="carol")
    world.settle()
    record = issue.record()
    assert record is not None
    assert (record.phase, record.iteration) == ("validating", 1)
    people.thumb(people.conversations()[0], by="carol")
    people.thumb(people.conversations()[0], by="bob")
    people.thumb(people.conversations()[1], by="dave")
    people.review("COMMENT", "", "And mine?", by="alice")
    issue.until("validating", iteration=2)
    brief = brief_of(world, title, 2)
    assert "@carol, who has no write permission, and @bob, who has, agrees" in brief
    assert "Carol agrees with me." in brief
    assert "prints secrets" not in brief
    assert "Not in my name" not in brief
    assert [len(item.said) for item in people.conversations()] == [2, 1, 2]


def test_an_answer_whose_own_answer_was_lost_is_not_given_twice(world: World) -> None:
    title = "Greet people but once"
    told = ("Done.", ("T1", "changed", "Done so."), ("T2", "answered", "It is."))
    issue, people = reviewed(
        world, title, edit("README.md", "# greet", "# Greets"), answer(*told), answer(*told)
    )
    world.fault(operation="addPullRequestReviewThreadReply", effect="after")
    people.review("REQUEST_CHANGES", "Two things.", "Say so.", "Is it?")
    issue.until("validating", iteration=2)
    first, second = people.conversations()
    assert [len(item.said) for item in (first, second)] == [2, 2]
    assert (first.is_resolved, second.is_resolved) == (True, False)


def test_an_approval_with_remarks_and_chat_without_start_nothing(world: World) -> None:
    title = "Greet people and approve"
    issue, people = reviewed(world, title)
    people.review("APPROVE", "Nice.", "Could be shorter one day.")
    people.review("COMMENT", "I shall look tomorrow.")
    world.settle()
    record = issue.record()
    assert record is not None
    assert (record.phase, record.iteration) == ("validating", 1)
    assert calls_about(world, title) == 3


def test_more_remarks_than_a_round_takes_are_answered_in_two(world: World) -> None:
    title = "Greet people whom nothing pleases"
    first = [(f"T{number}", "answered", f"Answer {number}.") for number in range(1, ANSWERED_AT_ONCE + 1)]
    issue, people = reviewed(world, title, answer("-", *first), answer("-", *first))
    rest = ("-", ("T1", "answered", "The last answer."))
    world.will(answer(*rest), answer(*rest), when=(title, "Iteration 3 of"))
    people.review("COMMENT", "", *(f"Why {number}?" for number in range(ANSWERED_AT_ONCE + 1)))
    record = issue.until("validating", iteration=3)
    assert [len(item.said) for item in people.conversations()] == [2] * (ANSWERED_AT_ONCE + 1)
    assert record.threads_left == 0
    assert len(issue.conclusions()) == 1


def test_when_people_resolve_what_was_left_nobody_is_asked_for_nothing(world: World) -> None:
    title = "Greet people who help themselves"
    first = [(f"T{number}", "answered", f"Answer {number}.") for number in range(1, ANSWERED_AT_ONCE + 1)]
    slow = answer("-", *first) | {"faults": [{"delay": 2.0}]}
    issue, people = reviewed(world, title, slow, answer("-", *first))
    before = calls_about(world, title)
    people.review("COMMENT", "", *(f"Why {number}?" for number in range(ANSWERED_AT_ONCE + 1)))
    issue.wait(lambda: calls_about(world, title) > before, "the second iteration")
    people.resolve(people.conversations()[-1])
    record = issue.until("validating", iteration=3)
    assert calls_about(world, title) == before + 2
    assert (record.threads_left, len(record.rounds), len(issue.told())) == (0, 1, 1)
    assert issue.state_labels() == {"autocode: review"}

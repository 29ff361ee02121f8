"""The loop: every way a turn can end, every limit, and what the model is told."""

import os
from itertools import pairwise

import pytest

from jobs.agent.loop import CUTS, MAX_TOKENS, NOT_RUN, NUDGE, NUDGES
from jobs.agent.terms import Interrupted
from jobs.models.reply import ModelBusy
from jobs.ticket.phases import Signal
from jobs.ticket.record import PlanStep
from tests.agent.world import BRIEF, World
from tests.model.replies import ask, bash, call, create, edit, plan, say, search, submit, together
from tests.security.machine import working_sandbox

POLITE = edit("greet.py", "Hi", "Good day,")


def test_the_second_submit_hands_in_the_work(world: World) -> None:
    outcome = world.run(plan(["Be polite"]), POLITE, submit("Greets politely."), submit("Greets politely!"))
    assert outcome.signal is Signal.SUBMITTED
    assert outcome.summary == "Greets politely!"
    assert outcome.plan == (PlanStep("Be polite"),)
    assert outcome.turns == outcome.spend.calls == len(world.requests) == 4
    assert "Good day," in (world.path / "greet.py").read_text()


def test_each_request_begins_with_the_one_before(world: World) -> None:
    world.run(POLITE, say("Hm."), submit(), submit())
    sent = [request["messages"] for request in world.requests]
    assert sent[0] == [{"role": "user", "content": [{"type": "text", "text": BRIEF}]}]
    for earlier, later in pairwise(sent):
        assert later[: len(earlier)] == earlier


def test_each_turn_is_told_with_what_it_cost_and_did(world: World) -> None:
    outcome = world.run(plan(["One", "Two"]), POLITE, submit(), submit())
    assert [turn.number for turn in world.turns] == [1, 2, 3, 4]
    assert [turn.action for turn in world.turns] == [
        "planning",
        "editing greet.py",
        "submitting",
        "submitting",
    ]
    assert [turn.spend.calls for turn in world.turns] == [1, 2, 3, 4]
    assert world.turns[-1].spend == outcome.spend
    assert world.turns[-1].plan == outcome.plan


def test_several_calls_are_answered_in_order_in_one_message(world: World) -> None:
    world.run(together(POLITE, call("nonsense", {}), plan(["a"])), submit(), submit())
    results = world.results(1)
    assert [item["tool_use_id"] for item in results] == ["toolu_0_0", "toolu_0_1", "toolu_0_2"]
    assert [item.get("is_error", False) for item in results] == [False, True, False]
    assert (
        "There is no tool 'nonsense'; there are str_replace_based_edit_tool, search" in results[1]["content"]
    )


def test_calls_after_the_one_that_ended_the_run_are_answered_but_not_run(world: World) -> None:
    outcome = world.run(together(ask("Which?"), create("late.py", "x")), submit())
    assert (outcome.signal, outcome.question) == (Signal.ASKED, "Which?")
    assert not (world.path / "late.py").exists()
    world.run(answers=["This one."])
    assert [item["content"] for item in world.results(1)] == ["This one.", NOT_RUN]


def test_an_answer_without_a_call_is_met_with_patience_twice_in_a_row(world: World) -> None:
    idle = [say("I think…")] * NUDGES
    outcome = world.run(*idle, POLITE, *idle, submit(), submit())
    assert outcome.signal is Signal.SUBMITTED
    assert world.told(1) == NUDGE


@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence", "some_day"])
def test_a_model_that_stops_is_given_up_with_its_last_words(world: World, reason: str) -> None:
    outcome = world.run(*[say("I am done.", stop_reason=reason)] * 3)
    assert outcome.signal is Signal.GAVE_UP
    assert (
        outcome.reason == "the agent stopped without submitting, 3 times in a row; its last words: I am done."
    )


def test_an_answer_without_any_content_is_nudged_all_the_same(world: World) -> None:
    outcome = world.run({})
    assert outcome.signal is Signal.GAVE_UP
    assert outcome.reason.endswith("3 times in a row")


def test_a_refusal_gives_up_and_says_why(world: World) -> None:
    outcome = world.run(say("", stop_reason="refusal", explanation="it looks harmful"))
    assert outcome.signal is Signal.GAVE_UP
    assert outcome.reason == "the model refused to work on this ticket: it looks harmful"


def test_a_call_that_was_cut_off_is_dropped_and_smaller_steps_are_asked_for(world: World) -> None:
    half = create("half.py", "x = 1", stop_reason="max_tokens")
    outcome = world.run(together(say("Now:"), POLITE, half), submit(), submit())
    assert outcome.signal is Signal.SUBMITTED
    assert not (world.path / "half.py").exists()
    assert [item["tool_use_id"] for item in world.results(1)] == ["toolu_0_0"]
    assert f"cut off after {MAX_TOKENS:,} tokens" in world.told(1)


@pytest.mark.parametrize(
    "reply",
    [
        create("half.py", "x = 1", stop_reason="max_tokens"),
        say("", thinking="On and on", stop_reason="max_tokens"),
        say("On and on", stop_reason="max_tokens"),
    ],
    ids=["call", "thinking", "text"],
)
def test_a_model_that_is_cut_off_three_times_in_a_row_is_given_up(
    world: World, reply: dict[str, str]
) -> None:
    outcome = world.run(*[reply] * CUTS)
    assert outcome.signal is Signal.GAVE_UP
    assert outcome.reason == f"the model's answer was cut off after {MAX_TOKENS:,} tokens, 3 times in a row"
    assert len(world.requests) == CUTS


def test_a_paused_turn_is_sent_back_as_it_is(world: World) -> None:
    outcome = world.run(say("Wait…", stop_reason="pause_turn"), POLITE, submit(), submit())
    assert outcome.signal is Signal.SUBMITTED
    assert world.requests[1]["messages"][-1] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "Wait…"}],
    }


def test_a_conversation_that_outgrows_the_model_begins_anew_with_the_change_so_far(world: World) -> None:
    full = say("", stop_reason="model_context_window_exceeded")
    world.server.will(plan(["Be polite"]), POLITE, full)
    world.server.will(submit(), submit(), when=["grew too long"])
    outcome = world.run()
    assert outcome.signal is Signal.SUBMITTED
    assert len(world.requests[3]["messages"]) == 1
    assert BRIEF in world.told(3)
    assert "+    return f'Good day, {name}'" in world.told(3)
    assert "- [ ] Be polite" in world.told(3)


def test_a_conversation_that_outgrows_the_model_twice_is_for_people_to_decide(world: World) -> None:
    full = say("", stop_reason="model_context_window_exceeded")
    outcome = world.run(full)
    assert outcome.signal is Signal.OUT_OF_BUDGET
    assert "context window twice" in outcome.reason
    # Allowed to continue, it begins anew instead of sending the same again.
    assert world.run(POLITE, submit(), submit()).signal is Signal.SUBMITTED


def test_money_is_set_aside_before_the_call_and_not_counted_after(world: World) -> None:
    outcome = world.run(POLITE, usd="0.05")
    assert outcome.signal is Signal.OUT_OF_BUDGET
    assert outcome.spend.usd == 0
    assert world.requests == []
    assert "$0.05 of the ticket's budget is left" in outcome.reason


def test_the_turns_of_an_iteration_are_limited(world: World) -> None:
    outcome = world.run(POLITE, submit(), submit(), turns=2)
    assert outcome.signal is Signal.OUT_OF_BUDGET
    assert outcome.reason == "all 2 turns of this iteration are used"
    assert outcome.turns == len(world.requests) == 2


def test_whoever_lets_it_continue_grants_as_many_turns_again(world: World) -> None:
    world.run(POLITE, submit(), submit(), turns=2)
    assert world.run(turns=2).signal is Signal.SUBMITTED


def test_the_time_of_an_iteration_is_limited(world: World) -> None:
    outcome = world.run(POLITE, minutes=0)
    assert outcome.signal is Signal.OUT_OF_BUDGET
    assert outcome.reason == "the time for this iteration was over at 12:00 UTC, after 0 turns"


def test_a_comment_reaches_the_agent_between_two_turns(world: World) -> None:
    world.before = [[], ["@alice: in French, please"]]
    world.run(POLITE, submit(), submit())
    assert [block["type"] for block in world.requests[1]["messages"][-1]["content"]] == [
        "tool_result",
        "text",
    ]
    assert "@alice: in French, please" in world.told(1)


def test_a_hook_can_stop_it_before_the_next_call(world: World) -> None:
    world.before = [[], Interrupted()]
    with pytest.raises(Interrupted):
        world.run(POLITE, submit(), submit())
    assert len(world.requests) == 1
    assert "Good day" in (world.path / "greet.py").read_text()


def test_an_interrupted_run_goes_on_where_it_was(world: World) -> None:
    world.before = [[], Interrupted()]
    with pytest.raises(Interrupted):
        world.run(plan(["Be polite"]), POLITE, submit(), submit())
    outcome = world.run()
    assert outcome.signal is Signal.SUBMITTED
    assert outcome.plan == (PlanStep("Be polite"),)
    assert outcome.turns == len(world.requests) == 4


def test_a_busy_model_frees_the_worker_and_keeps_the_conversation(world: World) -> None:
    with pytest.raises(ModelBusy):
        world.run(POLITE, submit(faults=[{"cut": True}]), submit())
    assert world.turns[-1].spend.calls == 2
    assert world.run().signal is Signal.SUBMITTED


def test_without_a_sandbox_there_is_no_bash(world: World) -> None:
    outcome = world.run(POLITE, call("bash", {"command": "true"}), submit(), submit())
    assert outcome.commands == ()
    assert "bash" not in [tool["name"] for tool in world.requests[0]["tools"]]
    assert "There is no tool 'bash'" in world.told(2)


def test_a_question_ends_the_run_and_its_answer_goes_where_it_was_asked(world: World) -> None:
    outcome = world.run(POLITE, ask("Formal?"), submit(), submit())
    assert (outcome.signal, outcome.question) == (Signal.ASKED, "Formal?")
    assert world.run(answers=["@alice: yes", "@bob: very"]).signal is Signal.SUBMITTED
    assert world.results(2)[0]["content"] == "@alice: yes\n\n@bob: very"


def test_without_an_answer_it_is_told_to_choose(world: World) -> None:
    world.run(POLITE, ask("Formal?"), submit(), submit())
    assert world.run().signal is Signal.SUBMITTED
    assert "Choose as you think best" in world.results(2)[0]["content"]


def test_an_answer_is_heard_even_if_the_conversation_is_lost(world: World) -> None:
    world.run(ask("Formal?"))
    world.checkpoint.delete()
    world.run(POLITE, submit(), submit(), answers=["@alice: yes"])
    assert "@alice: yes" in str(world.requests[1]["messages"])


def test_nothing_changed_cannot_be_submitted(world: World) -> None:
    outcome = world.run(submit(), submit(), submit())
    assert outcome.signal is Signal.GAVE_UP
    assert "submitted nothing" in outcome.reason
    assert "There is nothing to submit" in world.told(1)
    assert len(world.requests) == 3


def test_a_change_after_the_diff_was_shown_is_shown_again(world: World) -> None:
    outcome = world.run(POLITE, submit(), edit("greet.py", "Good", "Fine"), submit(), submit())
    assert outcome.signal is Signal.SUBMITTED
    assert "+    return f'Good day, {name}'" in world.told(2)
    assert "+    return f'Fine day, {name}'" in world.told(4)


def test_what_may_not_be_committed_cannot_be_submitted(world: World) -> None:
    world.violations = ["`.github/workflows/ci.yml` belongs to people."]
    world.run(POLITE, submit(), say("Oh."))
    assert "- `.github/workflows/ci.yml` belongs to people." in world.results(2)[0]["content"]


def test_commands_are_run_and_kept_for_the_evidence(world: World) -> None:
    world.sandbox = working_sandbox()
    outcome = world.run(bash("cat greet.py; exit 3"), POLITE, submit(), submit())
    assert [(run.command, run.exit_code) for run in outcome.commands] == [("cat greet.py; exit 3", 3)]
    assert world.told(1) == "def greet(name):\n    return f'Hi {name}'\n\n[exit code 3]"
    assert world.turns[0].action == "running cat greet.py; exit 3"


def test_half_characters_do_not_end_the_conversation(world: World) -> None:
    (world.path / os.fsdecode(b"caf\xe9.txt")).write_text("Hi")
    world.run(create("note.txt", "Hi \ud83d!"), search("Hi"), submit(), submit())
    assert (world.path / "note.txt").read_text() == "Hi ?!"
    assert "caf?.txt:1: Hi" in world.told(2)

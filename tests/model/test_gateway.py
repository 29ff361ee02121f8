"""The gateway against the scripted API over HTTP: answers, faults that pass, faults that people must mend."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import anthropic
import pytest

from jobs.models.gateway import Model, Patience
from jobs.models.reply import ModelBusy
from jobs.models.stream import INVALID_JSON
from jobs.settings import Settings
from jobs.ticket.errors import TellPeople
from tests.model import ScriptedModel, replies, serve

KEY = "sk-ant-secret"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUESTION = {"role": "user", "content": "Greet the world."}
BASH = {"type": "bash_20250124", "name": "bash"}

Ask = Callable[..., Any]


def settings(**values: Any) -> Settings:
    return Settings(app_id=1, private_key="", webhook_secrets=("s",), **{"anthropic_api_key": KEY, **values})


class Waits(list[float]):
    """Notes how long the gateway would have slept."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with serve() as model:
        yield model


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def api(server: ScriptedModel) -> ScriptedModel:
    server.play({"rules": []})
    return server


@pytest.fixture
def model(api: ScriptedModel, waits: Waits) -> Iterator[Model]:
    patience = Patience(waits=(1, 4), between_events=0.3)
    with Model(
        settings(anthropic_base_url=api.url), patience=patience, sleep=waits, now=lambda: NOW
    ) as model:
        yield model


@pytest.fixture
def ask(model: Model) -> Ask:
    def asked(*messages: dict[str, Any], **more: Any) -> Any:
        return model.reply(system="You code.", tools=[BASH], messages=list(messages or [QUESTION]), **more)

    return asked


def test_an_answer_can_be_sent_back_as_it_came(api: ScriptedModel, ask: Ask) -> None:
    api.will(replies.bash("ls", "Looking.", thinking="Where am I?"), replies.say("Done."))
    first = ask()
    result = {"type": "tool_result", "tool_use_id": first.content[-1]["id"], "content": "greet.py"}
    second = ask(
        QUESTION, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}
    )
    assert first.content == [
        {"type": "thinking", "thinking": "Where am I?", "signature": "signed-0"},
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": "toolu_0_0", "name": "bash", "input": {"command": "ls"}},
    ]
    assert (first.stop_reason, second.stop_reason) == ("tool_use", "end_turn")
    assert second.content == [{"type": "text", "text": "Done."}]


def test_text_longer_than_one_event_arrives_whole(api: ScriptedModel, ask: Ask) -> None:
    text = 'naïve \n "quoted" 😀 ' * 500
    api.will(replies.create("a.txt", text, text))
    said, called = ask().content
    assert said["text"] == text
    assert called["input"]["file_text"] == text


def test_the_request_is_streamed_and_marks_what_is_to_be_cached(api: ScriptedModel, ask: Ask) -> None:
    ask(max_tokens=77)
    request = api.requests()[-1]
    assert (request["stream"], request["max_tokens"], request["model"]) == (True, 77, "claude-opus-5-5")
    assert request["cache_control"] == request["system"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    "stop_reason",
    ["end_turn", "max_tokens", "stop_sequence", "pause_turn", "refusal", "model_context_window_exceeded"],
)
def test_every_stop_reason_is_returned(api: ScriptedModel, ask: Ask, stop_reason: str) -> None:
    api.will(replies.say("So far.", stop_reason=stop_reason))
    assert ask().stop_reason == stop_reason


def test_a_refusal_says_why(api: ScriptedModel, ask: Ask) -> None:
    api.will(replies.say("", stop_reason="refusal", explanation="This looks like malware."))
    reply = ask()
    assert (reply.stop_reason, reply.content) == ("refusal", [])
    assert reply.explanation == "This looks like malware."


def test_a_paused_turn_is_continued_with_the_answer_as_last_message(api: ScriptedModel, ask: Ask) -> None:
    api.will(replies.say("Wait", stop_reason="pause_turn"), replies.say("Done."))
    paused = {"role": "assistant", "content": ask().content}
    assert ask(QUESTION, paused).content == [{"type": "text", "text": "Done."}]


@pytest.mark.parametrize("text", ["not json{", '{"command": "l', "[1]", '"ls"'])
def test_tool_input_that_is_no_json_object_is_kept_for_the_model(
    api: ScriptedModel, ask: Ask, text: str
) -> None:
    api.will(replies.bash("ls", raw_input=text))
    assert ask().content[0]["input"] == {INVALID_JSON: text}


@pytest.mark.parametrize("cut", [True, "hard"])
def test_a_stream_cut_off_is_asked_for_again(
    api: ScriptedModel, ask: Ask, waits: Waits, cut: bool | str
) -> None:
    whole = replies.say("x" * 4_000, faults=[{"cut": cut}])
    api.will(whole)
    reply = ask()
    assert (reply.content[0]["text"], reply.stop_reason) == (whole["text"], "end_turn")
    assert waits == [1]
    # The attempt that was lost has been paid for: about half of the answer at the upper bound of its tokens.
    assert reply.usage.calls == 2
    assert 1_800 < reply.usage.output_tokens < 2_100


def test_a_stream_cut_off_twice_frees_the_worker(api: ScriptedModel, ask: Ask) -> None:
    api.will(replies.say("x" * 400, faults=[{"cut": True}] * 2))
    with pytest.raises(ModelBusy, match="cut off") as busy:
        ask()
    assert busy.value.until == NOW + timedelta(minutes=2)
    assert busy.value.spent.calls == 2
    assert busy.value.spent.usd > 0


def test_silence_is_a_fault_that_passes(api: ScriptedModel, ask: Ask, waits: Waits) -> None:
    api.will(replies.say("Hello.", faults=[{"delay": 0.6}]))
    assert ask().content[0]["text"] == "Hello."
    assert waits == [1]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 529},
        {"status": 500},
        {"status": 429},
        {"status": 504},
        {"error_midstream": "overloaded_error"},
    ],
)
def test_a_fault_that_passes_is_waited_out(api: ScriptedModel, ask: Ask, waits: Waits, fault: Any) -> None:
    api.will(replies.say("Hello.", faults=[fault, fault]))
    assert ask().content[0]["text"] == "Hello."
    assert waits == [1, 4]


def test_a_fault_that_does_not_pass_frees_the_worker(api: ScriptedModel, ask: Ask, waits: Waits) -> None:
    api.will(replies.say("Hello.", faults=[{"status": 529, "message": "Overloaded"}] * 9))
    with pytest.raises(ModelBusy, match="overloaded_error: Overloaded") as busy:
        ask()
    assert waits == [1, 4]
    assert busy.value.until == NOW + timedelta(minutes=2)


@pytest.mark.parametrize(("asked", "slept"), [(0.5, 1), (20, 20)])
def test_the_wait_the_api_asks_for_is_kept(
    api: ScriptedModel, ask: Ask, waits: Waits, asked: float, slept: float
) -> None:
    api.will(replies.say("Hello.", faults=[{"status": 429, "retry_after": asked}]))
    ask()
    assert waits == [slept]


@pytest.mark.parametrize(("asked", "minutes"), [(600, 10), (1e9, 60)])
def test_a_long_wait_is_not_slept_through(
    api: ScriptedModel, ask: Ask, waits: Waits, asked: float, minutes: int
) -> None:
    api.will(replies.say("Hello.", faults=[{"status": 429, "retry_after": asked}]))
    with pytest.raises(ModelBusy) as busy:
        ask()
    assert waits == []
    assert busy.value.until == NOW + timedelta(minutes=minutes)


def test_an_api_out_of_reach_frees_the_worker(waits: Waits) -> None:
    with serve() as gone:
        nobody = gone.url
    model = Model(settings(anthropic_base_url=nobody), patience=Patience(waits=()), sleep=waits)
    with model, pytest.raises(ModelBusy, match="could not be reached"):
        model.reply(system="You code.", tools=[], messages=[QUESTION])


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"status": 401, "message": "invalid key"}, "401: invalid key.*ANTHROPIC_API_KEY"),
        ({"status": 402, "message": "no credit"}, "402: no credit.*billing"),
        ({"status": 403, "message": "not yours"}, "403: not yours.*claude-opus-5-5"),
        ({"status": 404, "message": "model: x"}, "404: model: x.*AUTOCODE_MODEL"),
        ({"status": 400, "message": "Your credit balance is too low"}, "too low.*billing"),
        (
            {"status": 429, "message": "Capped", "error_code": "enforced_spend_limit_reached"},
            "Capped.*billing",
        ),
    ],
)
def test_what_people_can_mend_is_told_to_them_at_once(
    api: ScriptedModel, ask: Ask, waits: Waits, fault: Any, told: str
) -> None:
    api.will(replies.say("Hello.", faults=[fault]))
    with pytest.raises(TellPeople, match=f"(?s){told}") as error:
        ask()
    assert KEY not in str(error.value)
    assert waits == []


@pytest.mark.parametrize(
    "fault",
    [{"status": 413}, {"status": 400, "message": "prompt is too long: 208310 tokens > 200000 maximum"}],
)
def test_a_prompt_that_does_not_fit_is_a_stop_reason(api: ScriptedModel, ask: Ask, fault: Any) -> None:
    api.will(replies.say("Hello.", faults=[fault]))
    reply = ask()
    assert (reply.stop_reason, reply.content) == ("model_context_window_exceeded", [])
    assert reply.usage.usd == 0


def test_a_request_we_made_wrongly_is_no_matter_for_people(ask: Ask) -> None:
    orphan = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "bash", "input": {}}]}
    with pytest.raises(anthropic.BadRequestError, match="without `tool_result` blocks immediately after: t1"):
        ask(QUESTION, orphan, {"role": "user", "content": "Go on."})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"model": "gpt-7"}, "AUTOCODE_MODEL.*`gpt-7`.*claude-opus-5-5"),
        ({"anthropic_api_key": ""}, "API_KEY"),
    ],
)
def test_without_key_or_price_no_call_is_made(values: Any, told: str) -> None:
    with pytest.raises(TellPeople, match=told):
        Model(settings(**values))


def test_a_call_is_charged_to_the_cent(api: ScriptedModel, ask: Ask) -> None:
    counts = {
        "input_tokens": 1_000,
        "output_tokens": 2_000,
        "cache_read_input_tokens": 300_000,
        "cache_creation_input_tokens": 40_000,
    }
    api.will(replies.say("Hello.", usage={**counts, "cache_creation": None}))
    usage = ask().usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (1, 1_000, 2_000)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (300_000, 40_000)
    assert usage.usd == Decimal("0.004") + Decimal("0.04") + Decimal("0.06") + Decimal("0.20")


def test_a_longer_conversation_reads_its_beginning_from_the_cache(api: ScriptedModel, ask: Ask) -> None:
    api.will(replies.say("Hello."), replies.say("Bye."), when=["a cache of my own"])
    question = {"role": "user", "content": "a cache of my own " * 100}
    first = ask(question)
    second = ask(
        question, {"role": "assistant", "content": first.content}, {"role": "user", "content": "And?"}
    )
    assert first.usage.cache_write_tokens > 400
    assert second.usage.cache_read_tokens >= first.usage.cache_write_tokens
    assert second.usage.cache_write_tokens < 50
    assert second.usage.usd < first.usage.usd


def test_no_answer_costs_more_than_its_worst_case(api: ScriptedModel, model: Model, ask: Ask) -> None:
    api.will(replies.say("Hello. " * 500))
    question = {"role": "user", "content": "word " * 3_000}
    assert ask(question, max_tokens=1_000).usage.usd < model.worst_case(prompt_chars=15_000, max_tokens=1_000)

"""The scripted API itself: what it refuses, how it picks a reply, how it runs as a process of its own."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.model import ScriptedModel, replies, serve
from tests.model.script import ScriptError

HEADERS = {"Authorization": "Bearer key", "anthropic-version": "2026-10-21"}
USER = {"role": "user", "content": "Greet."}
CALLED = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "bash", "input": {}}]}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with serve() as model:
        yield model


@pytest.fixture
def api(server: ScriptedModel) -> ScriptedModel:
    server.play({"rules": []})
    return server


def post(
    api: ScriptedModel, *messages: Any, headers: dict[str, str] = HEADERS, **more: Any
) -> httpx.Response:
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": list(messages or [USER]), **more}
    body = {name: value for name, value in body.items() if value is not None}
    return httpx.post(f"{api.url}/v1/messages", json=body, headers=headers)


def said(response: httpx.Response) -> str:
    return str(response.json()["content"][0]["text"])


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"headers": {}}, 401, "Authentication failed"),
        ({"headers": {"x-api-key": "key"}}, 400, "anthropic-version"),
        ({"max_tokens": None}, 400, "max_tokens: Field required"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"model": "claude-1"}, 404, "model: claude-1"),
        ({"temperature": 1}, 400, "temperature: Extra inputs are not permitted"),
        ({"thinking": {"type": "enabled"}}, 400, "thinking.type"),
        ({"tool_choice": {"type": "any"}}, 400, "tool_choice"),
        ({"tools": [{"type": "bash_1999", "name": "bash"}]}, 400, "tools.0.*bash_1999"),
        ({"tools": [{"type": "bash_20250124", "name": "sh"}]}, 400, "tools.0.bash_20250124.name"),
        ({"tools": [{"name": "search"}]}, 400, "tools.0.custom.input_schema: Field required"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}] * 2}, 400, "unique"),
    ],
)
def test_a_wrong_request_is_refused(api: ScriptedModel, more: Any, status: int, message: str) -> None:
    response = post(api, **more)
    error = response.json()
    assert (response.status_code, error["type"]) == (status, "error")
    assert set(error["error"]) == {"type", "message"}
    assert re.search(message, error["error"]["message"])


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([CALLED], 'first message must use the "user" role'),
        ([USER, {"role": "assistant", "content": "So"}], "must end with a user message"),
        ([{"role": "tool", "content": "x"}], "messages.0.role"),
        ([{"role": "user", "content": ""}], "non-empty"),
        ([{"role": "user", "content": []}], "non-empty"),
        ([USER, CALLED], "messages.1: `tool_use` ids were found without `tool_result`"),
        ([USER, CALLED, USER], "messages.1: `tool_use` ids were found without `tool_result`"),
        (
            [USER, CALLED, {"role": "user", "content": [{"type": "text", "text": "x"}, RESULT]}],
            "immediately after",
        ),
        ([{"role": "user", "content": [RESULT]}], "unexpected `tool_use_id`"),
        ([USER, CALLED, {"role": "user", "content": [RESULT, RESULT]}], "single result"),
        (
            [USER, CALLED, {"role": "user", "content": [{"type": "tool_result"}]}],
            "tool_use_id: Field required",
        ),
        (["hello"], "messages.0.role"),
    ],
)
def test_a_broken_conversation_is_refused(api: ScriptedModel, messages: list[Any], message: str) -> None:
    response = post(api, *messages)
    assert response.status_code == 400
    assert message in response.json()["error"]["message"]


def test_a_whole_conversation_is_accepted(api: ScriptedModel) -> None:
    answered = {"role": "user", "content": [RESULT, {"type": "text", "text": "And now?"}]}
    assert post(api, USER, CALLED, answered).status_code == 200


def test_the_reply_follows_from_the_conversation_alone(api: ScriptedModel) -> None:
    api.will(replies.say("first"), replies.say("second"))
    later = [USER, {"role": "assistant", "content": "first"}, USER]
    assert [said(post(api, *messages)) for messages in ([USER], later, [USER], later)] == [
        "first",
        "second",
        "first",
        "second",
    ]


def test_past_its_last_reply_the_script_says_so(api: ScriptedModel) -> None:
    api.will(replies.say("first"))
    response = post(api, USER, {"role": "assistant", "content": "first"}, USER)
    assert said(response) == "The script has no more replies."
    assert response.json()["stop_reason"] == "end_turn"


def test_the_first_rule_whose_texts_were_all_said_decides(api: ScriptedModel) -> None:
    api.play(
        {
            "rules": [
                {"when": ["ticket 2", "FAILED"], "replies": [replies.say("mend 2")]},
                {"when": ["ticket 2"], "replies": [replies.say("begin 2")]},
            ]
        }
    )
    asked = ["ticket 2", 'ticket 2:\n"FAILED"', "ticket 1"]
    answers = [said(post(api, {"role": "user", "content": text})) for text in asked]
    assert answers == ["begin 2", "mend 2", "The script has no rule for this request."]


def test_a_later_will_comes_before_an_earlier_one(api: ScriptedModel) -> None:
    api.will(replies.say("begin"))
    api.will(replies.say("mend"), when=["FAILED"])
    failed = {"role": "user", "content": "Greet. FAILED"}
    assert [said(post(api)), said(post(api, failed))] == ["begin", "mend"]


def test_a_fault_strikes_once(api: ScriptedModel) -> None:
    api.will(replies.say("Hello.", faults=[{"status": 529, "retry_after": 3}, {"status": 402}]))
    overloaded, unpaid, fine = post(api), post(api), post(api)
    assert (overloaded.status_code, overloaded.headers["retry-after"]) == (529, "3")
    assert overloaded.json()["error"]["type"] == "overloaded_error"
    assert (unpaid.status_code, said(fine)) == (402, "Hello.")


def test_a_command_falls_away_where_bash_is_not_offered(api: ScriptedModel) -> None:
    api.will(replies.together(replies.bash("pytest"), replies.view("greet.py")))
    without = post(api)
    with_bash = post(api, tools=[{"type": "bash_20250124", "name": "bash"}])
    names = [[block["name"] for block in reply.json()["content"]] for reply in (without, with_bash)]
    assert names == [["str_replace_based_edit_tool"], ["bash", "str_replace_based_edit_tool"]]


@pytest.mark.parametrize(
    "script", [{"rules": {}}, {"rules": [{"replies": [{"say": "x"}]}]}, {"rules": [{"whem": []}]}]
)
def test_a_script_with_a_slip_is_refused(api: ScriptedModel, script: Any) -> None:
    assert httpx.post(f"{api.url}/_model/script", json=script).status_code == 400
    with pytest.raises(ScriptError):
        api.play(script)


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [{"when": ["Greet"], "replies": [replies.say("Hello.")]}]}))
    command = [sys.executable, "-m", "tests.model", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [USER]}
        answer = httpx.post(f"{url}/v1/messages", json=body, headers=HEADERS)
        sent = httpx.get(f"{url}/_model/requests").json()
        process.terminate()
    assert said(answer) == "Hello."
    assert sent == [body]

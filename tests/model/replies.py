"""Replies: what a script lets the model say, in the words of a test."""

from typing import Any

Json = dict[str, Any]


def say(text: str, **more: Any) -> Json:
    """Text and no tool; `stop_reason`, `faults`, `usage`, … as in a script."""
    return {"text": text, **more}


def call(name: str, tool_input: Json, text: str = "", **more: Any) -> Json:
    """One call of any tool."""
    return {"text": text, "tools": [{"name": name, "input": tool_input}], **more}


def bash(command: str, text: str = "", **more: Any) -> Json:
    """Run a command; falls away where no sandbox is to be had and `bash` is not offered."""
    return call("bash", {"command": command}, text, only_if_tool="bash", **more)


def edit(path: str, old: str, new: str, text: str = "", **more: Any) -> Json:
    """Replace the one occurrence of `old` in a file."""
    return _editor(text, more, command="str_replace", path=path, old_str=old, new_str=new)


def create(path: str, file_text: str, text: str = "", **more: Any) -> Json:
    """Write a new file."""
    return _editor(text, more, command="create", path=path, file_text=file_text)


def view(path: str, text: str = "", **more: Any) -> Json:
    """Read a file or list a directory."""
    return _editor(text, more, command="view", path=path)


def insert(path: str, after_line: int, insert_text: str, text: str = "", **more: Any) -> Json:
    """Put text after a line; 0 is the beginning."""
    return _editor(text, more, command="insert", path=path, insert_line=after_line, insert_text=insert_text)


def search(pattern: str, path: str | None = None, text: str = "", **more: Any) -> Json:
    """Look for a pattern in the worktree."""
    where = {} if path is None else {"path": path}
    return call("search", {"pattern": pattern, **where}, text, **more)


def plan(steps: list[str], text: str = "", **more: Any) -> Json:
    """Set the steps that people see."""
    return call("plan", {"steps": steps}, text, **more)


def ask(question: str, text: str = "", **more: Any) -> Json:
    """Ask the people on the issue."""
    return call("ask_human", {"question": question}, text, **more)


def submit(summary: str = "Done.", text: str = "", **more: Any) -> Json:
    """Hand in the work; the agent counts the second one of an iteration."""
    return call("submit", {"summary": summary}, text, **more)


def together(*replies: Json) -> Json:
    """Several calls in one message."""
    text = "\n".join(reply["text"] for reply in replies if reply.get("text"))
    merged = {name: value for reply in replies for name, value in reply.items()}
    return {**merged, "text": text, "tools": [tool for reply in replies for tool in reply.get("tools", [])]}


def _editor(text: str, more: Json, **tool_input: Any) -> Json:
    return call("str_replace_based_edit_tool", tool_input, text, **more)

"""Commands: what a person may write to us in the first line of a comment, and how it is read. Pure."""

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal

START = ""
"""`/autocode` alone: the command without a name."""

COMMANDS = {
    START: "start, or show how the ticket stands",
    "plan": "start with a plan and wait until somebody approves it",
    "approve": "approve the plan (ticking its box does the same)",
    "fix": "`fix <what>`: do that as well; `@autocode <what>` means the same",
    "continue": "go on after the budget or the iterations ran out; `continue +$2 +2 iterations` says how far",
    "rebase": "bring the branch up to date with its base, by a merge or a rebase as the configuration says",
    "retry": "start again after it failed or was cancelled",
    "merge": "merge the pull request as it is now, at once or as soon as the branch's rules allow it",
    "base": "`base <branch>`: start from that branch and merge into it",
    "model": "`model <name>`: start with that model, or use it from the next turn on",
    "explain": "say what was done so far, what it waits for and why",
    "stop": "cancel; the branch and the draft stay",
    "help": "show this list",
}
"""Name → what it does; the README's table is made from it."""

STARTING = frozenset({START, "plan", "fix", "retry", "base", "model"})
"""Those that start a ticket which is not at work."""
NEED_WORDS = {"fix": "what to fix", "base": "a branch", "model": "the name of a model"}
"""What has to stand behind the name."""


@dataclass(frozen=True)
class Command:
    """A command as somebody wrote it."""

    name: str
    """A key of `COMMANDS`; of a wrong one, the word that was written."""
    words: str = ""
    """What stands behind the name: of `fix` all of the comment, of others the rest of the line."""
    usd: Decimal | None = None
    """`continue +$2`: dollars to add."""
    iterations: int | None = None
    """`continue +2 iterations`: rounds to add."""
    problem: str = ""
    """Why it cannot be obeyed as it is written, for the person who wrote it."""


def command(body: str, bot: str = "autocode[bot]") -> Command | None:
    """The command in a comment's first line; None when it is an ordinary comment.

    Args:
        bot: our login, `slug[bot]`: `@slug` in front of a line means `fix`.
    """
    first, _, rest = re.sub(r"\A(?:[ \t]*\n)+", "", body).rstrip().partition("\n")
    # https://spec.commonmark.org/0.31.2/#indented-code-blocks
    if re.match(r" {0,3}\t| {4}", first):
        return None
    first = first.strip()
    written = re.match(r"/autocode(?:[ \t]+(?P<words>.*))?\s*$", first, re.IGNORECASE)
    if written:
        name, _, words = (written["words"] or "").strip().partition(" ")
        return _read(name.lower().rstrip(":,.!"), words.strip(), rest.strip())
    # Neither somebody whose name begins like ours, nor a team, a domain, or talk about us.
    ours = rf"@{re.escape(bot.removesuffix('[bot]'))}(?:\[bot\])?"
    mention = re.match(rf"{ours}(?=[\s:,;!?]|\.\s|\.?$)[:,;.!?]*(?P<words>.*)$", first, re.IGNORECASE)
    if mention:
        return _read("fix", mention["words"].strip(), rest.strip())
    return None


def looks_like_command(body: str) -> bool:
    """Whether a comment may be meant for us, judged without knowing our name on GitHub."""
    return re.match(r"\s*(/autocode\b|@[\w-]*autocode)", body, re.IGNORECASE) is not None


def _read(name: str, words: str, rest: str) -> Command:
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, [known for known in COMMANDS if known], n=1)
        hint = f"Did you mean `/autocode {near[0]}`?" if near else "`/autocode help` lists those that are."
        return Command(name, problem=f"`/autocode {name}` is not a command. {hint}")
    if name == "fix":
        words = "\n".join(part for part in (words, rest) if part)
    if name in NEED_WORDS and not words:
        return Command(name, problem=f"`/autocode {name}` needs {NEED_WORDS[name]} behind it.")
    if name == "continue":
        return _continue(words)
    return Command(name, words)


def _continue(words: str) -> Command:
    """`+$2`, `+2 iterations`, both or none."""
    usd = re.search(r"\+\$(\d{1,3}(?:\.\d{1,2})?)(?=\s|$)", words)
    rounds = re.search(r"\+([1-9]\d?)\s*iterations?\b", words)
    left = words
    for found in (usd, rounds):
        left = left.replace(found[0], "", 1) if found else left
    if left.strip():
        problem = (
            f"`{left.strip()[:60]}` is not understood: `/autocode continue +$2 +2 iterations` was expected."
        )
        return Command("continue", words, problem=problem)
    return Command("continue", words, Decimal(usd[1]) if usd else None, int(rounds[1]) if rounds else None)

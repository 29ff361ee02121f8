"""Notes: what a line of the status comment says of what has just happened, or of what stands in the way. Pure."""

from collections.abc import Sequence

from jobs.ticket.dependencies import Stacked
from jobs.ticket.observation import TRIGGER_LABEL, Card
from jobs.ticket.record import Merge
from jobs.ticket.words import quiet, short

REBUILT = (
    "The record in this comment was missing or had been changed by hand, "
    "so it was rebuilt from the branch and the pull request."
)

UNLABELED = (
    f"The label `{TRIGGER_LABEL}` was taken off. Branch and draft stay; put the label back to start afresh."
)

ISSUE_CLOSED = (
    f"The issue was closed. Branch and draft stay; reopen it and put `{TRIGGER_LABEL}` back to start afresh."
)

PULL_REQUEST_CLOSED = "The pull request was closed without a merge."

PARTS_DONE = "No sub-issue is left to be worked on."

STOPPED = "Stopped with `/autocode stop`. Branch and draft stay; `/autocode retry` starts afresh."

CARD_MOVED_OUT = (
    "The card was moved out of the columns that stand for this work. Branch and draft stay; move it back to the "
    "column that starts a ticket to start afresh."
)

MERGED = "The pull request was merged."

NOTHING_TO_FIX = (
    "The button *Fix* works in what people have said since the last commit, and that is nothing: say it in a comment "
    "or a review and press again, or comment `/autocode fix <what>`."
)

COLLIDED = (
    "Somebody pushed to the branch meanwhile and the changes collided; the work goes on from their commit."
)

CODED_AGAIN = "A worker died before it could push, so this iteration is coded again."

NO_ROOM = (
    "**The disk of the machine that autocode runs on is full**, so the work pauses; nothing is lost. Whoever runs "
    "autocode: make room where `AUTOCODE_DATA` is, or set `AUTOCODE_MIRRORS_GB` lower. It goes on by itself within "
    "ten minutes after that."
)

NOTHING_VERIFIED = "**Nothing verified this change:** no check arrived for the commit in time."

UP_TO_DATE = "The branch has everything that its base has."

PUSHED = "A new commit was pushed to the branch; its checks decide."

PUSHED_MEANWHILE = "Somebody pushed to the branch; the work goes on from their commit."

THEIRS = "pushed by somebody else"

MERGE_CALLED_OFF = (
    "GitHub has taken the pull request out of its merge queue, or somebody has switched auto-merge off, so it was not "
    "merged. `/autocode merge` tries again."
)

CARDS_STAY = (
    "The card stays where it is: moving it needs the permission **organization_projects: write**, which an owner of "
    "the organization grants in its settings, under GitHub Apps → autocode."
)


def no_field(card: Card, name: str) -> str:
    """A board on which nothing shows where a card is."""
    return f"The board {_board(card)} has no single-select field `{name}`, so the card stays where it is."


def no_columns(card: Card, names: Sequence[str]) -> str:
    """A board that lacks columns."""
    missing = ", ".join(f"`{name}`" for name in names)
    return f"The board {_board(card)} has no column {missing}: the card stays where it is instead."


def _board(card: Card) -> str:
    return f"“{short(card.project_title, 60)}”"


def on_top_of(others: int) -> str:
    """How many commits of other people a push of ours was put on top of; empty for none."""
    return f"on top of {others} commit{'' if others == 1 else 's'} of other people" if others else ""


def merge_awaits(wish: Merge) -> str:
    """The merge of a commit was asked for whose checks are still open."""
    return (
        f"@{wish.by} asked for the merge of `{wish.head_sha[:7]}`: it comes when its checks have passed. Should they "
        "fail, ask again for the commit that mends it."
    )


def merge_awaits_below(wish: Merge, stacked: Stacked) -> str:
    """The merge was asked for of what stands on something that is not merged yet."""
    return (
        f"@{wish.by} asked for the merge of `{wish.head_sha[:7]}`, which stands on {below(stacked)}: it comes when "
        "that is merged and this has passed its checks on its new base, unless something had to be changed for it."
    )


def below_merged(stacked: Stacked, base: str) -> str:
    """What the ticket stood on was merged."""
    return f"{below(stacked).capitalize()} was merged, so this goes on top of `{base}`, without its commits."


def below_closed(stacked: Stacked, base: str) -> str:
    """What the ticket stood on was closed."""
    return (
        f"{below(stacked).capitalize()} was closed without a merge, so this ticket waits for #{stacked.issue} again. "
        f"When that is closed, it goes on top of `{base}`; when it has another pull request, on top of that."
    )


def below_rewritten(stacked: Stacked) -> str:
    """What the ticket stands on has another history."""
    return f"The branch of {below(stacked)} was rewritten, so this is put on top of it anew."


def base_replaced(base: str) -> str:
    """Somebody gave the pull request another base."""
    return f"The pull request was given the base `{base}`, so this goes on top of that, without the commits below it."


def base_refused(base: str) -> str:
    """GitHub does not let us give the pull request the base where it belongs."""
    return (
        f"This belongs on top of `{base}` now, but GitHub does not let us give its pull request that base. Is there "
        "another open pull request from the same branch? Close that one, or change the base by hand."
    )


def closed_with_base(number: int, note: str) -> str:
    """GitHub has closed the pull request, and cannot open it again."""
    return (
        f"GitHub closed #{number} when the branch below it was deleted; another one takes its place. {note}"
    )


def below(stacked: Stacked) -> str:
    """What a ticket stands on, in words."""
    return f"pull request #{stacked.pull_request}" + (
        f" of #{stacked.issue}" if stacked.issue != stacked.pull_request else ""
    )


def merge_lapsed(wish: Merge) -> str:
    """The merge of a commit was asked for, and it is the newest one no more, or was reviewed since."""
    return (
        f"The merge that @{wish.by} asked for has lapsed: since then the pull request has changed or was reviewed. "
        "`/autocode merge` asks for it as it is now."
    )


def auto_merge(base: str) -> str:
    """GitHub was asked to merge by itself."""
    return f"Auto-merge is on: GitHub merges it as soon as the rules of `{base}` allow it."


def in_queue(base: str) -> str:
    """The pull request was put into the merge queue."""
    return f"It stands in the merge queue of `{base}`."


def not_merged(why: str) -> str:
    """GitHub, or the state of the pull request, refused a merge."""
    return f"**It was not merged:** {quiet(why)} When that is settled, `/autocode merge` tries again."


def rolled_back(fate: str = "") -> str:
    """The pull request was closed; how to start again, and before that what became of the branch."""
    again = f"To start afresh, put the label `{TRIGGER_LABEL}` back or comment `/autocode`."
    return " ".join(filter(None, [PULL_REQUEST_CLOSED, fate, again]))


def branch_deleted(branch: str) -> str:
    """Nobody loses anything."""
    return f"Nobody else had committed to `{branch}`, so it is deleted."


def branch_kept(branch: str) -> str:
    """Somebody might."""
    return f"`{branch}` holds commits of other people, so it stays."

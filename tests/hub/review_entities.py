"""What the hub knows of conversations about lines of a diff. Data, no behaviour but what each comment answers."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.hub.entities import App, Edit, Node, PullRequest, Reaction, Review, User


@dataclass(eq=False, kw_only=True)
class ReviewThread(Node):
    """A conversation about lines of the diff, as they were at `commit_id`."""

    PREFIX = "PRRT"
    pull_request: PullRequest
    path: str
    line: int | None
    """The last line it is about; None: the whole file."""
    side: str = "RIGHT"
    """`RIGHT`: numbers of the head's file; `LEFT`: of the file it was made from."""
    start_line: int | None = None
    start_side: str | None = None
    commit_id: str
    """The head when it was begun."""
    base_id: str
    """The merge base then."""
    hunk: str
    position: int | None
    """Where in the file's diff the line stood."""
    comments: "list[ReviewComment]" = field(default_factory=list)
    resolved_by: User | None = None


@dataclass(eq=False, kw_only=True)
class ReviewComment(Node):
    """A comment on a line of the diff, or a reply to one."""

    PREFIX = "PRRC"
    review: Review
    thread: ReviewThread
    user: User
    body: str
    created_at: datetime
    updated_at: datetime
    via_app: App | None = None
    edits: list[Edit] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def path(self) -> str:
        return self.thread.path

    @property
    def reply_to(self) -> "ReviewComment | None":
        """The first comment of the thread, for every other one."""
        first = self.thread.comments[0] if self.thread.comments else self
        return None if first is self else first

"""Errors: what ends a look at a ticket: what somebody can fix, what only time can, and that it is not ours."""

from datetime import datetime


class TellPeople(Exception):
    """Somebody can fix this: the text goes on the issue as it stands.

    It says what arrived, what was expected and what to do.
    """


class Later(Exception):
    """The other side said "later": free the worker and ask for the ticket again at `until`."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(f"{why}; again at {until:%H:%M:%S} UTC")
        self.until = until
        """Timezone-aware UTC."""
        self.why = why


class InLine(Later):
    """Others come first, or there is no room for a start: the ticket keeps the place in line that it has."""


class Renamed(Exception):
    """The ticket's repository goes by another name: the ticket of that name is the one to work on."""

    def __init__(self, name: str) -> None:
        super().__init__(f"its repository is called {name} now")
        self.name = name
        """`owner/name`."""


class LeaseLost(Exception):
    """Another worker holds this ticket now: stop at once and write nothing more."""

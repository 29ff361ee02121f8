"""Client: one ticket's GitHub, with one token for one repository. Reads are here, writes in its bases."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from jobs.github.answers import Answers
from jobs.github.api import TIMEOUT, USER_AGENT, Api, tls, utc_now
from jobs.github.credentials import Credentials, Scope, SharedTokens
from jobs.github.errors import Gone
from jobs.github.merges import Merges
from jobs.github.quota import Quota
from jobs.github.relations import Relations
from jobs.github.showing import Shows
from jobs.github.stacks import Stacks
from jobs.github.threads import thread_of
from jobs.github.tokens import PERMISSIONS, PROJECTS, Token
from jobs.github.writes import IssueIds
from jobs.settings import Settings
from jobs.ticket import configuration
from jobs.ticket.errors import TellPeople
from jobs.ticket.observation import GHOST, Check, Observation, PullRequest
from jobs.ticket.request import Ticket
from jobs.ticket.threads import Thread

MAX_PAGES = 20
"""Of one observation; beyond 2,000 comments ours is taken for lost."""
RENEW_BEFORE = timedelta(minutes=5)
"""A token that ends sooner is not handed to git any more."""
LOG_READ = 20_000_000
"""Bytes of a job's log that are read at most."""
LOG_KEPT = 200_000
"""Bytes of its end that are kept: failures stand at the end."""


class Installation(Merges, Shows, Stacks):
    """One ticket on GitHub: a context manager that holds one connection and one token.

    The token reaches the ticket's repository only and has the permissions of `tokens.PERMISSIONS`. It is another
    job's or minted at the first request, and a new one shortly before it expires or when GitHub no longer takes it.
    """

    def __init__(
        self,
        settings: Settings,
        ticket: Ticket,
        guard: Callable[[], None],
        clock: Callable[[], datetime] = utc_now,
        quota: Quota | None = None,
        shared: SharedTokens | None = None,
    ) -> None:
        """`guard` is called directly before each write and raises LeaseLost when the ticket is no longer ours.

        `quota` is what the workers share of GitHub's limits, `shared` are their tokens.
        """
        scope = Scope(ticket.installation, tuple(sorted(PERMISSIONS.items())), ticket.repository)
        self._credentials = Credentials(settings, clock, scope, shared)
        super().__init__(self._credentials.api(quota, guard), ticket)
        self.relations = Relations(self._api, ticket, self._open_wide, self._sees_cards)
        self._quota = quota
        self._settings = settings
        self._clock = clock
        self._shared = shared
        self._permissions: dict[str, str] = {}
        self._passed_on: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.relations.close()
        self._api.close()

    def token(self, *, anew: bool = False) -> str:
        """The installation token, for git, good for five minutes at least; another one if it has to be `anew`."""
        held = self._credentials.token
        if anew or held is None or held.expires_at - self._clock() < RENEW_BEFORE:
            self._api.reconnect()
        return self._held().secret

    @property
    def may_report(self) -> bool:
        """The account has granted what a check run of our own takes; known once GitHub was asked for anything."""
        held = self._credentials.token
        return held is not None and held.permissions.get("checks") == "write"

    def observe(self, *, now: datetime, everything: bool = True) -> Observation:
        """The ticket as it is now: one GraphQL query, more only for a very busy issue.

        Without `everything`, and where we may not see all of it, the issue alone; then what is `denied`. Raises Gone
        when there is no such issue for us: deleted, transferred, or in truth a pull request; TellPeople when we may
        not see even that.
        """
        # Somebody's permission may have changed since the last look.
        self._permissions, self._passed_on = self._passed_on, {}
        if self._quota is not None and self._seen is None:
            self._quota.start(self._ticket)
        try:
            seen = self._asked(everything=everything).observation(now)
            self._seen = replace(seen, may_move_cards=self._granted().get(PROJECTS) == "write")
        except TellPeople as denied:
            self._seen = replace(self._asked(everything=False).observation(now), denied=str(denied))
        self._label_ids = {**self._seen.repository.label_ids, **self._seen.issue.labels}
        return self._seen

    def _asked(self, *, everything: bool) -> Answers:
        owner, _, name = self._ticket.repository.partition("/")
        number = self._ticket.number
        # GitHub answers with errors where a token may not see Projects, so they are not even asked for.
        is_seeing_cards = everything and self._sees_cards()
        fixed = {
            "owner": owner, "name": name, "number": number, "branch": f"autocode/{number}-",
            "everything": everything, "cards": is_seeing_cards, "configuration": f"HEAD:{configuration.PATH}",
        }  # fmt: skip
        answers = Answers(self._ticket, self._settings.app_id)
        cursors: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            answer = self._api.query("observe", fixed | cursors, optional={"fallback", "projectItems"})
            answers.add(answer)
            if not (cursors := answers.missing(answer)):
                break
        return answers

    def review_threads(self, number: int) -> tuple[Thread, ...]:
        """The conversations about lines of a pull request's diff, oldest first; needs an observation."""
        viewer = self._observed().viewer
        owner, _, name = self._ticket.repository.partition("/")
        threads: list[Thread] = []
        before = None
        for _ in range(MAX_PAGES):
            variables = {"owner": owner, "name": name, "number": number, "before": before}
            page = self._api.query("review_threads", variables)["repository"]["pullRequest"]["reviewThreads"]
            threads[:0] = [thread_of(node, viewer) for node in page["nodes"]]
            if not page["pageInfo"]["hasPreviousPage"]:
                break
            before = page["pageInfo"]["startCursor"]
        return tuple(threads)

    def permissions(self, logins: Iterable[str]) -> dict[str, str]:
        """Login → admin, maintain, write, read or none, as GitHub says. Each login is asked only once."""
        wanted = list(dict.fromkeys(logins))
        for login in wanted:
            if login not in self._permissions:
                self._permissions[login] = self._permission(login)
        return {login: self._permissions[login] for login in wanted}

    @property
    def answered(self) -> Mapping[str, str]:
        """What `permissions` has been asked since the last observation."""
        return self._permissions

    def need_not_ask(self, permissions: Mapping[str, str]) -> None:
        """These were asked just now, for what the next observation will show."""
        self._passed_on = dict(permissions)

    def ended_pull_request(self, number: int) -> PullRequest | None:
        """A pull request that is merged or closed, without checks, reviews and comments; None while it is open.

        For one that an observation lacks: its branch is gone, and GitHub does not link it to the issue because its
        base is not the default branch.
        """
        found = self.pull_request(number)
        return None if found is None or found.state == "OPEN" else found

    def find_issue(self, marker: str, *, since: datetime) -> IssueIds | None:
        """The issue of ours, changed since then, whose body has the marker; needs an observation."""
        ours = self._observed().viewer
        wanted = {"creator": ours, "state": "all", "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        for page in self._api.pages(f"{self._repository}/issues", wanted):
            for issue in page:
                if (
                    issue["user"]["login"] == ours
                    and marker in (issue["body"] or "")
                    and "pull_request" not in issue
                ):
                    return IssueIds(issue["number"], issue["node_id"])
        return None

    def failing_log(self, check: Check) -> str:
        """The end of a GitHub Actions job's log; empty for other checks and where the log is gone."""
        if check.job_id is None:
            return ""
        try:
            response = self._api.get(f"{self._repository}/actions/jobs/{check.job_id}/logs")
        except Gone:
            return ""
        if not response.has_redirect_location:
            return response.content[-LOG_KEPT:].decode(errors="replace")
        return _log_at(str(response.request.url.join(response.headers["location"])))

    def _permission(self, login: str) -> str:
        """https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""
        if login == GHOST:
            return "none"
        try:
            path = f"{self._repository}/collaborators/{quote(login, safe='')}/permission"
            answer = self._api.get(path).json()
        except Gone:
            return "none"
        return "maintain" if answer.get("role_name") == "maintain" else str(answer["permission"])

    def _granted(self) -> Mapping[str, str]:
        """What our token may do."""
        self.token()
        return self._held().permissions

    def _held(self) -> Token:
        assert self._credentials.token is not None
        return self._credentials.token

    def _sees_cards(self) -> bool:
        return PROJECTS in self._granted()

    def _open_wide(self) -> Api:
        """To read the issues of all the installation's repositories, and nothing else."""
        scope = Scope(self._ticket.installation, (("issues", "read"),))
        return Credentials(self._settings, self._clock, scope, self._shared).api(self._quota)


def _log_at(url: str) -> str:
    """The end of the text at an address that GitHub gave us. It is somebody else's: our token stays here."""
    kept, read = b"", 0
    client = httpx.Client(
        headers={"User-Agent": USER_AGENT}, timeout=TIMEOUT, verify=tls(), follow_redirects=True
    )
    try:
        with client, client.stream("GET", url) as answer:
            if answer.is_error:
                return ""
            for chunk in answer.iter_bytes():
                kept = (kept + chunk)[-LOG_KEPT:]
                read += len(chunk)
                if read >= LOG_READ:
                    break
    except httpx.HTTPError:
        return ""
    return kept.decode(errors="replace")

"""People: under which names commits are made."""

from urllib.parse import urlsplit

from jobs.git.command import Person
from jobs.steps.work import Work


def bot(work: Work) -> Person:
    """We ourselves, as GitHub knows us."""
    seen = work.observation
    return Person(seen.viewer, f"{seen.viewer_id}+{seen.viewer}@{_mail_host(work)}")


def co_author(work: Work) -> str | None:
    """The person who asked, by the address that GitHub links to the account without telling the real one."""
    record = work.record
    if record.requested_by_id is None:
        return None
    return f"{record.requested_by} <{record.requested_by_id}+{record.requested_by}@{_mail_host(work)}>"


def _mail_host(work: Work) -> str:
    # https://docs.github.com/en/account-and-profile/reference/email-addresses-reference
    return f"users.noreply.{urlsplit(work.settings.web_url).hostname}"

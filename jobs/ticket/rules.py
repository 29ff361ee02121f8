"""Rules: which GitHub event asks for which ticket to be looked at again. Pure: payload in, request out.

Both ask here: the web process for each delivery, and `jobs.deliveries` for those of GitHub's log that never arrived. A
rule only hints: the worker looks for itself. One that says yes too often costs a look, one that says no too often is
made good by the sweep. The first line of a rule's docstring completes "… matters only when:", which GitHub
shows in the delivery log for whoever wonders why nothing happened.

Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable

from jobs.ticket.commands import looks_like_command
from jobs.ticket.configuration import PATH
from jobs.ticket.names import STATUS_MARKER, number_of_branch, ticket_of_body
from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.payloads import (
    Payload,
    Unreadable,
    cause,
    find,
    has_our_label,
    installation,
    is_our_own_comment,
    is_our_own_suite,
    number,
    text,
    ticket,
)
from jobs.ticket.request import CardMoved, Changed, Inspect, Press, Reconcile, Request, Sweep

Rule = Callable[[Payload], Request | None]


def reconcile_on_label(payload: Payload) -> Request | None:
    """Our label was put on an issue or taken off it."""
    if text(payload, "label.name") != TRIGGER_LABEL:
        return None
    return reconcile_issue(payload)


def reconcile_on_issue(payload: Payload) -> Request | None:
    """The issue carries one of our labels."""
    return reconcile_issue(payload) if has_our_label(payload) else None


def reconcile_waiters(payload: Payload) -> Request | None:
    """A ticket waits for the issue, or it carries one of our labels."""
    issue = ticket(payload, number(payload, "issue.number"))
    return Changed(issue, also=issue if has_our_label(payload) else None, why=cause(payload))


def reconcile_on_dependency(payload: Payload) -> Request | None:
    """The issue that is blocked, or no longer is, carries one of our labels."""
    return reconcile_on_issue({**payload, "issue": find(payload, "blocked_issue", dict)})


def reconcile_on_sub_issue(payload: Payload) -> Request | None:
    """The issue that has got or lost a sub-issue carries one of our labels."""
    return reconcile_on_issue({**payload, "issue": find(payload, "parent_issue", dict)})


def reconcile_on_comment(payload: Payload) -> Request | None:
    """The comment is on an issue with one of our labels or on a ticket's pull request, or is a command."""
    if "pull_request" not in find(payload, "issue", dict):
        is_command = looks_like_command(text(payload, "comment.body"))
        return reconcile_issue(payload) if is_command else reconcile_on_issue(payload)
    return reconcile(payload, ticket_of_body(payload["issue"].get("body")))


def reconcile_on_edit(payload: Payload) -> Request | None:
    """Somebody else edited our status comment on an issue with one of our labels: a box may have been ticked."""
    is_ours = text(payload, "comment.body").startswith(STATUS_MARKER)
    return reconcile_on_issue(payload) if is_ours else None


def reconcile_on_pull_request(payload: Payload) -> Request | None:
    """Somebody else than the bot that opened it changed or reviewed a ticket's pull request, or it was closed."""
    # GitHub merges in the name of whoever asked it to merge by itself, which may be us.
    by_its_author = number(payload, "sender.id") == number(payload, "pull_request.user.id")
    if by_its_author and text(payload, "sender.type") == "Bot" and payload.get("action") != "closed":
        return None
    # None once a fork's repository is deleted.
    head = find(payload, "pull_request.head", dict).get("repo") or {}
    if head.get("id") != number(payload, "repository.id"):
        return None
    return reconcile(payload, number_of_branch(text(payload, "pull_request.head.ref")))


def reconcile_around_pull_request(payload: Payload) -> Request | None:
    """A ticket waits for the pull request or stands on it, or it is a ticket's own."""
    own = reconcile_on_pull_request(payload)
    pull_request = ticket(payload, number(payload, "pull_request.number"))
    also = own.ticket if isinstance(own, Reconcile) else None
    return Changed(pull_request, also=also, why=cause(payload))


def reconcile_on_base(payload: Payload) -> Request | None:
    """The base of a ticket's pull request was changed by somebody else than the bot that opened it."""
    return reconcile_on_pull_request(payload) if "base" in find(payload, "changes", dict) else None


def reconcile_on_check_suite(payload: Payload) -> Request | None:
    """The suite is of a ticket's branch, and not GitHub Actions', which workflow_run reports."""
    # GitHub describes the slug as optional.
    if find(payload, "check_suite.app", dict).get("slug") == "github-actions":
        return None
    return reconcile(payload, number_of_branch(find(payload, "check_suite.head_branch", str | None)))


def reconcile_on_workflow_run(payload: Payload) -> Request | None:
    """The workflow ran for a ticket's branch, and not for a fork's."""
    if number(payload, "workflow_run.head_repository.id") != number(payload, "repository.id"):
        return None
    return reconcile(payload, number_of_branch(find(payload, "workflow_run.head_branch", str | None)))


def reconcile_on_press(payload: Payload) -> Request | None:
    """Somebody pressed a button of our check run on a ticket's branch."""
    # GitHub sends presses only to the App whose run it is.
    issue = number_of_branch(find(payload, "check_run.check_suite.head_branch", str | None))
    if issue is None:
        return None
    press = Press(
        login=text(payload, "sender.login"),
        user_id=number(payload, "sender.id"),
        action=text(payload, "requested_action.identifier"),
        shown=text(payload, "check_run.external_id"),
    )
    return Reconcile(ticket(payload, issue), why=cause(payload), press=press)


def reconcile_on_status(payload: Payload) -> Request | None:
    """A commit of a ticket's branch got its final status."""
    if text(payload, "state") == "pending":
        return None
    names = [text(branch, "name") for branch in find(payload, "branches", list)]
    return reconcile(payload, next(filter(None, map(number_of_branch, names)), None))


def inspect_on_push(payload: Payload) -> Request | None:
    """The push brought a change of `.github/autocode.yml` to a branch."""
    if not text(payload, "ref").startswith("refs/heads/"):
        return None
    for commit in reversed(find(payload, "commits", list)):
        if PATH in (*find(commit, "added", list), *find(commit, "modified", list)):
            return Inspect(installation(payload), text(payload, "repository.full_name"), text(commit, "id"))
    return None


def look_at_card(payload: Payload) -> Request | None:
    """A person moved an issue's card: in a draft there is nothing to comment on."""
    is_issue = text(payload, "projects_v2_item.content_type") == "Issue"
    # Neither we nor a Project's own workflows ask for anything.
    if not is_issue or text(payload, "sender.type") != "User":
        return None
    change = find(payload, "changes", dict).get("field_value") or {}
    if change.get("field_type") != "single_select":
        return None
    left, entered = _option(change.get("from")), _option(change.get("to"))
    return _card_moved(payload, text(payload, "changes.field_value.field_name"), left, entered)


def look_at_new_card(payload: Payload) -> Request | None:
    """An issue's card has come onto a board: it belongs where its ticket is, if it has one."""
    # A Project adds cards by itself, for a label for instance.
    is_issue = text(payload, "projects_v2_item.content_type") == "Issue"
    return _card_moved(payload, "", "", "") if is_issue else None


def _card_moved(payload: Payload, field: str, left: str, entered: str) -> CardMoved:
    return CardMoved(
        installation=installation(payload),
        item=text(payload, "projects_v2_item.node_id"),
        sender=text(payload, "sender.login"),
        sender_id=number(payload, "sender.id"),
        at=text(payload, "projects_v2_item.updated_at"),
        field=field,
        left=left,
        entered=entered,
    )


def _option(value: object) -> str:
    """The name of a single-select field's option; empty for none."""
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def sweep_on_installation(payload: Payload) -> Request | None:
    """We may see more repositories than before."""
    return Sweep(installation(payload), why=cause(payload))


def ignore_goodbye(_: Payload) -> Request | None:
    """Never: what we may not see any more needs no look."""
    return None


def ignore_ping(_: Payload) -> Request | None:
    """Never: GitHub asks whether anybody is here, and this is the answer."""
    return None


RULES: dict[str, Rule] = {
    "issues.labeled": reconcile_on_label,
    "issues.unlabeled": reconcile_on_label,
    "issues.edited": reconcile_on_issue,
    "issues.closed": reconcile_waiters,
    "issues.reopened": reconcile_waiters,
    "issues.deleted": reconcile_waiters,
    "issues.transferred": reconcile_waiters,
    "issue_dependencies.blocked_by_added": reconcile_on_dependency,
    "issue_dependencies.blocked_by_removed": reconcile_on_dependency,
    "sub_issues.sub_issue_added": reconcile_on_sub_issue,
    "sub_issues.sub_issue_removed": reconcile_on_sub_issue,
    "issue_comment.created": reconcile_on_comment,
    "issue_comment.edited": reconcile_on_edit,
    "pull_request.closed": reconcile_around_pull_request,
    "pull_request.reopened": reconcile_around_pull_request,
    "pull_request.edited": reconcile_on_base,
    "pull_request.synchronize": reconcile_around_pull_request,
    "pull_request.auto_merge_disabled": reconcile_on_pull_request,
    "pull_request.dequeued": reconcile_on_pull_request,
    "pull_request.ready_for_review": reconcile_on_pull_request,
    "pull_request_review.submitted": reconcile_on_pull_request,
    "check_suite.completed": reconcile_on_check_suite,
    "check_run.requested_action": reconcile_on_press,
    "workflow_run.completed": reconcile_on_workflow_run,
    "status": reconcile_on_status,
    "push": inspect_on_push,
    "projects_v2_item.created": look_at_new_card,
    "projects_v2_item.restored": look_at_new_card,
    "projects_v2_item.edited": look_at_card,
    "installation.created": sweep_on_installation,
    "installation.new_permissions_accepted": sweep_on_installation,
    "installation.unsuspend": sweep_on_installation,
    "installation.deleted": ignore_goodbye,
    "installation.suspend": ignore_goodbye,
    "installation_repositories.added": sweep_on_installation,
    "ping": ignore_ping,
}
"""Event, or event and action, → its rule."""


def asked(event: str, payload: Payload, app_id: int) -> tuple[Request | None, str]:
    """What an event asks for, and why (not); Unreadable names the event and the field that its rule reads.

    Args:
        app_id: ours, by which our own comments are known.
    """
    name = event_name(event, payload.get("action"))
    rule = RULES.get(name)
    if rule is None:
        return None, no_rule(name)
    if is_our_own_comment(payload, app_id):
        return None, f"{name}: our own comment"
    if is_our_own_suite(payload, app_id):
        return None, f"{name}: our own check"
    try:
        request = rule(payload)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error}") from None
    return request, name if request else f"{name} matters only when: {condition(rule)}"


def event_name(event: str, action: object) -> str:
    """`issues.labeled`, or the event alone where there is no action: as `RULES` names it."""
    return f"{event}.{action}" if isinstance(action, str) else event


def no_rule(name: str) -> str:
    """Why an event without a rule is left alone."""
    return f"there is no rule for {name}"


def condition(rule: Rule) -> str:
    """The first line of the rule's docstring, as the end of a sentence."""
    line = (rule.__doc__ or "").partition("\n")[0]
    return line[:1].lower() + line[1:]


def reconcile_issue(payload: Payload) -> Request:
    """Ask for the issue that the event is about."""
    return Reconcile(ticket(payload, number(payload, "issue.number")), why=cause(payload))


def reconcile(payload: Payload, issue: int | None) -> Request | None:
    """Ask for the issue of that number; None stands for no ticket of ours."""
    return None if issue is None else Reconcile(ticket(payload, issue), why=cause(payload))

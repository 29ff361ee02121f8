"""What a branch's rules still ask of a pull request, in the sentences with which GitHub refuses to merge it."""

from collections import Counter
from fnmatch import fnmatchcase

from tests.hub import git_facts
from tests.hub.auth import Actor, has_role
from tests.hub.checks import CheckRun, Status
from tests.hub.entities import PullRequest, Repository, Review, User
from tests.hub.merging import RequiredCheck, Rules, Ruleset
from tests.hub.state import State

GOOD = ("success", "neutral", "skipped")
OPINIONS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
VIOLATED = "Repository rule violations found\n\n{}\n\n"
"""How a ruleset says what a protection says in one sentence."""


def rules_of(repository: Repository, branch: str) -> list[Rules]:
    """Everything that holds for a branch: its protection and the rulesets that mean it."""
    protection = repository.protections.get(branch)
    own = [protection.rules] if protection else []
    return own + [found.rules for found in rulesets_of(repository, branch)]


def rulesets_of(repository: Repository, branch: str) -> list[Ruleset]:
    """The active ones that mean the branch."""
    return [
        row
        for row in repository.rulesets
        if row.enforcement == "active"
        and _named(repository, branch, row.include)
        and not _named(repository, branch, row.exclude)
    ]


def _named(repository: Repository, branch: str, patterns: list[str]) -> bool:
    """https://docs.github.com/en/rest/repos/rules: `~ALL`, `~DEFAULT_BRANCH` or patterns of refs."""
    return any(
        pattern == "~ALL"
        or (pattern == "~DEFAULT_BRANCH" and branch == repository.default_branch)
        or fnmatchcase(f"refs/heads/{branch}", pattern)
        for pattern in patterns
    )


def needs_queue(repository: Repository, branch: str) -> bool:
    return any(rules.queue is not None for rules in rules_of(repository, branch))


def unmet(state: State, pull: PullRequest, actor: Actor | None = None) -> list[str]:
    """Sentences, none when nothing is in the way; `actor`: as far as it binds who wants to merge."""
    head, found = git_facts.head_sha(pull), []
    for rules in rules_of(pull.repository, pull.base_ref):
        if actor is not None and is_exempt(actor, pull.repository, rules):
            continue
        said = [*_missing_reviews(pull, rules), *missing_checks(state, pull.repository, rules, head)]
        if rules.conversations and any(thread.resolved_by is None for thread in pull.threads):
            said.append("A conversation must be resolved before this pull request can be merged.")
        if actor is not None and not may_push(actor, rules):
            said.append("You're not authorized to push to this branch. Visit https://docs.github.com/articles/about-protected-branches/ for more information.")  # noqa: E501 # fmt: skip
        found += [VIOLATED.format(line) if rules.is_ruleset else line for line in said]
    return found


def is_exempt(actor: Actor, repository: Repository, rules: Rules) -> bool:
    """Administrators are, unless the rules are for them too."""
    return not rules.admins_too and actor.kind == "user" and has_role(actor, repository, "admin")


def may_push(actor: Actor, rules: Rules) -> bool:
    """Whether the rules leave it to this person or App."""
    name = actor.app.slug if actor.kind == "installation" and actor.app else actor.author.login
    return rules.pushers is None or name.lower() in rules.pushers


def is_behind(pull: PullRequest, actor: Actor | None = None) -> bool:
    """The head lacks commits of its base where the rules want it up to date. Without checks they do not."""
    tip = git_facts.branch_sha(pull.repository, pull.base_ref)
    strict = any(
        rules.strict and rules.checks and not (actor and is_exempt(actor, pull.repository, rules))
        for rules in rules_of(pull.repository, pull.base_ref)
    )
    return bool(strict and tip and not git_facts.contains(pull.repository, git_facts.head_sha(pull), tip))


# ── reviews ─────────────────────────────────────────────────────────────────────────────────────────────────


def opinions(pull: PullRequest) -> list[Review]:
    """The newest opinion of everybody whose opinion counts: of who may write, and of Apps."""
    latest = {review.user.id: review for review in pull.reviews if review.state in OPINIONS}
    return [review for review in latest.values() if _counts(review.user, pull.repository)]


def _counts(user: User, repository: Repository) -> bool:
    return user.type == "Bot" or has_role(Actor("user", user=user), repository, "write")


def decision(pull: PullRequest) -> str | None:
    """`reviewDecision`; None where nobody has an opinion and none is asked for."""
    states = [review.state for review in opinions(pull)]
    wanted = max((rules.approvals or 0 for rules in rules_of(pull.repository, pull.base_ref)), default=0)
    if "CHANGES_REQUESTED" in states:
        return "CHANGES_REQUESTED"
    if states.count("APPROVED") < wanted:
        return "REVIEW_REQUIRED"
    return "APPROVED" if "APPROVED" in states else None


def _missing_reviews(pull: PullRequest, rules: Rules) -> list[str]:
    if rules.approvals is None:
        return []
    states = [review.state for review in opinions(pull)]
    against, number = states.count("CHANGES_REQUESTED"), rules.approvals
    if against:
        noun = "review" if against == 1 else "reviews"
        return [f"{against} {noun} requesting changes by reviewers with write access."]
    if states.count("APPROVED") < number:
        noun = "approving review is" if number == 1 else "approving reviews are"
        return [f"At least {number} {noun} required by reviewers with write access."]
    return []


# ── checks ──────────────────────────────────────────────────────────────────────────────────────────────────


def standing_of(state: State, repository: Repository, check: RequiredCheck, sha: str) -> str:
    """`passed`, `failing`, `pending`, or `expected` while nobody has reported it."""
    reports = [
        *(_of_run(run) for run in state.check_runs(repository, sha) if _is_asked(run, check)),
        *(_of_status(row) for row in state.statuses(repository, sha) if row.context == check.context),
    ]
    return next((word for word in ("failing", "pending", "passed") if word in reports), "expected")


def _is_asked(run: CheckRun, check: RequiredCheck) -> bool:
    return run.name == check.context and check.app_id in (None, run.suite.app.id)


def _of_run(run: CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    return "passed" if run.conclusion in GOOD else "failing"


def _of_status(status: Status) -> str:
    return {"success": "passed", "pending": "pending"}.get(status.state, "failing")


def missing_checks(state: State, repository: Repository, rules: Rules, sha: str) -> list[str]:
    """At most one sentence about the checks of a commit."""
    standings = {check.context: standing_of(state, repository, check, sha) for check in rules.checks}
    missing = {name: word for name, word in standings.items() if word != "passed"}
    if not missing:
        return []
    if len(rules.checks) == 1:
        [(name, word)] = missing.items()
        return [f'Required status check "{name}" is {word}.']
    counted = Counter(missing.values())
    head = f"{len(missing)} of {len(standings)} required status checks"
    if set(counted) == {"expected"}:
        return [f"{head} are expected."]
    parts = [f"{number} {word}" for word, number in sorted(counted.items())]
    return [f"{head} have not succeeded: {', '.join(parts[:-1]) + ' and ' if parts[:-1] else ''}{parts[-1]}."]


def is_required(context: CheckRun | Status, pull: PullRequest) -> bool:
    """Whether the pull request's base asks for this very check."""
    wanted = [check for rules in rules_of(pull.repository, pull.base_ref) for check in rules.checks]
    if isinstance(context, Status):
        return any(check.context == context.context for check in wanted)
    return any(_is_asked(context, check) for check in wanted)

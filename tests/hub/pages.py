"""Pages to look at in a browser: repositories, projects, issues, pull requests, commits, jobs; plain HTML."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.hub import git_facts, pages_merging, pages_projects, pages_views
from tests.hub.card_operations import items_of
from tests.hub.checks import CheckRun, WorkflowJob, WorkflowRun
from tests.hub.diff_lines import standing
from tests.hub.entities import Issue, PullRequest, Repository
from tests.hub.errors import ApiError
from tests.hub.pages_markdown import render
from tests.hub.serialize_issues import association, html_url
from tests.hub.state import State

TEMPLATES = Path(__file__).with_name("templates")
SAFE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def register(app: Flask, state: State) -> None:
    """Add the pages to the hub's application. They are for people on the same machine: no sign-in."""
    pages = Pages(state)
    routes: dict[str, Callable[..., str]] = {
        "/orgs/<owner>/projects/<int:number>": pages.project,
        "/<owner>/<name>": pages.repository,
        "/<owner>/<name>/issues": pages.repository,
        "/<owner>/<name>/pulls": pages.repository,
        "/<owner>/<name>/issues/<int:number>": pages.issue,
        "/<owner>/<name>/pull/<int:number>": pages.issue,
        "/<owner>/<name>/commit/<sha>": pages.commit,
        "/<owner>/<name>/runs/<int:check>": pages.check_run,
        "/<owner>/<name>/actions/runs/<int:run>": pages.workflow_run,
        "/<owner>/<name>/actions/runs/<int:run>/job/<int:job>": pages.job,
    }
    for route, view in routes.items():
        app.add_url_rule(route, f"page {route}", _answering(pages, view), methods=["GET"])


def _answering(pages: "Pages", view: Callable[..., str]) -> Callable[..., Response]:
    """The view under the state's lock, with a page of its own for what is not there."""

    def answer(**args: Any) -> Response:
        with pages.state.lock:
            try:
                html, status = view(**args), 200
            except ApiError as missing:
                html, status = pages.missing(), missing.status
        return Response(html, status, mimetype="text/html", headers={"Content-Security-Policy": SAFE})

    return answer


class Pages:
    """Each method gives one page's HTML; ApiError 404 for what is not there."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters.update(
            ink=pages_views.ink, hue=pages_views.hue, colour=pages_views.colour, lines=pages_views.lines,
            log=pages_views.log_lines,
            reactions=pages_views.counted, standing=standing, tail=lambda lines: lines[-pages_merging.SHOWN:],
            when=lambda moment: moment.strftime("%-d %b %Y, %H:%M:%S"),
        )  # fmt: skip
        self.templates.globals.update(
            association=association, path=self._path, relations=pages_views.RELATIONS,
            cards=lambda issue: items_of(state, issue), column_of=pages_projects.column_of,
            facts=pages_projects.facts,
        )  # fmt: skip

    def _path(self, issue: Issue) -> str:
        return html_url(self.state, issue).removeprefix(self.state.url)

    def _page(self, template: str, repository: Repository, **values: Any) -> str:
        return self.templates.get_template(template).render(
            repository=repository, md=lambda text: render(text, repository.full_name), **values
        )

    def _repository(self, owner: str, name: str) -> Repository:
        found = self.state.repository(owner, name)
        if found is None:
            raise ApiError(404, "Not Found")
        return found

    def missing(self) -> str:
        return self.templates.get_template("missing.html").render()

    def project(self, owner: str, number: int) -> str:
        organization = self.state.user(owner)
        if organization is None:
            raise ApiError(404, "Not Found")
        found = pages_projects.project(self.state, organization, number)
        template = self.templates.get_template("board.html")
        return template.render(project=found, columns=pages_projects.columns(found))

    def repository(self, owner: str, name: str) -> str:
        repository = self._repository(owner, name)
        newest = sorted(repository.issues.values(), key=lambda issue: issue.number, reverse=True)
        readme = git_facts.show(repository, repository.default_branch, "README.md")
        return self._page(
            "repository.html", repository,
            issues=[issue for issue in newest if not isinstance(issue, PullRequest)],
            pulls=[issue for issue in newest if isinstance(issue, PullRequest)],
            readme=readme.decode(errors="replace") if readme else None,
        )  # fmt: skip

    def issue(self, owner: str, name: str, number: int) -> str:
        issue = self.state.issue(self._repository(owner, name), number)
        if isinstance(issue, PullRequest):
            return self._pull(issue)
        return self._page(
            "issue.html",
            issue.repository,
            issue=issue,
            entries=pages_views.conversation(issue),
            commit_colours={},
        )

    def _pull(self, pull: PullRequest) -> str:
        entries = pages_views.conversation(pull)
        commits = [entry.it for entry in entries if entry.kind == "commit"]
        found = {commit.sha: pages_views.checks(self.state, pull, commit.sha) for commit in commits}
        head = git_facts.head_sha(pull)
        box, missing = pages_merging.merge_box(self.state, pull)
        return self._page(
            "pull.html", pull.repository, issue=pull, box=box, missing=missing,
            required=lambda check: pages_merging.is_required(check, pull), entries=entries, commits=commits,
            checks=found.get(head, []), check_path=self.check_path,
            check_name=self.check_name, head=head,
            commit_colours={sha: pages_views.sum_up(of_commit) for sha, of_commit in found.items()},
            files=git_facts.pull_files(pull),
        )  # fmt: skip

    def check_path(self, run: CheckRun) -> str:
        """The page of a check run: of its job where it is one."""
        repository, actions = run.suite.repository, _workflow_run(run)
        middle = f"actions/runs/{actions.id}/job" if actions else "runs"
        return f"/{repository.full_name}/{middle}/{run.id}"

    def check_name(self, run: CheckRun) -> str:
        """`CI / test (push)` for a job, otherwise the name."""
        actions = _workflow_run(run)
        return f"{actions.name} / {run.name} ({actions.event})" if actions else run.name

    def commit(self, owner: str, name: str, sha: str) -> str:
        repository = self._repository(owner, name)
        commit = git_facts.commit(repository, sha)
        if commit is None:
            raise ApiError(404, "Not Found")
        base = commit.parents[0] if commit.parents else None
        files = git_facts.changed_files(repository.git_dir, base, commit.sha) if base else []
        return self._page("commit.html", repository, commit=commit, files=files)

    def workflow_run(self, owner: str, name: str, run: int) -> str:
        repository = self._repository(owner, name)
        found = self.state.workflow_run(repository, run)
        return self._page("run.html", repository, run=found, check_path=self.check_path)

    def job(self, owner: str, name: str, run: int, job: int) -> str:
        repository = self._repository(owner, name)
        found = self.state.job(repository, job)
        if found.run.id != run:
            raise ApiError(404, "Not Found")
        return self._check_page(found.check_run, found.run, found)

    def check_run(self, owner: str, name: str, check: int) -> str:
        """A check run of any App; one of Actions shows its job."""
        repository = self._repository(owner, name)
        runs = (run for suite in repository.suites for run in suite.check_runs)
        found: CheckRun | None = next((run for run in runs if run.id == check), None)
        if found is None:
            raise ApiError(404, "Not Found")
        jobs = ((run, job) for run in repository.runs for job in run.jobs if job.id == check)
        return self._check_page(found, *next(jobs, (None, None)))

    def _check_page(self, check: CheckRun, run: WorkflowRun | None, job: WorkflowJob | None) -> str:
        repository = check.suite.repository
        head = check.suite.head_sha
        pulls = [pull for pull in repository.pull_requests if git_facts.head_sha(pull) == head]
        return self._page("check.html", repository, check=check, run=run, job=job, pulls=pulls)


def _workflow_run(run: CheckRun) -> WorkflowRun | None:
    runs: list[WorkflowRun] = run.suite.repository.runs
    return next((found for found in runs if found.suite is run.suite), None)

"""Check runs: our own check on a commit, written together with the status comment: it costs no call of its own."""

from dataclasses import asdict

from jobs.github.writes import Writes
from jobs.ticket.check_run import NAME, Face
from jobs.ticket.observation import Comment, Observation, OwnRun


class CheckRuns(Writes):
    """The status comment, and the check run that says the same in a line. Raises what `Writes` does."""

    _reported: OwnRun | None = None
    """What we have written since the last observation, or before it."""

    @property
    def may_report(self) -> bool:
        """Whether a check run of our own may be written."""
        raise NotImplementedError

    def show_status(self, comment: Comment, body: str, face: Face | None) -> None:
        """Rewrite the status comment, and the check run where it says something else; Gone when the comment is deleted.

        The check run is found before it is made, if it may be. Where GitHub refuses it, people have the comment.
        """
        seen = self._seen
        if face is None or seen is None or seen.denied or not self.may_report:
            self.update_comment(comment.id, body)
            return
        run = self._own_run(face.head_sha, seen)
        if (run is None and not face.may_be_new) or (run is not None and run.title == face.title):
            self.update_comment(comment.id, body)
            return
        variables = {
            "comment": comment.node_id, "body": body, "repository": seen.repository.node_id,
            "head": face.head_sha, "name": NAME, "run": run.node_id if run else "", "isNew": run is None,
            "title": face.title, "summary": face.summary, "shown": face.shown, "url": comment.url,
            "buttons": [asdict(button) for button in face.buttons],
        }  # fmt: skip
        answer = self._api.mutate("show_status", variables, optional={"made", "changed"})
        written = answer.get("made") or answer.get("changed")
        if written is not None:
            self._reported = OwnRun(written["checkRun"]["id"], face.head_sha, face.title)

    def _own_run(self, head_sha: str, seen: Observation) -> OwnRun | None:
        """Ours of that commit: as we have written it, else as it was observed."""
        runs = (self._reported, *(item.own_run for item in seen.pull_requests))
        return next((run for run in runs if run and run.head_sha == head_sha), None)

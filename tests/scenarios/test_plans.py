"""A plan waits until people approve it, by a command or by its box, and takes their objections."""

from tests.model.replies import edit, plan, submit
from tests.scenarios.world import RIGHT, World


def test_a_plan_waits_for_approval_and_takes_objections(world: World) -> None:
    title = "Greet people according to plan"
    world.will(
        plan(["rewrite everything"]),
        plan(["mend greet.py"]),
        edit("greet.py", "return ''", RIGHT),
        submit(),
        submit(),
        when=(title,),
    )
    issue = world.repository().issue(title)
    issue.say("/autocode plan")
    issue.until("approving")
    assert issue.repo.branches() == []
    issue.say("Much smaller, please.")
    issue.wait(lambda: [text for text in issue.told() if "mend greet.py" in text], "the second plan")
    issue.say("/autocode approve", by="carol")
    issue.say("/autocode approve", by="bob")
    record = issue.until("validating")
    assert record.approval == "bob"
    said = str(world.stack.model_requests()[-1]["messages"])
    assert "Much smaller, please." in said
    assert "@bob approved your plan" in said


def test_a_plan_is_approved_by_its_box(world: World) -> None:
    title = "Greet people as ticked"
    world.will(
        plan(["mend greet.py"]), edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title,)
    )
    issue = world.repository().issue(title)
    issue.repo.put(".github/autocode.yml", "plan: approve\n")
    issue.label().until("approving")
    status = issue.status_comment()
    assert status is not None
    ticked = status["body"].replace("- [ ] **Approve this plan**", "- [x] **Approve this plan**")
    world.person("bob").patch(f"/repos/{issue.repo.name}/issues/comments/{status['id']}", {"body": ticked})
    record = issue.until("validating")
    assert record.approval == "bob"


def test_nothing_is_changed_before_the_plan_is_approved(world: World) -> None:
    title = "Greet people at once"
    world.will(edit("greet.py", "return ''", RIGHT), submit(), plan(["mend greet.py"]), when=(title,))
    issue = world.repository().issue(title)
    issue.say("/autocode plan")
    issue.until("approving")
    refused = str(world.stack.model_requests()[-1]["messages"])
    assert refused.count("People have to approve your plan before anything is changed") == 2

"""Writes schema.graphql: the part of GitHub's published GraphQL schema that the hub answers.

    python -m tests.hub.trim_schema path/to/official/schema.graphql

The official file is `schema.graphql` of the npm package `@octokit/graphql-schema`. Nothing is invented here: `KEEP`
names types and fields, everything about them (arguments, nullability, enum values, input fields) is copied.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    print_ast,
)

SCHEMA = Path(__file__).with_name("schema.graphql")

_ACTOR = "avatarUrl login resourcePath url"
_ACCOUNT = f"{_ACTOR} createdAt databaseId id updatedAt"
_COMMENT = (
    "author authorAssociation body bodyText createdAt editor id includesCreatedEdit lastEditedAt publishedAt updatedAt "
    "userContentEdits viewerDidAuthor"
)
_POST = f"{_COMMENT} databaseId fullDatabaseId reactionGroups reactions repository resourcePath url"
_TICKET = f"{_POST} assignees closed closedAt comments labels locked number state timelineItems title"
_GIT_OBJECT = "abbreviatedOid commitResourcePath commitUrl id oid repository"
_EVENT = "actor createdAt id"
_OWNER = "projectV2 projectsV2"
_FIELD = "createdAt dataType databaseId id name project updatedAt"
_VALUE = "createdAt creator databaseId field id item updatedAt"

KEEP: dict[str, str] = {
    "Query": "id node nodes organization rateLimit repository repositoryOwner search user viewer",
    "Mutation": (
        "addComment addLabelsToLabelable addReaction addSubIssue closeIssue convertPullRequestToDraft createIssue "
        "createLabel createPullRequest enablePullRequestAutoMerge markPullRequestReadyForReview mergePullRequest "
        "removeLabelsFromLabelable reopenIssue updateIssueComment updatePullRequest "
        "removeSubIssue reprioritizeSubIssue deleteIssue "
        "addProjectV2DraftIssue addProjectV2ItemById archiveProjectV2Item clearProjectV2ItemFieldValue "
        "convertProjectV2DraftIssueItemToIssue createProjectV2 createProjectV2Field deleteProjectV2 "
        "deleteProjectV2Item unarchiveProjectV2Item updateProjectV2 updateProjectV2Collaborators "
        "updateProjectV2Field updateProjectV2ItemFieldValue updateProjectV2ItemPosition "
        "addPullRequestReviewThreadReply deleteRef dequeuePullRequest disablePullRequestAutoMerge "
        "dismissPullRequestReview enqueuePullRequest removeReaction requestReviews resolveReviewThread "
        "unresolveReviewThread updatePullRequestBranch updatePullRequestReviewComment createCheckRun updateCheckRun"
    ),
    # People
    "Actor": _ACTOR,
    "Bot": _ACCOUNT,
    "Mannequin": _ACCOUNT,
    "Organization": f"{_ACCOUNT} {_OWNER} name",
    "RepositoryOwner": "avatarUrl id login resourcePath url",
    "User": f"{_ACCOUNT} {_OWNER} email name",
    # Repository and git
    "Repository": (
        "createdAt databaseId defaultBranchRef description id isArchived isEmpty isFork isInOrganization isPrivate "
        "issue issueOrPullRequest issues label labels name nameWithOwner object owner pullRequest pullRequests "
        "pushedAt ref refs resourcePath updatedAt url viewerPermission visibility autoMergeAllowed "
        "deleteBranchOnMerge mergeCommitAllowed mergeQueue rebaseMergeAllowed squashMergeAllowed"
    ),
    "Ref": "associatedPullRequests branchProtectionRule id name prefix repository target",
    "GitObject": _GIT_OBJECT,
    "Blob": f"{_GIT_OBJECT} byteSize isBinary isTruncated text",
    "Commit": (
        f"{_GIT_OBJECT} associatedPullRequests author authoredDate checkSuites committedDate committer message "
        "messageBody messageHeadline parents resourcePath status statusCheckRollup url"
    ),
    "GitActor": "date email name user",
    # Issues
    "Node": "id",
    "Comment": _COMMENT,
    "Closable": "closed closedAt",
    "Labelable": "labels",
    "Reactable": "databaseId id reactionGroups reactions",
    "Issue": (
        f"{_TICKET} {_OWNER} closedByPullRequestsReferences parent projectItems stateReason subIssues subIssuesSummary"
    ),
    "IssueComment": f"{_POST} issue pullRequest",
    "SubIssuesSummary": "completed percentCompleted total",
    "Label": "color description id isDefault issues name pullRequests repository resourcePath url",
    "ReactionGroup": "content createdAt reactors viewerHasReacted",
    "ReactionConnection": "edges nodes pageInfo totalCount",
    "ReactorEdge": "cursor node",
    "Reaction": "content createdAt databaseId id user",
    "UserContentEdit": "createdAt deletedAt diff editedAt editor id updatedAt",
    # Timelines
    "LabeledEvent": f"{_EVENT} label labelable",
    "UnlabeledEvent": f"{_EVENT} label labelable",
    "RenamedTitleEvent": f"{_EVENT} currentTitle previousTitle",
    "ClosedEvent": f"{_EVENT} closable stateReason",
    "ReopenedEvent": f"{_EVENT} closable stateReason",
    "MergedEvent": f"{_EVENT} commit mergeRefName pullRequest",
    "CrossReferencedEvent": f"{_EVENT} isCrossRepository referencedAt source target willCloseTarget",
    "ReadyForReviewEvent": f"{_EVENT} pullRequest",
    "ConvertToDraftEvent": f"{_EVENT} pullRequest",
    "ParentIssueAddedEvent": f"{_EVENT} parent",
    "ParentIssueRemovedEvent": f"{_EVENT} parent",
    "SubIssueAddedEvent": f"{_EVENT} subIssue",
    "SubIssueRemovedEvent": f"{_EVENT} subIssue",
    # Pull requests
    "PullRequest": (
        f"{_TICKET} {_OWNER} additions baseRef baseRefName baseRefOid baseRepository changedFiles "
        "closingIssuesReferences projectItems "
        "commits deletions headRef headRefName headRefOid headRepository headRepositoryOwner isCrossRepository isDraft "
        "latestReviews maintainerCanModify mergeCommit mergeStateStatus mergeable merged mergedAt mergedBy permalink "
        "reviewDecision reviewThreads reviews statusCheckRollup autoMergeRequest isInMergeQueue isMergeQueueEnabled "
        "latestOpinionatedReviews mergeQueue mergeQueueEntry reviewRequests"
    ),
    "PullRequestCommit": "commit id pullRequest",
    "PullRequestReview": f"{_POST} comments commit pullRequest state submittedAt",
    "PullRequestReviewThread": (
        "comments diffSide id isCollapsed isOutdated isResolved line originalLine originalStartLine path pullRequest "
        "repository resolvedBy startDiffSide startLine subjectType viewerCanReply viewerCanResolve viewerCanUnresolve"
    ),
    "PullRequestReviewComment": (
        f"{_POST} diffHunk isMinimized line originalCommit originalLine originalStartLine outdated path pullRequest "
        "pullRequestReview replyTo startLine state subjectType"
    ),
    "ReviewRequest": "asCodeOwner id pullRequest requestedReviewer",
    # Merging
    "AutoMergeRequest": "authorEmail commitBody commitHeadline enabledAt enabledBy mergeMethod pullRequest",
    "BranchProtectionRule": (
        "allowsDeletions allowsForcePushes databaseId dismissesStaleReviews id isAdminEnforced pattern repository "
        "requiredApprovingReviewCount requiredStatusCheckContexts requiredStatusChecks requiresApprovingReviews "
        "requiresCodeOwnerReviews requiresConversationResolution requiresLinearHistory requiresStatusChecks "
        "requiresStrictStatusChecks restrictsPushes"
    ),
    "MergeQueue": "configuration entries id repository resourcePath url",
    "MergeQueueConfiguration": "mergeMethod",
    "MergeQueueEntry": "baseCommit enqueuedAt enqueuer headCommit id mergeQueue position pullRequest state",
    "RequiredStatusCheckDescription": "app context",
    # Checks
    "RequirableByPullRequest": "isRequired",
    "Status": "commit context contexts id state",
    "StatusCheckRollup": "commit contexts id state",
    "StatusContext": "commit context createdAt creator description id isRequired state targetUrl",
    "CheckRun": (
        "annotations checkSuite completedAt conclusion databaseId detailsUrl externalId id isRequired name permalink "
        "repository resourcePath startedAt status summary text title url"
    ),
    "CheckAnnotation": "annotationLevel location message path rawDetails title",
    "CheckAnnotationSpan": "end start",
    "CheckAnnotationPosition": "column line",
    "CheckSuite": "app checkRuns commit conclusion createdAt databaseId id repository status updatedAt workflowRun",
    "WorkflowRun": "checkSuite createdAt databaseId event id resourcePath runNumber updatedAt url workflow",
    "Workflow": "databaseId id name",
    "App": "createdAt databaseId id name slug updatedAt",
    # Projects
    "ProjectV2Owner": f"{_OWNER} id",
    "ProjectV2": (
        "closed closedAt createdAt creator databaseId field fields fullDatabaseId id items number owner public readme "
        "resourcePath shortDescription template title updatedAt url viewerCanUpdate"
    ),
    "ProjectV2FieldCommon": _FIELD,
    "ProjectV2Field": _FIELD,
    "ProjectV2SingleSelectField": f"{_FIELD} options",
    "ProjectV2SingleSelectFieldOption": "color description id name",
    "ProjectV2Item": (
        "content createdAt creator databaseId fieldValueByName fieldValues fullDatabaseId id isArchived project type "
        "updatedAt"
    ),
    "ProjectV2ItemFieldValueCommon": _VALUE,
    "ProjectV2ItemFieldDateValue": f"{_VALUE} date",
    "ProjectV2ItemFieldNumberValue": f"{_VALUE} number",
    "ProjectV2ItemFieldSingleSelectValue": f"{_VALUE} color description name optionId",
    "ProjectV2ItemFieldTextValue": f"{_VALUE} text",
    "ProjectV2ItemFieldLabelValue": "field labels",
    "ProjectV2ItemFieldRepositoryValue": "field repository",
    "ProjectV2ItemFieldUserValue": "field users",
    "DraftIssue": "assignees body bodyText createdAt creator id projectV2Items projectsV2 title updatedAt",
    # Machinery
    "PageInfo": "endCursor hasNextPage hasPreviousPage startCursor",
    "RateLimit": "cost limit nodeCount remaining resetAt used",
}
"""Type to the fields kept of it. Connections, edges and payloads follow by themselves, as do inputs and enums."""

UNIONS = (
    "IssueOrPullRequest",
    "IssueTimelineItems",
    "ProjectV2Actor",
    "ProjectV2FieldConfiguration",
    "ProjectV2ItemContent",
    "ProjectV2ItemFieldValue",
    "PullRequestTimelineItems",
    "Reactor",
    "ReferencedSubject",
    "RequestedReviewer",
    "SearchResultItem",
    "StatusCheckRollupContext",
)
"""Unions kept, with those of their members that are in `KEEP`."""

FOLLOWING = ("Connection", "Edge", "Payload")
"""Types with these endings are kept where a kept field returns them, with every field whose type is kept."""

Fielded = GraphQLObjectType | GraphQLInterfaceType
BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})


def trimmed(official: GraphQLSchema) -> str:
    """The subset's text. Raises KeyError or ValueError when `KEEP` names what the official schema does not have."""
    texts: dict[str, str] = {}
    waiting = [official.type_map[name] for name in (*KEEP, *UNIONS)]
    while waiting:
        named = waiting.pop()
        if named.name not in texts and named.name not in BUILT_IN:
            texts[named.name] = _definition(named, official)
            waiting.extend(_mentioned(named, official))
    return "\n\n".join(texts[name] for name in sorted(texts)) + "\n"


def _definition(named: GraphQLNamedType, official: GraphQLSchema) -> str:
    """One type's text, reduced to what is kept."""
    match named:
        case GraphQLScalarType():
            return f"scalar {named.name}"
        case GraphQLEnumType():
            return _block(f"enum {named.name}", named.values)
        case GraphQLUnionType():
            return f"union {named.name} = " + " | ".join(
                sorted(m.name for m in named.types if m.name in KEEP)
            )
        case GraphQLInputObjectType():
            return _block(f"input {named.name}", map(_input, named.fields, named.fields.values()))
        case GraphQLObjectType() | GraphQLInterfaceType():
            word = "type" if isinstance(named, GraphQLObjectType) else "interface"
            parents = " & ".join(sorted(i.name for i in named.interfaces if i.name in KEEP))
            heading = f"{word} {named.name}" + (f" implements {parents}" if parents else "")
            return _block(heading, (_field(*item) for item in _kept_fields(named, official)))
    raise ValueError(f"{named.name}: a kind of type this script does not know")


def _block(heading: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{heading} {{", *(f"  {line}" for line in lines), "}"])


def _field(name: str, field: GraphQLField) -> str:
    arguments = ", ".join(map(_input, field.args, field.args.values()))
    return f"{name}({arguments}): {field.type}" if arguments else f"{name}: {field.type}"


def _input(name: str, value: GraphQLArgument | GraphQLInputField) -> str:
    default = value.ast_node.default_value if value.ast_node else None
    return f"{name}: {value.type}" + (f" = {print_ast(default)}" if default else "")


def _kept_fields(named: Fielded, official: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    """The fields of `KEEP`, or of a connection, edge or payload those that lead to a kept type."""
    if named.name in KEEP:
        for name in sorted(KEEP[named.name].split()):
            if not _is_kept(get_named_type(named.fields[name].type), official):
                raise ValueError(f"{named.name}.{name}: its type {named.fields[name].type} is not kept")
            yield name, named.fields[name]
    else:
        for name, field in named.fields.items():
            if _is_kept(get_named_type(field.type), official):
                yield name, field


def _is_kept(named: GraphQLNamedType, official: GraphQLSchema) -> bool:
    if isinstance(named, GraphQLScalarType | GraphQLEnumType) or named.name in KEEP or named.name in UNIONS:
        return True
    if not (isinstance(named, GraphQLObjectType) and named.name.endswith(FOLLOWING)):
        return False
    item = named.fields.get("node") or named.fields.get("nodes")
    return item is None or _is_kept(get_named_type(item.type), official)


def _mentioned(named: GraphQLNamedType, official: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """Every type the kept part of this one refers to."""
    if isinstance(named, GraphQLInputObjectType):
        yield from (get_named_type(field.type) for field in named.fields.values())
    elif isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        for _, field in _kept_fields(named, official):
            yield get_named_type(field.type)
            yield from (get_named_type(argument.type) for argument in field.args.values())


if __name__ == "__main__":
    [source] = sys.argv[1:]
    SCHEMA.write_text(trimmed(build_schema(Path(source).read_text(), assume_valid=True)))
    print(f"{SCHEMA}: {len(KEEP)} types named")

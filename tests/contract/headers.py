"""Headers: what every answer of GitHub's API carries, and what only some do. Pure.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

NUMBERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Used", "X-RateLimit-Reset")
"""https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
FORMS = {
    "X-GitHub-Request-Id": re.compile(r"[0-9A-F:]{16,}"),
    "X-GitHub-Media-Type": re.compile(r"github\.v3; format=json"),
    "X-GitHub-Api-Version-Selected": re.compile(r"\d{4}-\d\d-\d\d"),
    "X-RateLimit-Resource": re.compile("core|graphql|search"),
    "Date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
} | dict.fromkeys(NUMBERS, re.compile(r"\d+"))
PERMISSIONS = re.compile(r"\w+=(read|write|admin)((,|; )\w+=(read|write|admin))*")
LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')


VERSION = "X-GitHub-Enterprise-Version"
"""Of what an Enterprise Server answers and delivers:
https://docs.github.com/en/enterprise-server@3.16/webhooks/webhook-events-and-payloads#delivery-headers"""


def wrong_headers(
    request: Mapping[str, Any], answer: Mapping[str, Any], *, by_installation: bool
) -> Iterator[str]:
    """What is missing among an answer's headers, or of another form; `by_installation`: who asked has permissions."""
    headers, status = answer["headers"], answer["status"]
    # An Enterprise Server has no limits unless somebody sets some.
    left_out = [name for name in FORMS if name.startswith("X-RateLimit-") and name not in headers]
    may_leave_out = left_out if VERSION in headers and len(left_out) == len(NUMBERS) + 1 else []
    for name, form in FORMS.items():
        if name not in may_leave_out and not form.fullmatch(headers.get(name, "")):
            yield f"the header {name} is {headers.get(name)!r}"
    if request["method"] == "GET" and status == 200 and not headers.get("ETag", "").startswith(('"', 'W/"')):
        yield f"the header ETag is {headers.get('ETag')!r}"
    yield from _wrong_refusal(answer)
    wants_permission = by_installation and request["path"].startswith("/repos/") and status != 401
    if wants_permission and not PERMISSIONS.fullmatch(headers.get("X-Accepted-GitHub-Permissions", "")):
        given = headers.get("X-Accepted-GitHub-Permissions")
        yield f"the header X-Accepted-GitHub-Permissions is {given!r}"
    if isinstance(answer["body"], list):
        yield from _wrong_paging(request, answer)


def _wrong_refusal(answer: Mapping[str, Any]) -> Iterator[str]:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit"""
    headers, body = answer["headers"], answer["body"]
    message = str(body.get("message")) if isinstance(body, dict) else ""
    # It may be missing: "if the retry-after response header is present", say the rules.
    if "secondary rate limit" in message and not headers.get("Retry-After", "60").isdigit():
        yield f"the header Retry-After is {headers.get('Retry-After')!r}"
    if answer["status"] == 429 and "rate limit" not in message:
        yield f"a limit was met, and the message is {message!r}"
    if "API rate limit exceeded" in message and headers.get("X-RateLimit-Remaining") != "0":
        yield "the header X-RateLimit-Remaining is not 0 where the limit is exceeded"


def _wrong_paging(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
    query = dict(request["query"])
    size = int(query.get("per_page", 30))
    if len(answer["body"]) > size:
        yield f"{len(answer['body'])} items where {size} were asked for"
    text = answer["headers"].get("Link", "")
    links = {rel: address for address, rel in LINK.findall(text)}
    if text and ", ".join(f'<{address}>; rel="{rel}"' for rel, address in links.items()) != text:
        yield f"the header Link is {text!r}"
    if query.get("page", "1") != "1" and not {"prev", "first"} <= links.keys():
        yield "the header Link has no prev and first on a later page"
    for rel, address in links.items():
        parts = urlsplit(address)
        if not parts.path.endswith(request["path"]) or not {"page", "cursor"} & parse_qs(parts.query).keys():
            yield f"the header Link leads elsewhere: {rel} is {address}"


def wrong_addresses(answer: Mapping[str, Any]) -> Iterator[str]:
    """Addresses of the API that lead past it: those of an Enterprise Server begin with `/api/v3`.

    https://docs.github.com/en/enterprise-server@3.16/rest/using-the-rest-api/getting-started-with-the-rest-api
    """
    begins = "/api/v3/" if VERSION in answer["headers"] else "/"
    links = [address for address, _ in LINK.findall(answer["headers"].get("Link", ""))]
    for name, address in [*_api_addresses(answer["body"]), *(("Link", link) for link in links)]:
        path = urlsplit(address).path
        if not path.startswith(begins) or not API.match(path.removeprefix("/api/v3")):
            yield f"{name} is {NUMBER.sub('/1', path)}, which is no address of the API"


API = re.compile(r"/(repos|repositories|users|user|orgs|app|installation|organizations)\b")
NUMBER = re.compile(r"/\d+")


def _api_addresses(value: Any) -> Iterator[tuple[str, str]]:
    """Every field `url`, which by GitHub's custom is what it is about in the API."""
    if isinstance(value, dict):
        # Of a hook and of a delivery it is somebody else's address, of a commit that was pushed the page's.
        is_elsewhere = not {"content_type", "guid", "tree_id"}.isdisjoint(value)
        if isinstance(value.get("url"), str) and not is_elsewhere:
            yield "url", value["url"]
        for item in value.values():
            yield from _api_addresses(item)
    elif isinstance(value, list):
        for item in value:
            yield from _api_addresses(item)

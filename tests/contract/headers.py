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


def wrong_headers(
    request: Mapping[str, Any], answer: Mapping[str, Any], *, by_installation: bool
) -> Iterator[str]:
    """What is missing among an answer's headers, or of another form; `by_installation`: who asked has permissions."""
    headers, status = answer["headers"], answer["status"]
    for name, form in FORMS.items():
        if not form.fullmatch(headers.get(name, "")):
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
    if "secondary rate limit" in message and not headers.get("Retry-After", "").isdigit():
        yield f"the header Retry-After is {headers.get('Retry-After')!r}"
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

"""Packages: GitHub's descriptions as npm has them, of pinned versions, kept in `.autocode/contract`."""

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".autocode" / "contract"
PATIENCE = 300
"""Seconds for npm."""


class Unavailable(Exception):
    """The package cannot be had; the text says why and what to do."""


@dataclass(frozen=True)
class Package:
    """One file of an npm package: the whole of `@octokit/openapi` would be 385 MB."""

    name: str
    version: str
    member: str


ENTERPRISE = "3.16"
"""The version of Enterprise Server that the scenarios go to; see tests/scenarios/test_enterprise.py."""

GRAPHQL = Package("@octokit/graphql-schema", "15.26.1", "schema.graphql")
OPENAPI = Package("@octokit/openapi", "23.0.2", "generated/api.github.com.json")
WEBHOOKS = Package("@octokit/openapi-webhooks", "12.1.0", "generated/api.github.com.json")
"""Made from GitHub's description like the one above; `@octokit/webhooks-schemas` has not changed since 2024."""
OPENAPI_ENTERPRISE = Package("@octokit/openapi", "22.0.0", f"generated/ghes-{ENTERPRISE}.json")
"""The newest one in which that version still is."""
WEBHOOKS_ENTERPRISE = Package(WEBHOOKS.name, WEBHOOKS.version, f"generated/ghes-{ENTERPRISE}.json")
EXAMPLES = Package("@octokit/webhooks-examples", "7.6.1", "api.github.com/index.json")
SIGNERS = ("@octokit/webhooks@14.2.0", "@octokit/webhooks-methods@6.0.0")
"""Programs, not descriptions: what a JavaScript App checks signatures with."""


def kept(package: Package, directory: Path = KEPT) -> Path:
    """The file, fetched if it is not there yet; Unavailable without npm or without its registry."""
    base = package.name.removeprefix("@").replace("/", "-")
    found = directory / f"{base}-{package.version}-{Path(package.member).name}"
    if found.is_file():
        return found
    directory.mkdir(parents=True, exist_ok=True)
    pack = ["pack", "--silent", "--pack-destination", str(directory), f"{package.name}@{package.version}"]
    npm(*pack, what=f"{package.name}@{package.version}")
    archive = directory / f"{base}-{package.version}.tgz"
    with tarfile.open(archive) as packed:
        member = packed.extractfile(f"package/{package.member}")
        assert member is not None
        # Half a file must not be taken for a whole one.
        part = found.with_suffix(".part")
        with part.open("wb") as file:
            shutil.copyfileobj(member, file)
    part.rename(found)
    archive.unlink()
    return found


def signer(directory: Path = KEPT) -> Path:
    """A directory in which node finds SIGNERS."""
    place = directory / "node"
    if not (place / "node_modules" / "@octokit" / "webhooks").is_dir():
        place.mkdir(parents=True, exist_ok=True)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        npm("install", "--prefix", str(place), *quiet, *SIGNERS, what=" and ".join(SIGNERS))
    return place


def npm(*arguments: str, what: str) -> None:
    """Run npm; Unavailable, naming `what` was wanted, when it fails."""
    program = shutil.which("npm")
    if program is None:
        raise Unavailable("npm is not installed: install Node.js 18 or newer, which brings it along.")
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"npm did not fetch {what} within {PATIENCE} s.") from None
    if done.returncode != 0:
        raise Unavailable(f"npm could not fetch {what}: {done.stderr.strip() or 'no reason given'}")

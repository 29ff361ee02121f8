"""What the deployment files name is there."""

import re
from pathlib import Path

import pytest
import yaml

from jobs.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "manifests"


def test_the_environment_names_what_has_no_default():
    names = re.findall(r"^([A-Z_]+)=", (MANIFESTS / "autocode.env.example").read_text(), re.MULTILINE)
    required = [
        item.metadata["env"] for item in Settings.__dataclass_fields__.values() if "required" in item.metadata
    ]
    assert sorted(names) == sorted(required)


@pytest.mark.parametrize(
    "line", re.findall(r"^COPY (.+) \S+$", (MANIFESTS / "Dockerfile").read_text(), re.MULTILINE)
)
def test_what_the_image_copies_exists(line):
    assert all((ROOT / name).exists() for name in line.split())


def test_both_start_the_supervisor():
    assert 'CMD ["python", "-m", "jobs.run"]' in (MANIFESTS / "Dockerfile").read_text()
    assert "python -m jobs.run\n" in (MANIFESTS / "autocode.service").read_text()
    assert (ROOT / "jobs" / "run.py").exists()


def test_compose_builds_that_image():
    build = yaml.safe_load((MANIFESTS / "compose.yaml").read_text())["services"]["autocode"]["build"]
    assert (MANIFESTS / build["context"] / build["dockerfile"]).resolve() == MANIFESTS / "Dockerfile"

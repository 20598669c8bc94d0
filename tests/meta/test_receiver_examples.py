"""The page of the example receivers shows their files and the mistakes that are tried."""

import re
from pathlib import Path

import pytest
import yaml
from framework_receivers import CONTRACT, FRAMEWORKS, RECEIVERS, Framework, Mistake, mistakes

from contracts.receivers.properties import PROPERTIES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "receiver-examples.md").read_text(encoding="utf-8")


def section(framework: Framework) -> str:
    """Return the part of the page that links the file of the framework."""
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    path = f"(../examples/receivers/{framework.name}/{framework.main})"
    (found,) = (part for part in parts if path in part)
    return found


def span(text: str) -> str:
    return f"`{text.strip()}`" if text.strip() else "nothing"


def row(mistake: Mistake) -> str:
    wrong = "<br>".join(span(wrong) for _, wrong in mistake.changes)
    right = "<br>".join(span(right) for right, _ in mistake.changes)
    found = ", ".join(span(name) for name in mistake.found) or f"exit code 2: {mistake.said}"
    return f"| {mistake.name} | {wrong} | {right} | {found} |"


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_the_page_shows_the_file_and_the_table_of_a_framework(framework: Framework) -> None:
    text = section(framework)
    (code,) = re.findall(r"^```(?:python|js)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert code == (RECEIVERS / framework.name / framework.main).read_text(encoding="utf-8")
    told = [line for line in text.splitlines() if line.startswith("| ")]
    own = [one for one in mistakes() if one.framework is framework]
    assert told[1:] == [row(one) for one in own]
    assert len(own) >= 3


@pytest.mark.parametrize("mistake", mistakes(), ids=str)
def test_each_mistake_changes_text_of_its_file_and_names_properties(mistake: Mistake) -> None:
    path = RECEIVERS / mistake.framework.name / mistake.file
    text = path.read_text(encoding="utf-8")
    for right, wrong in (*mistake.given, *mistake.changes):
        assert text.count(right) == 1, right
        assert wrong != right
    assert set(mistake.found) <= set(PROPERTIES)
    assert bool(mistake.found) != bool(mistake.said)


def test_the_contract_is_that_of_the_tests_of_receivers() -> None:
    path = ROOT / "tests" / "data" / "receiver.yaml"
    other = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert yaml.safe_load(CONTRACT.read_text(encoding="utf-8")) == other

"""Overlays: a plain document and an overlay, as docs/overlays.md has them, in every command."""

import json
import re
import shutil
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
import yaml
from support.processes import (
    TESTS,
    handled,
    hookproof_in,
    launched_with_log,
    running_mock,
    verify,
)
from support.pytest_runs import outcome_counts, run_pytest

pytestmark = pytest.mark.integration

PAGE = (TESTS.parent / "docs" / "overlays.md").read_text(encoding="utf-8")
DOCUMENT, OVERLAY = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = ["--contract", "pets.yaml", "--overlay", "pets.overlay.yaml"]
ECHO = "/webhooks/petCreated/post/x-hookproof-trigger/echoes/1"
RUN = ["--profile", "quick", "--no-saved-cases", "--webhook-deadline", "3"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with both files, which is the working directory."""
    (tmp_path / "pets.yaml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "pets.overlay.yaml").write_text(OVERLAY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_an_overlay_makes_the_webhook_judged(folder: Path, port: int) -> None:
    alone = ["--contract", "pets.yaml"]
    with running_mock(port, *alone) as url:
        plain = verify(url, port, folder / "plain", *alone, "--no-webhooks", *RUN)
    with running_mock(port, *FILES) as url:
        judged = verify(url, port, folder / "judged", *FILES, *RUN)
    assert (plain.code, judged.code) == (0, 0), judged.out
    assert plain.report["webhooks"]["expected"] == 0
    assert judged.report["webhooks"]["expected"] > 10
    assert judged.report["webhooks"]["verified"] == judged.report["webhooks"]["expected"]
    stated = judged.report["contract"]
    assert (stated["file"], stated["digest"]) == (
        "pets.yaml",
        plain.report["contract"]["digest"],
    )
    assert [one["file"] for one in stated["overlays"]] == ["pets.overlay.yaml"]
    assert plain.report["contract"]["overlays"] == []
    page = (folder / "judged" / "report.html").read_text(encoding="utf-8")
    assert "Pets, version 1, with pets.overlay.yaml" in page


def test_a_finding_has_its_place_in_the_overlay_or_the_document(folder: Path, port: int) -> None:
    text = OVERLAY.replace("deadline: {seconds: 5}", "deadline: {seconds: 3}")
    (folder / "pets.overlay.yaml").write_text(text, encoding="utf-8")
    line = line_of(text, "- {from: $request.body#/name")
    place = f"pets.overlay.yaml:{line}:13"
    faults = ["--fault", "echo-pet-name-constant", "--fault", "status-422-as-500"]
    with running_mock(port, *FILES, *faults) as url:
        run = verify(url, port, folder / "report", *FILES, *RUN)
    assert run.code == 1
    found = {finding["pointer"]: finding for finding in run.report["findings"]}
    assert found[ECHO]["place"] == place
    assert f"{place} ({ECHO})" in run.out
    others = {one["place"].partition(":")[0] for one in found.values()}
    assert others == {"pets.overlay.yaml", "pets.yaml"}
    log = json.loads((folder / "report" / "report.sarif").read_text(encoding="utf-8"))
    places = {
        location["logicalLocations"][0]["fullyQualifiedName"]: location["physicalLocation"]
        for result in log["runs"][0]["results"]
        for location in result["locations"]
    }
    assert places[ECHO] == {
        "artifactLocation": {"uri": "pets.overlay.yaml"},
        "region": {"startLine": line, "startColumn": 13},
    }


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("from_url", [False, True])
def test_the_mock_reloads_a_changed_overlay(folder: Path, workers: str, from_url: bool) -> None:
    command = ["-m", "hookproof", "mock", "--port", "0", "--workers", workers]
    more = "  - {target: $.paths, update: {/cats: {get: {responses: {'204': {description: x}}}}}}\n"
    with (
        handled(SimpleHTTPRequestHandler) as origin,
        (folder / "log").open("w+", encoding="utf-8") as log,
    ):
        document = f"{origin}/pets.yaml" if from_url else "pets.yaml"
        options = ["--contract", document, "--overlay", "pets.overlay.yaml"]
        with launched_with_log([*command, *options], log) as (url, _):
            served = httpx.get(f"{url}/openapi.yaml", trust_env=False)
            assert served.headers["content-type"].startswith("application/yaml")
            trigger = yaml.safe_load(served.text)["webhooks"]["petCreated"]["post"]
            assert trigger["x-hookproof-trigger"]["operation"] == "createPet"
            assert httpx.get(f"{url}/cats", trust_env=False).status_code == 404
            (folder / "pets.overlay.yaml").write_text(OVERLAY + more, encoding="utf-8")
            with Path(log.name).open(encoding="utf-8") as lines:
                seen = 0
                while seen < int(workers):
                    seen += f"was reloaded from {document}" in lines.readline()
            assert httpx.get(f"{url}/cats", trust_env=False).status_code == 204


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["lint", "pets.yaml", "--overlay", "pets.overlay.yaml"], "0 errors, 1 warning"),
        (["lint", "pets.overlay.yaml"], "0 errors, 1 warning"),
        (["token", *FILES], "."),
        (["faults", *FILES], "webhook-never-sent"),
        (["verify", "http://127.0.0.1:1", "--dry-run", *FILES], "requests"),
        (["selftest", "--sample", "2", *FILES], "the mock without faults conforms"),
    ],
)
def test_every_command_takes_an_overlay(folder: Path, arguments: list[str], text: str) -> None:
    done = hookproof_in(folder, *arguments)
    assert done.returncode != 2
    assert text in done.stdout + done.stderr
    (folder / "pets.overlay.yaml").write_text("overlay: 2.0.0\n", encoding="utf-8")
    done = hookproof_in(folder, *arguments)
    assert done.returncode == 2
    assert "pets.overlay.yaml:1:10 (/overlay): overlay is '2.0.0'" in done.stdout + done.stderr


def test_lint_names_the_file_of_each_complaint(folder: Path) -> None:
    text = OVERLAY.replace("petCreated.post", "petCreate.post").replace("Pet.prop", "Pets.prop")
    misspelt = text.replace("update:\n", "udpate:\n")
    wrong = DOCUMENT.replace("maxLength: 80", "maxLength: x")
    (folder / "pets.overlay.yaml").write_text(misspelt, encoding="utf-8")
    (folder / "pets.yaml").write_text(wrong, encoding="utf-8")
    done = hookproof_in(folder, "lint", "pets.overlay.yaml", "--format", "json")
    assert done.returncode == 1
    found = {
        (one["rule"], one["file"], one["line"], one["disables"])
        for one in json.loads(done.stdout)["complaints"]
    }
    assert found == {
        ("schema-keyword", "pets.yaml", line_of(DOCUMENT, "maxLength"), "constraint"),
        ("overlay", "pets.overlay.yaml", line_of(text, "x-hookproof-trigger"), None),
        ("overlay", "pets.overlay.yaml", line_of(text, "- target"), "overlay action"),
        ("overlay-target", "pets.overlay.yaml", line_of(text, "- target: $.components"), None),
    }
    done = hookproof_in(folder, "faults", *FILES)
    lint = "run hookproof lint pets.yaml --overlay pets.overlay.yaml"
    assert done.stderr.splitlines() == [
        f"hookproof: pets.yaml: 3 errors leave out 1 constraint and 1 overlay action; {lint}",
        f"hookproof: pets.overlay.yaml: 1 target selects nothing; {lint}",
    ]


def test_an_overlay_that_extends_no_file_is_not_linted_alone(folder: Path) -> None:
    text = OVERLAY.replace("extends: pets.yaml\n", "")
    (folder / "pets.overlay.yaml").write_text(text, encoding="utf-8")
    done = hookproof_in(folder, "lint", "pets.overlay.yaml")
    assert done.returncode == 2
    assert "pass its document, and --overlay pets.overlay.yaml" in done.stderr


def test_configuration_and_environment_name_overlays(folder: Path) -> None:
    config = '[verify]\ncontract = "pets.yaml"\noverlay = ["pets.overlay.yaml"]\n'
    (folder / "hookproof.toml").write_text(config, encoding="utf-8")
    below = folder / "below"
    below.mkdir()
    (folder / "more.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: x, version: x}\n"
        "actions: [{target: $.nothing, remove: true}]\n",
        encoding="utf-8",
    )
    run = ["verify", "http://127.0.0.1:1", "--dry-run"]
    done = hookproof_in(below, *run)
    assert (done.returncode, done.stderr) == (0, "")
    both = "../more.yaml:../pets.overlay.yaml"
    done = hookproof_in(below, *run, HOOKPROOF_OVERLAY=both)
    assert done.returncode == 0
    assert "../more.yaml: 1 target selects nothing" in done.stderr
    assert "--overlay ../more.yaml --overlay ../pets.overlay.yaml" in done.stderr


def test_the_suite_and_the_fixture_of_pytest_take_an_overlay(folder: Path, port: int) -> None:
    (folder / "pytest.ini").write_text(
        "[pytest]\nhookproof_contract = pets.yaml\nhookproof_overlay = pets.overlay.yaml\n",
        encoding="utf-8",
    )
    (folder / "test_sink.py").write_text(
        "import urllib.request\n"
        "def test_sink(hookproof_sink, hookproof_overlay):\n"
        "    assert [path.name for path in hookproof_overlay] == ['pets.overlay.yaml']\n"
        '    body = b\'{"event": "petCreated", "pet": {"id": 1}}\'\n'
        "    urllib.request.urlopen(hookproof_sink.url, body).close()\n"
        "    delivery = hookproof_sink.wait_for('petCreated')\n"
        "    assert hookproof_sink.judge(delivery).event.name == 'petCreated'\n",
        encoding="utf-8",
    )
    done = run_pytest(folder, "test_sink.py", "-q")
    assert outcome_counts(done.stdout) == {"passed": 1}, done.stdout
    options = [*FILES, "--webhook-listen", f"127.0.0.1:{port}", *RUN]
    with running_mock(port, *FILES) as url:
        done = run_pytest(
            folder, "--pyargs", "contracts", "--hookproof-url", url, "--hookproof-report-dir", "r",
            "--hookproof-args", " ".join(options), "-q",
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    report = json.loads((folder / "r" / "report.json").read_text(encoding="utf-8"))
    assert report["webhooks"]["expected"] > 10
    assert [one["file"] for one in report["contract"]["overlays"]] == ["pets.overlay.yaml"]


def test_a_saved_case_remembers_the_overlay(folder: Path, port: int) -> None:
    with running_mock(port, *FILES, "--fault", "status-422-as-500") as url:
        options = ["--profile", "quick", "--no-webhooks", "--max-requests", "60"]
        verify(url, port, folder / "one", "--contract", "pets.yaml", *options)
        (plain,) = saved_digests(folder)
        shutil.rmtree(folder / ".hookproof")
        verify(url, port, folder / "two", *FILES, *options)
        (overlaid,) = saved_digests(folder)
    assert plain != overlaid


def saved_digests(folder: Path) -> set[str]:
    """Return the digests of the contract in the saved cases."""
    texts = [path.read_text(encoding="utf-8") for path in (folder / ".hookproof").rglob("*.json")]
    return {found for text in texts for found in re.findall(r'"contract": "(\w{64})"', text)}

"""From `hookproof init` to a verdict about the webhooks of a FastAPI application.

The overlay is the written one; of its TODOs, only that about repeated deliveries is done. Each
mistake of `tests/shared/webhook_service.py` makes a violation that shows it.
"""

import re
from pathlib import Path

import pytest
from support.processes import SHARED, Run, hookproof_in, started, verify
from support.sampling import some
from webhook_service import MISTAKES

pytestmark = pytest.mark.integration

MAX_LINES = 15
SHOWN_BY = {
    "never-sent": r"webhook-sent: no event arrived",
    "one-in-three": r"webhook-sent: .* no event arrived",
    "sent-twice": r"webhook-redelivery: ",
    "name-cut": r"webhook-echo: .* at /name \(cut at 20 characters\)",
    "another-id": r"webhook-echo: .* at /id",
    "previous-pet": r"webhook-(echo|sent|unexpected): ",
    "local-time": r"webhook-echo: .* at /created_at",
    "tag-lost": r"webhook-echo: .* at /tag",
    "missing-name": r"webhook-schema: .*'name'",
    "id-as-object": r"webhook-schema: .* /id",
    "text-body": r"webhook-media-type: ",
}
"""Check and text of a violation that shows the mistake, by its name."""


def judge(port: int, folder: Path, *mistakes: str) -> Run:
    """Draft the overlay of the running service, do one TODO, and judge the service."""
    command = ["-m", "webhook_service", "--webhook-url", f"http://127.0.0.1:{port}/hooks"]
    command += [part for name in mistakes for part in ("--mistake", name)]
    with started(command, PYTHONPATH=str(SHARED)) as url:
        document = f"{url}/openapi.json"
        done = hookproof_in(folder, "init", document, "-o", "pets.overlay.yaml")
        assert done.returncode == 0, done.stderr
        overlay = folder / "pets.overlay.yaml"
        text = overlay.read_text(encoding="utf-8")
        stated = re.sub(r"( +)operation: .*\n", r"\g<0>\1delivery: exactly-once\n", text)
        stated = re.sub(r"# TODO: .* state delivery: .*\n", "", stated)
        overlay.write_text(stated, encoding="utf-8")
        assert stated.count("\n") == text.count("\n") <= MAX_LINES
        options = ["--contract", document, "--overlay", str(overlay), "--no-saved-cases"]
        options += ["--profile", "quick", "--webhook-deadline", "2"]
        return verify(url, port, folder / "report", *options)


def test_the_right_application_conforms(port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path)
    assert (run.code, run.report["findings"]) == (0, []), run.out
    counts = run.report["webhooks"]
    assert counts["expected"] == counts["delivered"] == counts["verified"] > 10


@pytest.mark.parametrize("mistake", some(MISTAKES, 3))
def test_each_mistake_of_a_webhook_is_found(mistake: str, port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, mistake)
    found = [one for one in run.report["findings"] if one["severity"] == "violation"]
    said = [f"{one['check']}: {one['message']}" for one in found]
    assert any(re.search(SHOWN_BY[mistake], text) for text in said), said
    assert run.code == 1
    assert all(one["check"].startswith("webhook-") for one in found), said

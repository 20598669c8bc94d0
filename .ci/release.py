"""Prepare a release: write its section of the changelog, and check its version in each file.

`release.py 0.2.0 2026-12-24` moves the section Unreleased and the fragments into that of the
version. `release.py --check 0.2.0` ends with exit code 1 unless every file states this version.
"""

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""Headings of a section, in their order (Keep a Changelog)."""
API_DOCUMENTS = ("mock_server/admin/openapi.yaml", "webhook_sink/api/openapi.yaml")


def fragments(root: Path) -> dict[Path, str]:
    """Return the kind of each fragment `changelog.d/<name>.<kind>.md`, by its path.

    Raise `ValueError` for a file of another name, or one that is no list.
    """
    found = {}
    for path in sorted((root / "changelog.d").glob("*")):
        name = re.fullmatch(r"[a-z0-9-]+\.([a-z]+)\.md", path.name)
        if name is None or name[1].capitalize() not in KINDS:
            raise ValueError(f"{path.name}: name it <topic>.<kind>.md; a kind is one of {KINDS}")
        if not re.fullmatch(r"(?:- .+\n(?:  .+\n)*)+", path.read_text(encoding="utf-8")):
            raise ValueError(f"{path.name}: write a list, one item for each change")
        found[path] = name[1].capitalize()
    return found


def released(changelog: str, added: Sequence[tuple[str, str]], version: str, date: str) -> str:
    """Return the changelog with a section for `version`: Unreleased, and `added` by kind."""
    before, heading, rest = changelog.partition("## [Unreleased]\n")
    body, following, after = rest.partition("\n## [")
    if not heading:
        raise ValueError("CHANGELOG.md has no section Unreleased")
    parts = re.split(r"^### (.*)\n", body, flags=re.MULTILINE)
    known = dict(zip(parts[1::2], (part.strip("\n") for part in parts[2::2]), strict=True))
    for kind, text in added:
        known[kind] = "\n".join(filter(None, (known.get(kind), text.strip("\n"))))
    sections = "".join(f"\n### {kind}\n\n{known[kind]}\n" for kind in KINDS if kind in known)
    return f"{before}{heading}\n## [{version}] - {date}\n{sections}{following}{after}"


def stated_versions(root: Path) -> dict[str, str]:
    """Return the version that each file states."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    stated = {"pyproject.toml": str(project["version"])}
    stated["CHANGELOG.md"] = re.findall(r"^## \[(\d.*)\] - ", changelog, re.MULTILINE)[0]
    for name in API_DOCUMENTS:
        text = (root / name).read_text(encoding="utf-8")
        stated[name] = re.findall(r"^  version: (.*)$", text, re.MULTILINE)[0]
    return stated


def main(arguments: Sequence[str]) -> int:
    root = Path.cwd()
    if len(arguments) != 2:
        print("usage: release.py VERSION DATE, or release.py --check VERSION", file=sys.stderr)
        return 2
    if arguments[0] == "--check":
        wrong = {k: v for k, v in stated_versions(root).items() if v != arguments[1]}
        for name, version in wrong.items():
            print(f"{name} states the version {version}, not {arguments[1]}", file=sys.stderr)
        return int(bool(wrong))
    path = root / "CHANGELOG.md"
    try:
        found = fragments(root)
        added = [(kind, one.read_text(encoding="utf-8")) for one, kind in found.items()]
        text = released(path.read_text(encoding="utf-8"), added, *arguments)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    path.write_text(text, encoding="utf-8")
    for one in found:
        one.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

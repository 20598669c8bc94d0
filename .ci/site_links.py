"""Hook of mkdocs: files outside `docs/` that pages link to become part of the site.

A link leads to the same file in the repository and in the site, so each page has one text.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
"""Link to another file: what precedes the path, the path, an anchor."""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the files of the navigation, of links and of the theme that are not in `docs/`."""
    docs = Path(config.docs_dir)
    icon = docs.parent / "openapi" / "http" / "static" / "icon.svg"
    files.append(File.generated(config, config.theme["logo"], abs_src_path=str(icon)))
    waiting = [*_named(config.nav), *(file.src_uri for file in files.documentation_pages())]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        known = files.get_file_from_path(name)
        if known is None:
            if not (docs.parent / name).is_file():
                continue  # mkdocs reports it
            known = File.generated(config, name, abs_src_path=str(docs.parent / name))
            files.append(known)
        if known.is_documentation_page():
            waiting += [_in_site(docs, name, path) for _, path, _ in LINK.findall(_text(known))]
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Rewrite the links of a page from places in the repository to places in the site."""
    name, docs = page.file.src_uri, Path(config.docs_dir)

    def moved(link: re.Match[str]) -> str:
        path = posixpath.relpath(_in_site(docs, name, link[2]), posixpath.dirname(name) or ".")
        return f"{link[1]}{path}{link[3]}"

    return LINK.sub(moved, markdown)


def _text(file: File) -> str:
    return Path(str(file.abs_src_path)).read_text(encoding="utf-8")


def _in_site(docs: Path, page: str, path: str) -> str:
    """Return the place in the site of a path that a page names; `docs/` is the root."""
    inside = docs.name if (docs / page).is_file() else ""
    place = posixpath.normpath(posixpath.join(inside, posixpath.dirname(page), path))
    return place.removeprefix(f"{docs.name}/")


def _named(nav: Any) -> Iterator[str]:
    """Yield the paths in the navigation."""
    if isinstance(nav, str):
        yield nav
    else:
        for one in nav.values() if isinstance(nav, dict) else nav:
            yield from _named(one)

"""Pictures of the pages: all are there and shown."""

import re
from itertools import product
from pathlib import Path

from support.screenshots import FOLDER, NAMES, SCHEMES, WIDTHS, file_name

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "pages.md"


def test_the_gallery_shows_each_page_in_both_schemes_and_widths() -> None:
    names = {file_name(*one) for one in product(NAMES, SCHEMES, WIDTHS)}
    assert {path.name for path in FOLDER.iterdir()} == names
    shown = re.findall(r"\(pages/(.+?)\)", GALLERY.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(names)

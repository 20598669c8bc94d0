"""Amounts of time and of bytes, as options say them."""

import argparse
import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}


def duration(text: str) -> float:
    """Read `90s`, `30m`, `12h` or `7d`, in seconds."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text, re.ASCII)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 90s, 30m, 12h or 7d")
    return float(int(found[1]) * _SECONDS[found[2]])


def size(text: str) -> int:
    """Read `512KiB`, `500MB` or `2GiB`, in bytes."""
    found = re.fullmatch(r"(\d{1,9})([KMG]iB|kB|MB|GB)", text, re.ASCII)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 512KiB, 500MB or 2GiB")
    return int(found[1]) * _BYTES[found[2]]

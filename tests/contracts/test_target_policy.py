"""Target policy: a run on another machine does only what the options allow."""

import json
from pathlib import Path
from typing import Literal

import pytest
from support.command_line import parse_command_line
from support.processes import hookproof

from hookproof.commands.target_policy import TargetPolicy, decide_target_policy, same_host
from hookproof.commands.verify_settings import apply_target_policy, settings_from_options
from hookproof.errors import CommandError
from hookproof.options import types
from hookproof.serving.sockets import is_loopback
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from openapi.rate import Rate

FAR = ("192.0.2.7",)
NEAR = ("127.0.0.1", "::1")
LIMITS = [{"requests": 50, "seconds": 5}, {"requests": 300, "seconds": 60}]


def held(
    addresses: tuple[str, ...],
    *extra_phases: str,
    named: str = "api.example.com",
    pace: Rate | Literal["none"] | None = None,
) -> TargetPolicy:
    return decide_target_policy("api.example.com", addresses, [named], extra_phases, pace, LIMITS)


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("127.255.0.9",), ("::1",), ("::ffff:127.0.0.1",), ("::1%lo", "127.0.0.1")],
)
def test_recognises_loopback_addresses(addresses: tuple[str, ...]) -> None:
    assert is_loopback(addresses)


@pytest.mark.parametrize(
    "addresses",
    [(), FAR, ("127.0.0.1", "192.0.2.7"), ("0.0.0.0",), ("::",), ("::ffff:192.0.2.7",)],
)
def test_a_host_with_another_address_is_not_loopback(addresses: tuple[str, ...]) -> None:
    assert not is_loopback(addresses)


def test_a_remote_host_must_be_allowed_by_name() -> None:
    assert held(FAR).gentle
    assert held(FAR, named="API.example.com.").gentle
    for other in ("example.com", "api.example.com.evil.test", "pi.example.com", "192.0.2.7"):
        with pytest.raises(CommandError, match=r"pass --allow-host api\.example\.com"):
            held(FAR, named=other)
    assert not held(NEAR, named="other").gentle


def test_spellings_of_one_address_are_the_same_host() -> None:
    assert same_host("2001:DB8:0::1", "2001:db8::1")
    assert not same_host("2001:db8::1", "2001:db8::2")


def test_extra_phases_run_by_default_on_loopback_only() -> None:
    assert held(NEAR).extra_phases == {"retry", "concurrency"}
    assert held(NEAR, "rate-limit").extra_phases == {"rate-limit", "retry", "concurrency"}
    assert held(NEAR, "none", "rate-limit").extra_phases == {"rate-limit"}
    assert held(NEAR, "none").extra_phases == set()
    assert held(FAR).extra_phases == set()
    assert held(FAR, "retry").extra_phases == {"retry"}


def test_the_strictest_documented_limit_paces_a_remote_run() -> None:
    assert held(FAR).rate_limit == Rate(300, 60)
    assert held(FAR, pace=Rate(1, 1)).rate_limit == Rate(1, 1)
    assert held(FAR, pace="none").rate_limit is None
    assert held(NEAR).rate_limit is None
    assert held(NEAR, pace=Rate(1, 1)).rate_limit == Rate(1, 1)


def test_resolves_the_host_to_choose_the_policy() -> None:
    for url in ("http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "http://2130706433"):
        options = parse_command_line(["verify", url], Path("/"))
        settings = apply_target_policy(settings_from_options(options), options, load_contract())
        assert (settings.gentle, settings.rate_limit) == (False, None), url
        assert settings.extra_phases == {"retry", "concurrency"}
    options = parse_command_line(
        ["verify", "http://192.0.2.7", "--allow-host", "192.0.2.7"], Path("/")
    )
    settings = apply_target_policy(settings_from_options(options), options, load_contract())
    assert (settings.gentle, settings.extra_phases) == (True, frozenset())
    assert settings.rate_limit == Rate(50, 5)


@pytest.mark.parametrize(
    "url",
    [
        "http://user@192.0.2.7/",
        "http://127.0.0.1:80@192.0.2.7/",
        "http://127.0.0.1\\@192.0.2.7/",
        "http://127.0.0.1 .example.com",
        "http://127.0.0.1\t.example.com",
        "http://\uff11\uff12\uff17.0.0.1",
        "http://127.0.0.1%2eexample.com",
        "http://[::1%25lo]",
        "http://-.example.com",
    ],
)
def test_rejects_an_ambiguous_url(url: str) -> None:
    with pytest.raises(ValueError, match="is not a URL of a service"):
        types.parse_url(url)


@pytest.mark.integration
@pytest.mark.parametrize("host", ["127.0.0.1.example.invalid", "192.0.2.7", "host.invalid"])
def test_sends_nothing_to_a_host_that_is_not_allowed(host: str, tmp_path: Path) -> None:
    port = str(free_port())
    done = hookproof(
        "verify", f"http://{host}:{port}", "--no-webhooks", "--report-dir", str(tmp_path)
    )
    assert done.returncode == 2
    assert f"{host} is not this machine: pass --allow-host {host}" in done.stdout
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["requests"] == 0
    assert done.stderr == ""

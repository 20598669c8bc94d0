"""Configuration file `hookproof.toml`: discovery, precedence, errors with places, schema."""

import json
import os
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import trustme
from support.command_line import contexts, option_names, parse_command_line
from support.processes import hookproof

from hookproof import CONFIG_FILE_NAME
from hookproof.errors import CommandError
from hookproof.options.command import Secret
from hookproof.options.config_file import TABLES, config_keys, find_config_file
from hookproof.options.config_values import json_type
from openapi.rate import Rate

SCHEMA: dict[str, Any] = json.loads(
    (files("hookproof") / "hookproof.schema.json").read_text(encoding="utf-8")
)
WHOLE = """
[verify]
url = "http://127.0.0.1:8000/"
token = "${MY_TOKEN}"
header = ["X-Key: ${MY_KEY}", "X-Other: 1"]
extra-phase = "rate-limit"
profile = "quick"
only = ["webhooks", "server-error"]
skip = "fuzzing"
webhook-listen = "0.0.0.0:${MY_PORT}"
webhook-deadline = 3
request-timeout = 2.5
rate-limit = "10/s"
max-requests = 500
max-time = 90
exclude-operation = ["DELETE", "/users/*"]
strict = true
contract = "contracts/other.yaml"

[mock]
port = 4011
fault = ["name-truncated"]

[sink]
reply = ["500,200", "/a: hang"]
"""
ENVIRONMENT = {"MY_TOKEN": "the-token", "MY_KEY": "the-key", "MY_PORT": "4444"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a complete configuration, and set its environment variables."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.startswith("HOOKPROOF_")]:
        monkeypatch.delenv(name)
    write(tmp_path, WHOLE)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / CONFIG_FILE_NAME).write_text(text, encoding="utf-8")


def test_every_key_sets_its_option(folder: Path) -> None:
    options = parse_command_line(["verify"], folder)
    assert options.url == "http://127.0.0.1:8000"
    assert options.token == "the-token"
    assert options.header == (("X-Key", "the-key"), ("X-Other", "1"))
    assert (options.extra_phase, options.profile) == (("rate-limit",), "quick")
    assert (options.only, options.skip) == (("webhooks", "server-error"), ("fuzzing",))
    assert options.webhook_listen == ("0.0.0.0", 4444)
    assert (options.webhook_deadline, options.request_timeout) == (3.0, 2.5)
    assert (options.rate_limit, options.max_requests) == (Rate(10, 1), 500)
    assert (options.max_time, options.exclude_operation) == (90.0, ("DELETE", "/users/*"))
    assert (options.strict, options.require_decided) == (True, False)
    assert options.contract == folder / "contracts" / "other.yaml"
    assert parse_command_line(["mock"], folder).fault == ("name-truncated",)
    assert parse_command_line(["mock"], folder).port == 4011
    assert parse_command_line(["sink"], folder).reply == ("500,200", "/a: hang")


def test_command_line_precedes_environment_precedes_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ["verify", "http://127.0.0.1:9000", "--profile", "thorough", "-H", "X-New: 2"]
    options = parse_command_line([*line, "--extra-phase", "retry", "--extra-phase", "none"], folder)
    assert (options.url, options.profile) == ("http://127.0.0.1:9000", "thorough")
    assert (options.header, options.extra_phase) == ((("X-New", "2"),), ("retry", "none"))
    monkeypatch.setenv("HOOKPROOF_ONLY", "webhook-echo fuzzing")
    assert parse_command_line(["verify"], folder).only == ("webhook-echo", "fuzzing")
    assert parse_command_line(["verify", "--only", "retry"], folder).only == ("retry",)
    monkeypatch.setenv("HOOKPROOF_OPERATION", "getUser, GET  /users/*")
    for command in ("mock", "verify"):
        options = parse_command_line([command], folder)
        assert options.operation == ("getUser", "GET /users/*")
        assert parse_command_line([command, "--operation", "PUT"], folder).operation == ("PUT",)
    monkeypatch.setenv("HOOKPROOF_TOKEN", "of the environment")
    monkeypatch.delenv("MY_TOKEN")
    assert parse_command_line(["verify"], folder).token == "of the environment"
    assert parse_command_line(["verify", "--token", ""], folder).token == "of the environment"
    assert parse_command_line(["verify", "--token", "of-the-line"], folder).token == "of-the-line"
    monkeypatch.setenv("HOOKPROOF_TOKEN", "")
    with pytest.raises(CommandError, match=r"hookproof\.toml:4: token: .*MY_TOKEN is not set"):
        parse_command_line(["verify"], folder)


def test_the_environment_replaces_the_first_of_several_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "[sink]\nwebhook-secret = ['${MY_TOKEN}', '${MY_KEY}']\n")
    assert parse_command_line(["sink"], folder).webhook_secret == ("the-token", "the-key")
    monkeypatch.setenv("HOOKPROOF_WEBHOOK_SECRET", "of the environment")
    monkeypatch.delenv("MY_TOKEN")
    secrets = ("of the environment", "the-key")
    assert parse_command_line(["sink"], folder).webhook_secret == secrets
    line = ["sink", "--webhook-secret", "", "--webhook-secret", "two"]
    assert parse_command_line(line, folder).webhook_secret == ("of the environment", "two")
    line = ["sink", "--webhook-secret", "one", "--webhook-secret", "two"]
    assert parse_command_line(line, folder).webhook_secret == ("one", "two")
    write(folder, "[sink]\nwebhook-secret = ['${MY_KEY}', 'plain']\n")
    with pytest.raises(CommandError, match=":2: webhook-secret: a secret must not be"):
        parse_command_line(["sink"], folder)


def test_a_secret_of_the_file_is_replaced_by_the_variable_of_its_option(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "[sink]\ntoken = '${MY_TOKEN}'\n")
    monkeypatch.setenv("HOOKPROOF_TOKEN", "of verify")
    assert parse_command_line(["sink"], folder).token == "the-token"
    monkeypatch.setenv("HOOKPROOF_SINK_TOKEN", "of the environment")
    monkeypatch.delenv("MY_TOKEN")
    assert parse_command_line(["sink"], folder).token == "of the environment"
    write(folder, "[sink]\ntoken = 'plain'\n")
    monkeypatch.delenv("HOOKPROOF_SINK_TOKEN")
    with pytest.raises(CommandError, match=r"such as \$\{HOOKPROOF_SINK_TOKEN\}"):
        parse_command_line(["sink"], folder)


def test_a_store_is_a_path_or_a_database_without_a_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "[sink]\nstore = 'deliveries.db'\n")
    assert parse_command_line(["sink"], folder).store == folder / "deliveries.db"
    write(folder, "[sink]\nstore = 'postgresql://${MY_KEY}@h:5432/d'\n")
    assert parse_command_line(["sink"], folder).store.text == "postgresql://the-key@h:5432/d"
    write(folder, "[sink]\nstore = 'postgresql://u:${MY_KEY}@h/d?sslmode=require'\n")
    store = parse_command_line(["sink"], folder).store
    assert store.text == "postgresql://u:the-key@h/d?sslmode=require"
    assert "the-key" not in f"{store} {store!r}"
    monkeypatch.setenv("MY_KEY", "a/key")
    with pytest.raises(CommandError, match="write a PostgreSQL store as") as raised:
        parse_command_line(["sink"], folder)
    assert "a/key" not in str(raised.value)
    for text in ("postgresql://u:plain@h/d", "postgres://h/d?password=plain"):
        write(folder, f"[sink]\nstore = '{text}'\n")
        with pytest.raises(CommandError, match=":2: store: a password must not be in") as raised:
            parse_command_line(["sink"], folder)
        assert "plain" not in str(raised.value)


def test_paths_are_relative_to_the_configuration_file(folder: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(folder / "ca.pem"))
    for text, value in (("ca.pem", folder / "ca.pem"), ("false", False), ("true", True)):
        write(folder, f"[verify]\ntls-verify = '{text}'\n")
        assert parse_command_line(["verify"], folder).tls_verify == value
    write(folder, "[verify]\ntls-verify = 'nowhere.pem'\n")
    with pytest.raises(CommandError, match=r":2: tls-verify: .*nowhere\.pem.* false trusts any"):
        parse_command_line(["verify"], folder)


def test_is_found_in_parent_folders_up_to_the_repository_root(tmp_path: Path) -> None:
    deep = tmp_path / "repository" / "a" / "b"
    deep.mkdir(parents=True)
    write(tmp_path, WHOLE)
    assert find_config_file(deep) == tmp_path / CONFIG_FILE_NAME
    (tmp_path / "repository" / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    assert find_config_file(deep) is None
    write(tmp_path / "repository", WHOLE)
    assert find_config_file(deep) == tmp_path / "repository" / CONFIG_FILE_NAME
    write(tmp_path / "repository" / "a", WHOLE)
    assert find_config_file(deep) == tmp_path / "repository" / "a" / CONFIG_FILE_NAME


def test_config_option_selects_a_file(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "ours.toml"
    other.write_text("[mock]\nport = 4012\n", encoding="utf-8")
    options = parse_command_line(["mock", "--config", str(other)], folder)
    assert (options.port, options.fault, options.config) == (4012, (), other)
    with pytest.raises(CommandError, match=r"nowhere\.toml: cannot be read"):
        parse_command_line(["mock", "--config", str(folder / "nowhere.toml")], folder)


REFUSED = {
    "an unknown key": (
        "[verify]\nprofil = 'quick'",
        ":2: unknown key 'profil'; did you mean 'prof",
    ),
    "an unknown key of another command": ("[mock]\nx = 1", ":2: unknown key 'x'; known are "),
    "an unknown table": (
        "[verfy]\nurl = ''",
        ":1: 'verfy' is not a table of this file; did you mean 'verify'?",
    ),
    "a key outside of a table": (
        "strict = true",
        ":1: 'strict' is not a table of this file; known are mock, ",
    ),
    "a table that is none": ("verify = 1", ":1: 'verify' is not a table"),
    "a snake": ("[verify]\nreport_dir = 'x'", ":2: unknown key 'report_dir'; did you mean"),
    "a dry run": ("[verify]\ndry-run = true", ":2: unknown key 'dry-run'"),
    "another file": ("[verify]\nconfig = 'x'", ":2: unknown key 'config'"),
    "text for a flag": ("[verify]\nstrict = 'yes'", ":2: strict: not a boolean"),
    "a flag for text": ("[verify]\nurl = true", ":2: url: not a string"),
    "a flag for a number": ("[verify]\nseed = true", ":2: seed: not an integer"),
    "a fraction for a whole number": ("[verify]\nmax-requests = 1.5", ":2: max-requests: not an"),
    "a list for one value": ("[verify]\nseed = [1]", ":2: seed: not an integer"),
    "a number in a list of texts": ("[verify]\nheader = [1]", ":2: header: not a string"),
    "none of the profiles": (
        "[verify]\nprofile = 'slow'",
        ":2: profile: 'slow' is not one of 'quick'",
    ),
    "an unknown check": (
        "[verify]\nonly = ['webhooks', 'server-eror']",
        ":2: only: no check or phase 'server-eror'; did you mean 'server-error'?",
    ),
    "a time that is none": ("[verify]\nmax-time = '90s'", ":2: max-time: not a number"),
    "an empty operation": (
        "[verify]\noperation = ' '",
        ":2: operation: an operation needs an id, a method or a path",
    ),
    "a number out of its bounds": ("[verify]\nwait = -1", ":2: wait: '-1' is not a number of sec"),
    "a rate that is none": ("[verify]\nrate-limit = 'fast'", ":2: rate-limit: 'fast' is not a rat"),
    "a token in the file": ("[verify]\n\ntoken = 'abc'", ":3: token: a secret must not be in"),
    "a secret with a variable": ("[mock]\njwt-secret = 'x${MY_KEY}'", ":2: jwt-secret: a secret"),
    "an unset variable": ("[verify]\nurl = '${NOT_SET}'", ":2: url: the variable NOT_SET is not"),
    "a variable left open": ("[verify]\nurl = '${MY_KEY'", ":2: url: write a variable as ${NAM"),
    "a value of a variable": ("[verify]\nurl = '${MY_KEY}'", ":2: url: '${MY_KEY}' is not a URL"),
    "a variable for one of the profiles": (
        "[verify]\nprofile = '${MY_KEY}'",
        ":2: profile: '${MY_KEY}' is not one of",
    ),
    "no TOML": ("[verify\n", ": not TOML in UTF-8: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_rejects_an_invalid_file_with_its_place(name: str, folder: Path) -> None:
    text, sentence = REFUSED[name]
    write(folder, text)
    with pytest.raises(CommandError) as caught:
        parse_command_line(["verify"] if "mock" not in text else ["mock"], folder)
    assert str(caught.value).startswith(f"{folder / CONFIG_FILE_NAME}{sentence}")
    assert not {"the-key", "abc", "the-token"} & set(re.findall(r"[\w-]+", str(caught.value)))


@pytest.mark.integration
def test_an_invalid_file_is_one_line_and_exit_code_2(folder: Path) -> None:
    write(folder, "[verify]\nprofil = 'quick'\n")
    done = hookproof("verify", "--config", str(folder / CONFIG_FILE_NAME))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "hookproof.toml:2: unknown key 'profil'; did you mean 'profile'?" in done.stderr


@pytest.mark.integration
def test_verify_without_a_url_is_an_error(tmp_path: Path) -> None:
    done = hookproof("verify", "--report-dir", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("hookproof: no URL of a service")


def described(param: click.Parameter) -> set[str]:
    """Return the JSON types that the schema must allow for an option."""
    return {json_type(param), "array"} if param.multiple else {json_type(param)}


def json_types(stated: dict[str, Any]) -> set[str]:
    if "$ref" in stated:
        return {"string"}
    if stated.get("type") == "array":
        assert json_types(stated["items"]) == {"string"}
    return {stated["type"]} if "type" in stated else set().union(*map(json_types, stated["anyOf"]))


def test_the_schema_describes_every_option() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    read = {name for name, one in contexts().items() if "--config" in option_names(one)}
    assert set(SCHEMA["properties"]) == set(TABLES) == read
    for name in TABLES:
        stated = SCHEMA["properties"][name]["properties"]
        options = config_keys(name)
        assert set(stated) == set(options), name
        for key, param in options.items():
            assert json_types(stated[key]) == described(param), key
            secret = isinstance(param, Secret)
            assert ("#/$defs/secret" in json.dumps(stated[key])) == secret, key
            first = stated[key]["anyOf"][0] if param.multiple else stated[key]
            choices = list(param.type.choices) if isinstance(param.type, click.Choice) else None
            assert first.get("enum") == choices, key


def test_the_schema_accepts_and_rejects_like_the_command() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(tomllib.loads(WHOLE))
    beyond = {
        "no TOML",
        "an unknown check",
        "an empty operation",
        "a rate that is none",
        "an unset variable",
        "a variable left open",
    }
    for name in REFUSED.keys() - beyond - {"a value of a variable"}:
        assert not validator.is_valid(tomllib.loads(REFUSED[name][0])), name


def test_credentials_come_from_options_a_variable_or_references_in_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ["Key=${MY_KEY}", "Staff=me:${MY_TOKEN}", "Other=${MY_KEY}:${MY_TOKEN}"]
    file.append("Bare=${MY_KEY}:")
    write(folder, f"[verify]\ncredential = {json.dumps(file)}\n")
    read = [("Key", "the-key"), ("Staff", "me:the-token"), ("Other", "the-key:the-token")]
    read.append(("Bare", "the-key:"))
    assert parse_command_line(["verify"], folder).credential == tuple(read)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate({"verify": {"credential": file}, "mock": {"credential": file[0]}})
    monkeypatch.setenv("HOOKPROOF_CREDENTIAL", "Key=a=b Staff=me:x")
    monkeypatch.delenv("MY_KEY")
    assert parse_command_line(["verify"], folder).credential == (("Key", "a=b"), ("Staff", "me:x"))
    assert parse_command_line(["mock"], folder).credential == (("Key", "a=b"), ("Staff", "me:x"))
    monkeypatch.setenv("HOOKPROOF_CREDENTIAL", "Staff=me:with spaces\nKey=x\n")
    spaced = (("Staff", "me:with spaces"), ("Key", "x"))
    assert parse_command_line(["verify"], folder).credential == spaced
    assert parse_command_line(["verify", "--credential", ""], folder).credential == spaced
    line = ["verify", "--credential", "Key=1", "--credential", "Staff=me:2"]
    assert parse_command_line(line, folder).credential == (("Key", "1"), ("Staff", "me:2"))


@pytest.mark.parametrize(
    "text", ["Key=a-secret", "a-secret", "Staff=me:a-secret", "a-secret${MY_KEY}"]
)
def test_a_credential_in_the_file_is_an_error(text: str, folder: Path) -> None:
    write(folder, f"[verify]\ncredential = ['{text}']\n")
    with pytest.raises(CommandError, match=r"such as SCHEME=\$\{NAME\}") as caught:
        parse_command_line(["verify"], folder)
    assert "a-secret" not in str(caught.value)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({"verify": {"credential": [text]}})

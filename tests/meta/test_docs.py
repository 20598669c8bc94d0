"""Documentation: tables, options, names, links and examples agree with the code."""

import ast
import inspect
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from importlib.resources import files
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import click
import httpx
import jsonschema
import pytest
import yaml
from real_documents import DOCUMENTS
from support.command_line import contexts, option_names, parse_command_line
from support.signatures import signature_of
from vendor_libraries import LIBRARIES

import hookproof
from contracts.checks import CHECKS, authentication, deliveries
from contracts.model.settings import EXTRA_PHASES, Settings
from contracts.observed_run import OBSERVED_CHECKS
from contracts.outcome import RunOutcome
from contracts.receivers.properties import PROPERTIES
from contracts.reporting import report, run_data
from contracts.reporting.evidence import evidence
from hookproof import CONFIG_FILE_NAME
from hookproof.baseline import read
from hookproof.commands.lint import EXIT_COMPLAINTS, EXIT_NO_COMPLAINTS
from hookproof.commands.mutation_score import KNOWN_IDLE_CHECKS
from hookproof.commands.verify_settings import CASES_DIR_NAME
from hookproof.errors import EXIT_ERROR, EXIT_INTERRUPTED, CommandError
from mock_server.admin.api import AdminApi
from mock_server.exchange import MockExchange
from mock_server.faults import responses
from mock_server.faults.derived import derived_faults
from mock_server.faults.table import HANDWRITTEN_FAULTS
from mock_server.messages import EventMessage, HttpResponse
from mock_server.middleware.prefer_header import PREFERENCE_NAMES
from mock_server.storage.records import request_record
from mock_server.webhooks.records import DeliveryRecord
from openapi.contract import Contract
from openapi.examples import named_examples
from openapi.finding import Finding
from openapi.linting.rules import RULES
from openapi.loading.fixed_fields import FIXED_FIELDS, SCHEMA_KEYWORDS
from openapi.loading.loader import load_contract
from openapi.redaction import Redaction
from openapi.schemas.formats import FORMATS
from webhook_sink.api.routes import api_routes
from webhook_sink.api.services import Services
from webhook_sink.delivery import Delivery
from webhook_sink.notifications import SequenceNotifier
from webhook_sink.replies.script import parse_reply_script
from webhook_sink.replies.steps import StepKind
from webhook_sink.server import Sink
from webhook_sink.storage.sqlite_store import SqliteStore
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.verdict import SignatureStatus, Verdict, judge
from webhook_sink.verdicts.worker import VerdictWorker

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if path.name != "renames.md"  # it lists old names
}
RECORDS = {name: PAGES[name] for name in sorted(PAGES) if name.startswith("docs/adr/")}
"""Decision records in the order of their numbers."""
CI, MOCK = PAGES["docs/ci.md"], PAGES["docs/mock.md"]
WEBHOOKS = PAGES["docs/webhooks.md"] + PAGES["docs/sink-api.md"]
PROVENANCE, VOCABULARY = PAGES["docs/provenance.md"], PAGES["docs/extensions.md"]
SELFTEST, GLOSSARY = PAGES["docs/selftest.md"], PAGES["docs/glossary.md"]
LINT, SCHEMAS = PAGES["docs/lint.md"], PAGES["docs/schemas.md"]
PAGE_OF = {
    "verify": CI,
    "verify-receiver": PAGES["docs/verify-receiver.md"],
    "load": PAGES["docs/load.md"],
    "mock": MOCK,
    "token": MOCK,
    "faults": MOCK,
    "sink": WEBHOOKS,
    "deliveries": WEBHOOKS,
    "signature": WEBHOOKS,
    "trigger": PAGES["docs/receivers.md"],
    "selftest": SELFTEST,
    "lint": LINT,
    "init": PAGES["docs/overlays.md"],
}
FOREIGN = {
    "--all-files",
    "--pyargs",
    "--detach",
    "--env",
    "--network",
    "--no-healthcheck",
    "--publish",
    "--rm",
    "--tag",
    "--user",
    "--volume",
    "--check",
    "--no-isolation",
    "--spec",
    "--from",
    "--dist",
    "--add-host",
    "--quiet",
    "--data-raw",
    "--data-binary",
    "--announce-to",
    "--app",
    "--exclude-checks",
    "--max-failures",
    "--url",
}
"""Options of other programs that the pages mention."""
DIALECT: dict[str, Any] = json.loads(
    (files("openapi") / "contract.schema.json").read_text(encoding="utf-8")
)
COMMAND = r"(?:^|\$\(|^commands = |^uvx --from \. |^ *- (?:run: )?)(hookproof [^)|>&\n]+)"
"""Pattern of a call of the command in a block, in a substitution or after another program."""


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def commands() -> dict[str, click.Command]:
    """Return each command and each of its actions, by name."""
    return {name: context.command for name, context in contexts().items() if name}


def rows(page: str, *head: str) -> list[list[str]]:
    """Return the cells of all tables in `page` whose head begins with `head`."""
    beginning = re.escape("| " + " | ".join(head) + " |")
    starts = [match.start() for match in re.finditer(f"^{beginning}", page, re.MULTILINE)]
    tables = [page[start:].partition("\n\n")[0].splitlines() for start in starts]
    lines = [line for table in tables for line in table[2:]]
    assert lines, f"no table with the head {head}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def first_cells(page: str, *head: str) -> set[str]:
    return {name for row in rows(page, *head) for name in named(row[0])}


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def fenced(page: str, *languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


@pytest.mark.parametrize("command", commands())
def test_every_option_is_in_a_table_with_its_default(command: str) -> None:
    page = PAGE_OF.get(command.partition(" ")[0], "")
    for option in commands()[command].params:
        if not isinstance(option, click.Option):
            continue
        default = option.default
        stated = isinstance(default, str | int) and not isinstance(default, bool)
        told = f"`{default}`" if stated and option.show_default is None else ""
        for name in option.opts:
            mine = rf"^\| .*`{name}[ `].* \|.*{re.escape(told)}.* \|.* \|$"
            assert re.search(mine, page, re.MULTILINE), f"{name} of {command}: {told}"


def test_the_table_of_properties_equals_them() -> None:
    page = PAGES["docs/verify-receiver.md"]
    told = rows(page, "property", "requirement")
    assert told == [
        [f"`{p.name}`", p.requirement, p.admissible, p.source, p.grade] for p in PROPERTIES.values()
    ]


def test_every_mentioned_command_and_option_exists() -> None:
    known = {name for context in contexts().values() for name in option_names(context)}
    known |= prefixed_options("pytest_plugin.py") | prefixed_options("schemathesis.py")
    every = "".join(PAGES.values())
    for name, page in PAGES.items():
        mentioned = set(re.findall(r"(?<![\w<!|-])--[a-z][a-z0-9-]*", page))
        assert mentioned <= known | FOREIGN, name
        assert set(re.findall(r"`hookproof ([a-z]+)", page)) <= set(commands()), name
    assert [name for name in commands() if f"`hookproof {name}" not in every] == []


def prefixed_options(module: str) -> set[str]:
    """Return the options that a module of hookproof adds to another program."""
    source = Path(inspect.getfile(hookproof)).parent / module
    return set(re.findall(r'"(--hookproof-[a-z-]+)"', source.read_text(encoding="utf-8")))


def test_the_table_of_the_schemathesis_extension_is_complete() -> None:
    page = PAGES["docs/schemathesis.md"]
    table = rows(page, "option", "key", "default", "meaning")
    told = {named(row[0])[0].partition(" ")[0] for row in table}
    assert told == prefixed_options("schemathesis.py")
    source = ast.parse((ROOT / "hookproof" / "schemathesis.py").read_text(encoding="utf-8"))
    (check,) = (
        node
        for node in source.body
        if isinstance(node, ast.ClassDef) and node.name == "HookproofWebhooks"
    )
    (init,) = (
        node for node in check.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    keys = [name for row in table for name in named(row[1])]
    assert keys == [argument.arg for argument in init.args.kwonlyargs]
    named_checks = set(named(page.partition("\n## What it finds")[2].partition("\n\n")[2]))
    assert set(OBSERVED_CHECKS) <= named_checks


def understood(line: str) -> SimpleNamespace | None:
    """Parse a call of the command with 1 for each variable; return None for a usage error."""
    try:
        return parse_command_line(shlex.split(re.sub(r"\$\w+", "1", line))[1:])
    except CommandError:
        return None
    except click.exceptions.Exit:  # --help
        return SimpleNamespace()


def test_every_documented_reply_step_can_be_parsed() -> None:
    steps = [named(cell) for cell, _ in rows(WEBHOOKS, "step")]
    kinds = {parse_reply_script(step).steps[0].kind for step in chain(*steps)}
    assert kinds == set(get_args(StepKind))


def test_every_command_in_a_block_can_be_parsed() -> None:
    seen = 0
    for name, page in PAGES.items():
        for block in fenced(page, "sh", "ini", "yaml"):
            for line in re.findall(COMMAND, block, re.MULTILINE):
                seen += 1
                options = understood(line)
                assert options is not None, f"{name}: {line}"
                assert set(getattr(options, "fault", ())) <= set(HANDWRITTEN_FAULTS), (
                    f"{name}: {line}"
                )
    assert seen > 10


def test_the_ci_examples_store_the_reports_of_failing_runs() -> None:
    github, gitlab = (yaml.safe_load(block) for block in fenced(CI, "yaml"))
    steps = github["jobs"]["contract"]["steps"]
    assert github["permissions"] == {"contents": "read", "security-events": "write"}
    kept = [step for step in steps if "report" in json.dumps(step.get("with", {}))]
    assert len(kept) == 2
    assert all(step["if"].startswith("always()") for step in kept)
    directory = f"{parse_command_line(['verify']).report_dir}/"
    assert kept[0]["with"]["path"] == directory
    assert gitlab["contract"]["artifacts"]["when"] == "always"
    assert gitlab["contract"]["artifacts"]["paths"] == [directory]
    assert gitlab["contract"]["cache"]["paths"] == [f"{CASES_DIR_NAME}/"]


def test_the_table_of_inputs_of_the_action_is_complete() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    shown = [
        [
            f"`{name}`",
            "required"
            if one.get("required")
            else f"`{one['default']}`"
            if one["default"]
            else "none",
            one["description"],
        ]
        for name, one in action["inputs"].items()
    ]
    assert rows(PAGES["docs/pull-requests.md"], "input", "default", "meaning") == shown
    used = re.findall(r"inputs\.([a-z-]+)", json.dumps(action["runs"]))
    assert set(used) == set(action["inputs"])


def test_the_table_of_schemas_has_each_id() -> None:
    told = {named(path)[0]: named(name)[0] for path, name, _ in rows(SCHEMAS, "schema", "`$id`")}
    paths = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/**/*.schema.json")}
    assert told.keys() == {path for path in paths if not path.startswith((".", "site/"))}
    for path, name in told.items():
        schema = json.loads((ROOT / path).read_text(encoding="utf-8"))
        assert schema["$id"] == name
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        jsonschema.Draft202012Validator.check_schema(schema)
    report_schema = json.loads((ROOT / "hookproof/reports/report.schema.json").read_text())
    number = report_schema["properties"]["schema_version"]["const"]
    assert told["hookproof/reports/report.schema.json"].endswith(f":{number}")


def test_the_entry_for_schemastore_has_the_file_of_the_configuration() -> None:
    entry = json.loads((ROOT / "docs" / "schemastore.json").read_text(encoding="utf-8"))
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    assert entry["fileMatch"] == [CONFIG_FILE_NAME]
    assert entry["url"] == "https://json.schemastore.org/hookproof.json"


def test_every_example_of_a_file_can_be_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "EXPIRED_TOKEN"):
        monkeypatch.setenv(name, "x")
    config, listed = fenced(CI, "toml")
    (tmp_path / CONFIG_FILE_NAME).write_text(config, encoding="utf-8")
    (tmp_path / "baseline.toml").write_text(listed, encoding="utf-8")
    for command in ("verify", "mock", "sink"):
        parse_command_line([command], tmp_path)
    options = parse_command_line(["verify"], tmp_path)
    (entry,) = read(options.baseline).entries
    assert first_cells(CI, "key", "meaning") == {field.name for field in fields(entry)}
    assert first_cells(CI, "`--extra-phase`", "what is done") == {*EXTRA_PHASES, "none"}


def test_every_link_between_pages_has_a_target() -> None:
    for name, page in PAGES.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", page):
            path, _, anchor = link.partition("#")
            if ":" in path:
                continue
            target = (ROOT / name).parent / path if path else ROOT / name
            assert target.is_file(), f"{name}: {link}"
            if anchor:
                titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
                slugs = [re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles]
                assert anchor in slugs, f"{name}: {link}"
    for name in PAGES:
        index = "ARCHITECTURE.md" if name in RECORDS else "README.md"
        assert name == "README.md" or f"({name})" in PAGES[index], name


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    navigation = re.findall(r"^ +- (?:.*: )?([\w./-]+\.md)$", config, re.MULTILINE)
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert sorted(set(navigation)) == sorted(navigation)
    assert pages - {*navigation} == set()
    for name in {*navigation} - pages:
        assert (ROOT / name).is_file(), name


def test_no_empty_line_splits_a_table() -> None:
    for name, page in PAGES.items():
        text = re.sub(r"^ *```.*?^ *```$", "", page, flags=re.MULTILINE | re.DOTALL)
        tables = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
        for table in tables:
            assert re.match(r"\|.*\n\|[-:| ]+\|$", table, re.MULTILINE), f"{name}: {table[:80]}"


def test_every_decision_record_is_in_the_index_and_has_all_sections() -> None:
    assert len(RECORDS) >= 10
    index = [
        f"{number}. {decision} {record[record.index('(') :]}"
        for number, decision, record in rows(PAGES["ARCHITECTURE.md"], "number", "decision")
    ]
    titles = {name: page.splitlines()[0].removeprefix("# ") for name, page in RECORDS.items()}
    assert index == [f"{title} ({name})" for name, title in titles.items()]
    for number, (name, page) in enumerate(RECORDS.items(), start=1):
        assert name.startswith(f"docs/adr/{number:04}-"), name
        parts = re.split(r"^## (.*)\n", page, flags=re.MULTILINE)[1:]
        assert parts[::2] == ["Context", "Decision", "Alternatives", "Consequences"], name
        assert all(part.strip() for part in parts), name


def test_the_glossary_has_every_term_once_and_every_extension() -> None:
    terms = [row[0] for row in rows(GLOSSARY, "term", "meaning", "where")]
    single = [term for cell in terms for term in cell.split(", ")]
    assert sorted(set(single)) == sorted(single)
    assert {name for name, _ in extensions(DIALECT)} <= set(named(GLOSSARY))


def test_every_mentioned_path_and_module_exists() -> None:
    packages = "contracts|hookproof|mock_server|openapi|webhook_sink"
    seen = 0
    for name, page in PAGES.items():
        for path in re.findall(r"(?<![\w./])((?:[\w.-]+/)+[\w*-]+\.py)\b", page):
            seen += 1
            if path.split("/")[0] in (*packages.split("|"), ".ci", "benchmarks", "tests"):
                assert list(ROOT.glob(path)), f"{name}: {path}"
            else:  # relative to a package: `checks/events.py`
                assert list(ROOT.glob(f"*/{path}")), f"{name}: {path}"
        for dotted in re.findall(rf"`((?:{packages})(?:\.\w+)+)`", page):
            seen += 1
            assert dotted == CONFIG_FILE_NAME or resolves(dotted), f"{name}: {dotted}"
        for dotted in re.findall(rf"^(?:from|import) ((?:{packages})[\w.]*)", page, re.MULTILINE):
            seen += 1
            assert resolves(dotted), f"{name}: {dotted}"
    assert seen > 10


def resolves(dotted: str) -> bool:
    """Return whether a dotted name is a module of the checkout or a name in one."""
    if (ROOT / dotted.replace(".", "/")).is_dir():
        return True
    module, _, member = dotted.rpartition(".")
    path, parent = ROOT / dotted.replace(".", "/"), ROOT / module.replace(".", "/")
    if path.with_suffix(".py").is_file():
        return True
    sources = [parent.with_suffix(".py"), parent / "__init__.py"]
    return any(
        re.search(rf"^(?:class |def )?{member}\b", source.read_text(encoding="utf-8"), re.MULTILINE)
        for source in sources
        if source.is_file()
    )


def test_every_variable_of_the_environment_is_documented_and_exists() -> None:
    package = Path(inspect.getfile(hookproof)).parent
    sources = [path.read_text(encoding="utf-8") for path in package.rglob("*.py")]
    every = {name for text in sources for name in re.findall(r'"(HOOKPROOF_[A-Z_]+)"', text)}
    read = {
        name: {str(one.envvar) for one in command.params if one.envvar is not None}
        for name, command in commands().items()
    }
    assert len(set().union(*read.values())) >= 6
    for name, variables in read.items():
        page = PAGE_OF.get(name.partition(" ")[0], "")
        assert variables <= set(re.findall(r"`(HOOKPROOF_[A-Z_]+)`", page)), name
    for name, page in PAGES.items():
        assert set(re.findall(r"\bHOOKPROOF_[A-Z_]+[A-Z]", page)) <= every, name
    assert "`HOOKPROOF_WEBHOOK_SECRET`" in WEBHOOKS


def test_the_table_of_faults_is_complete() -> None:
    told = [[f"`{f.name}`", f.category, f.description] for f in HANDWRITTEN_FAULTS.values()]
    assert rows(MOCK, "name", "category", "description") == told


def test_the_table_of_derived_faults_is_complete(contract: Contract) -> None:
    families = [
        (re.sub("[A-Z]+", r"[\\w.-]+", named(name)[0]), category)
        for name, category, _ in rows(MOCK, "derived name", "category")
    ]
    made = [(fault.name, fault.category) for fault in derived_faults(contract)]
    for name, category in made:
        assert any(re.fullmatch(f, name) and category == its for f, its in families), name
    for family, its in families:
        assert any(re.fullmatch(family, name) and category == its for name, category in made), (
            family
        )


def test_the_table_of_idle_checks_is_complete() -> None:
    told = {named(name)[0]: why for name, why in rows(SELFTEST, "idle check")}
    assert told == KNOWN_IDLE_CHECKS
    assert set(told) <= set(CHECKS)


def test_the_table_of_checks_is_complete_and_has_their_rules() -> None:
    told = [[f"`{name}`", (check.__doc__ or "").strip()] for name, check in CHECKS.items()]
    assert [row[:2] for row in rows(CI, "check", "rule")] == told
    alone = {name for name in CHECKS if f'"{name}"' in inspect.getsource(deliveries)}
    assert first_cells(WEBHOOKS, "check") == alone


def test_the_table_of_lint_rules_is_complete() -> None:
    told = [[f"`{rule.id}`", rule.level, rule.description] for rule in RULES]
    assert rows(LINT, "rule", "level") == told


def test_the_table_of_exit_codes_of_lint_is_complete() -> None:
    codes = [EXIT_NO_COMPLAINTS, EXIT_COMPLAINTS, EXIT_ERROR]
    assert [row[0] for row in rows(LINT, "exit code", "meaning")] == [str(code) for code in codes]


def test_the_table_of_exit_codes_is_complete() -> None:
    codes = [run_data.EXIT_CONFORMS, run_data.EXIT_DEVIATES, EXIT_ERROR, EXIT_INTERRUPTED]
    assert [row[0] for row in rows(CI, "code", "verdict")] == [str(code) for code in codes]
    assert run_data.EXIT_NOT_JUDGED == EXIT_ERROR


def test_the_table_of_report_fields_is_complete() -> None:
    outcome = RunOutcome(not_judged="nothing")
    data = report.report(Settings("http://127.0.0.1", "abcdef", 1), outcome, 0.0, 0.0)
    finding = set(re.findall(r'^ {8}"(\w+)":', inspect.getsource(evidence), re.MULTILINE))
    assert {field.name for field in fields(Finding)} <= finding
    standing = set(
        re.findall(r'^ {8}"(\w+)":', inspect.getsource(report.constraint_data), re.MULTILINE)
    )
    told = first_cells(CI, "field", "meaning")
    assert told == {*data, *finding, *standing, *data["webhooks"]}


def test_the_table_of_statuses_is_complete(contract: Contract) -> None:
    documented = [status for o in contract.operations for status in o.responses]
    assert [row[0] for row in rows(MOCK, "status", "when")] == documented


def extensions(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and schema of every extension in the dialect."""
    if isinstance(value, dict):
        yield from ((k, v) for k, v in value.items() if k.startswith("x-"))
        for item in value.values():
            yield from extensions(item)


def words(value: Any) -> Iterator[str]:
    """Yield the properties and enum values in a schema of the dialect."""
    if isinstance(value, dict):
        if "$ref" in value and value["$ref"] in ("#/$defs/allowed-rejection", "#/$defs/trigger"):
            yield from words(DIALECT["$defs"][value["$ref"].rpartition("/")[2]])
        for key, item in value.items():
            if key == "properties":
                yield from item
            if key == "enum":
                yield from item
            yield from words(item)
    elif isinstance(value, list):
        for item in value:
            yield from words(item)


def test_every_extension_is_described_with_its_fields_and_a_valid_example() -> None:
    parts = re.split(r"^### `(x-[a-z-]+)`\n", VOCABULARY, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(sections) == {name for name, _ in extensions(DIALECT)}
    for name, schema in extensions(DIALECT):
        text = sections[name].partition("\n## ")[0]
        assert re.match(r"\n\*Used in\* .*\*States\* ", text), name
        spans = re.findall(r"`[^`]+`", text.replace("```", "`"))
        told = set(re.findall(r"[\w-]+", " ".join(spans)))
        assert set(words(schema)) <= told, name
        (example,) = (yaml.safe_load(block) for block in fenced(text, "yaml"))
        jsonschema.Draft202012Validator({**schema, "$defs": DIALECT["$defs"]}).validate(
            example[name]
        )


def test_every_supported_openapi_keyword_is_listed() -> None:
    understood = VOCABULARY.partition("## Provenance")[0]
    keywords = frozenset().union(*SCHEMA_KEYWORDS.values())
    for word in (*keywords, *FORMATS, *DIALECT["properties"]):
        assert f"`{word}`" in understood, word
    told = {kind: set(named(line)) for line in understood.splitlines() for kind in kinds(line)}
    assert {"document", "path-item", "operation", "webhook", "response"} <= told.keys()
    for kind in told.keys() & FIXED_FIELDS.keys():
        assert FIXED_FIELDS[kind].keys() - FOR_READERS <= told[kind], kind


def test_the_table_of_vendor_libraries_has_those_of_the_tests() -> None:
    told = rows(PAGES["docs/signatures.md"], "scheme", "library", "version")
    stated = [
        [
            *filter(None, (one.scheme, one.stated.get("algorithm"))),
            f"{one.registry} `{one.package}`",
            one.version,
            "yes",
            "yes" if one.signs else "no",
            "yes" if one.accepts_several else "no",
        ]
        for one in LIBRARIES
    ]
    assert [[*named(scheme), *cells] for scheme, *cells in told] == stated


def kinds(line: str) -> list[str]:
    """Return the kinds of objects that a line of the table is about."""
    first = re.match(r"\| ([a-z ,]+) \|", line)
    return [kind.replace(" ", "-") for kind in first[1].split(", ")] if first else []


FOR_READERS = {"summary", "description"}


def test_the_table_of_documents_has_those_of_the_tests() -> None:
    told = rows(PAGES["docs/compatibility.md"], "document", "version", "KiB")
    assert [named(row[0]) for row in told] == [[str(document)] for document in DOCUMENTS]
    versions = [(row[1], one.version) for row, one in zip(told, DOCUMENTS, strict=True)]
    assert all(a == b for (a, b), one in zip(versions, DOCUMENTS, strict=True) if one.needs_npm)


def test_the_table_of_sources_has_levels_and_references(contract: Contract) -> None:
    told = {named(row[0])[0]: row[1:] for row in rows(PROVENANCE, "source", "level", "what it is")}
    sources = contract.document["x-hookproof-sources"]
    assert list(told) == list(sources)
    for name, stated in sources.items():
        assert told[name][0] == stated["level"]
        assert stated.get("reference", "") == told[name][2].strip("<>")


def test_the_tables_of_allowed_rejections_have_statuses_and_severity(contract: Contract) -> None:
    warned, unjudged = PROVENANCE.split("| allowed rejection |")[1:]
    for rejection in contract.operations[0].allowed_rejections:
        table = warned if rejection["severity"] == "warning" else unjudged
        (line,) = re.findall(rf"^\| `{rejection['name']}` \|.*$", table, re.MULTILINE)
        assert f"| {', '.join(rejection['statuses'])} |" in line
    assert len(re.findall(r"^\| `", warned + unjudged, re.MULTILINE)) == len(
        contract.operations[0].allowed_rejections
    )


def test_the_tables_of_the_admin_api_are_complete() -> None:
    nothing: Any = None
    routes = AdminApi(nothing, nothing, nothing, nothing, nothing, str, {}).routes
    shown = {
        f"{method} /_hookproof/api{re.sub(':[a-z]+}', '}', route.path)}"
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert first_cells(MOCK, "endpoint") == shown
    exchange = MockExchange(nothing, nothing, ())
    scope = {"method": "GET", "path": "/", "query_string": b""}
    request = request_record(1, 0.0, 0.0, scope, exchange, Redaction(()), nothing)
    fields_of = {"request": {"id", *request.data()}, "verdict": set(request.data()["verdict"])}
    for name, known in fields_of.items():
        assert first_cells(MOCK, f"field of a {name}", "meaning") == known
    told = first_cells(MOCK, "field of a delivery", "meaning")
    added = {"id", "state", "verdict", "attempts"}
    assert told == {*added, *_delivery().data()} - {"redelivery", "dropped"}


def _delivery() -> DeliveryRecord:
    event_message = EventMessage(load_contract().events[0], b"{}", 1, "", "", 0.0)
    return DeliveryRecord(
        1, 1, event_message, 0, (1, ""), "", (), "2xx", False, (), 2, Redaction(())
    )


def test_the_tables_of_the_sink_are_complete(contract: Contract) -> None:
    with closing(SqliteStore()) as store:
        check_tables_of_the_sink(contract, store)


def check_tables_of_the_sink(contract: Contract, store: Store) -> None:
    arrivals = SequenceNotifier()

    def judged(delivery: Delivery) -> Verdict:
        return judge(delivery, contract, None)

    judging = VerdictWorker(store, judged, arrivals, [], lambda: False)
    shared = Services(contract, store, judged, arrivals, judging)
    known = {
        f"{method} /_hookproof{re.sub(':[a-z]+}', '}', route.path)}"
        for route in api_routes(shared, has_token=False)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path != "/openapi.json"
    }
    assert first_cells(WEBHOOKS, "endpoint") == known
    (kept,) = store.append([Delivery(1, 0.0, "POST", "/", (), b"", False, "", 200)])
    shown = shared.presenter.full(kept)
    assert first_cells(WEBHOOKS, "field", "meaning") == set(shown)
    assert set(get_args(SignatureStatus)) == first_cells(WEBHOOKS, "signature", "meaning")
    parts = " ".join(row[0] for row in rows(WEBHOOKS, "part", "meaning"))
    public = [name for name in vars(Sink) if not name.startswith("_")]
    public += inspect.signature(Sink.wait_for).parameters.keys() - {"self"}
    assert [n for n in (*inspect.signature(Sink).parameters, *public) if n not in parts] == []
    record = WEBHOOKS.partition("A `Delivery` is")[2].partition("\n")[0]
    assert [field.name for field in fields(Delivery)] == named(record)
    judging.index.close()


class Service:
    """Service under test in the example of the page; it sends the contract's example payload."""

    def __init__(self, contract: Contract) -> None:
        self._event = contract.events[0]

    def send_webhooks_to(self, url: str) -> None:
        self._url = url

    def create_token(self, name: str) -> None:
        example = self._event.examples[0]
        body = json.dumps({**example, "data": {**example["data"], "name": name}}).encode()
        scheme = self._event.signature
        assert scheme is not None
        signed = {scheme.header: signature_of(scheme, body, "development")}
        headers = {"Content-Type": self._event.media_type, **signed}
        assert httpx.post(self._url, content=body, headers=headers).status_code == 200


def test_the_table_of_keys_equals_the_one_in_the_page() -> None:
    page = (files("webhook_sink") / "inspector" / "index.html").read_text(encoding="utf-8")
    shown = re.findall(r'<tr><th scope="row">(<kbd>.*</kbd>)</th>', page)
    told = [row[0] for row in rows(PAGES["docs/webhooks.md"], "key", "action")]
    assert shown
    assert [re.findall("<kbd>(.*?)</kbd>", line) for line in shown] == [
        re.findall("`(.*?)`", line) for line in told
    ]


def test_the_python_examples_work(contract: Contract) -> None:
    blocks = fenced(WEBHOOKS, "python")
    assert len(blocks) == 6
    known: dict[str, Any] = {}
    for block in blocks:
        exec(block, known)
    with Sink(contract, "development") as sink:
        known["test_a_new_token_is_announced"](Service(contract), sink)
        assert known["received"](sink.url, "build server") is True
    scheme = contract.events[0].signature
    assert scheme is not None
    signed = signature_of(scheme, b"body", "secret")
    assert known["webhook_headers"](b"body", "secret") == {scheme.header: signed}
    assert known["verified"](b"body", signed, "secret") is True
    for body, value in ((b"body ", signed), (b"body", signed + "="), (b"body", None)):
        assert known["verified"](body, value, "secret") is False


def test_the_example_check_of_contributing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    check, suite_test, test, fault = fenced(PAGES["CONTRIBUTING.md"], "python")
    known: dict[str, Any] = {}
    exec(check, known)
    monkeypatch.setattr(authentication, "challenge", known["challenge"], raising=False)
    exec(test, known)
    known["test_a_401_without_a_challenge_is_one_finding"]()
    known["challenge"] = lambda ledger: iter(())
    with pytest.raises(ValueError, match="not enough values"):
        known["test_a_401_without_a_challenge_is_one_finding"]()
    exec(suite_test, known)
    applied: list[str] = []
    known["test_a_401_has_a_challenge"](applied.append)
    assert applied == ["challenge"]
    known = dict(vars(responses))
    exec(fault, known)
    change = known["CHALLENGE_MISSING"].hooks.response
    headers = ((b"content-type", b"text/plain"), (b"www-authenticate", b"Bearer"))
    assert change(HttpResponse(401, headers, b""), None).headers == headers[:1]


def test_the_tables_of_preferences_and_named_examples_are_complete(contract: Contract) -> None:
    assert [named(row[0])[0].partition("=")[0] for row in rows(MOCK, "preference")] == list(
        PREFERENCE_NAMES
    )
    (operation,) = contract.operations
    listed = {row[0]: named(row[1]) for row in rows(MOCK, "status", "examples")}
    assert listed == {
        status: list(named_examples(contract, response))
        for status, response in operation.responses.items()
    }

"""What ships: exactly these files, and the metadata that makes the command and the plugin."""

import os
import zipfile
from importlib.metadata import distribution, files, requires
from pathlib import PurePosixPath

SHIPPED = """
contracts/__init__.py
contracts/books.py
contracts/checks/__init__.py
contracts/checks/answers.py
contracts/checks/credentials.py
contracts/checks/decided.py
contracts/checks/deliveries.py
contracts/checks/failures.py
contracts/checks/payloads.py
contracts/checks/repeats.py
contracts/checks/requests.py
contracts/checks/resources.py
contracts/checks/retries.py
contracts/checks/secrets.py
contracts/checks/webhooks.py
contracts/constraints.py
contracts/conversation.py
contracts/correlators.py
contracts/cost.py
contracts/credentials.py
contracts/curl.py
contracts/deliveries.py
contracts/disguises.py
contracts/distortions.py
contracts/doubt.py
contracts/drive.py
contracts/echoes.py
contracts/evidence.py
contracts/exchange.py
contracts/expectations.py
contracts/fixtures.py
contracts/follow_ups.py
contracts/forged.py
contracts/freedoms.py
contracts/freshness.py
contracts/issued.py
contracts/judgements.py
contracts/kept.py
contracts/keywords.py
contracts/ledger.py
contracts/links.py
contracts/lists.py
contracts/masking.py
contracts/moments.py
contracts/negatives.py
contracts/not_judged.py
contracts/outcome.py
contracts/paired.py
contracts/pairing.py
contracts/parameters.py
contracts/plan.py
contracts/probes.py
contracts/properties.py
contracts/remote_sink.py
contracts/report.py
contracts/retry.py
contracts/run.py
contracts/scoring.py
contracts/settings.py
contracts/states.py
contracts/strategies.py
contracts/target.py
contracts/test_answers.py
contracts/test_requests.py
contracts/test_secrets.py
contracts/test_webhooks.py
contracts/under_way.py
contracts/wanted.py
hookproof/__init__.py
hookproof/__main__.py
hookproof/amounts.py
hookproof/cli.py
hookproof/command_line.py
hookproof/config.py
hookproof/config_values.py
hookproof/contract_option.py
hookproof/deliveries_command.py
hookproof/deliveries_export.py
hookproof/deliveries_list.py
hookproof/deliveries_options.py
hookproof/deliveries_wait.py
hookproof/deliveries_words.py
hookproof/demo.py
hookproof/exits.py
hookproof/garbage.py
hookproof/hookproof.schema.json
hookproof/indented.py
hookproof/known.py
hookproof/listening.py
hookproof/logs.py
hookproof/mock_command.py
hookproof/mock_options.py
hookproof/mock_settings.py
hookproof/mock_thread.py
hookproof/options.py
hookproof/output.py
hookproof/parts.py
hookproof/passing_options.py
hookproof/policy.py
hookproof/pytest_plugin.py
hookproof/pytest_suite.py
hookproof/ready_file.py
hookproof/reports/__init__.py
hookproof/reports/contract_file.py
hookproof/reports/github.py
hookproof/reports/html.py
hookproof/reports/html_findings.py
hookproof/reports/html_tables.py
hookproof/reports/json_lines.py
hookproof/reports/junit.py
hookproof/reports/markup.py
hookproof/reports/report.css
hookproof/reports/report.schema.json
hookproof/reports/sarif.py
hookproof/reports/terminal.py
hookproof/reports/visible.py
hookproof/reports/words.py
hookproof/reports/writing.py
hookproof/run_settings.py
hookproof/score.py
hookproof/selftest.py
hookproof/serving.py
hookproof/signature_command.py
hookproof/signature_options.py
hookproof/sink_answers.py
hookproof/sink_client.py
hookproof/sink_command.py
hookproof/sink_fixture.py
hookproof/sink_screen.py
hookproof/start_screen.py
hookproof/tables.py
hookproof/tls.py
hookproof/trial.py
hookproof/values.py
hookproof/verify.py
hookproof/verify_options.py
hookproof/webhook_secrets.py
hookproof/workers.py
hookproof/xdist_group.py
mock_server/__init__.py
mock_server/access.py
mock_server/admission.py
mock_server/answer.py
mock_server/answer_faults.py
mock_server/app.py
mock_server/attempt.py
mock_server/auth_faults.py
mock_server/behaviour.py
mock_server/bell.py
mock_server/constraints.py
mock_server/control.py
mock_server/control_input.py
mock_server/cross_origin.py
mock_server/curl_line.py
mock_server/delivery.py
mock_server/delivery_faults.py
mock_server/derived.py
mock_server/derived_answers.py
mock_server/derived_deliveries.py
mock_server/derived_limits.py
mock_server/derived_parameters.py
mock_server/derived_payloads.py
mock_server/derived_requests.py
mock_server/derived_statuses.py
mock_server/dispatch.py
mock_server/docs/docs.css
mock_server/docs/docs.js
mock_server/docs/index.html
mock_server/documentation.py
mock_server/documented.py
mock_server/effect.py
mock_server/ending.py
mock_server/error_shape.py
mock_server/exchange.py
mock_server/fault_table.py
mock_server/faults.py
mock_server/freedoms.py
mock_server/fresh.py
mock_server/gates.py
mock_server/insight.py
mock_server/intake.py
mock_server/journal.py
mock_server/latency.py
mock_server/marks.py
mock_server/masking.py
mock_server/mutations.py
mock_server/on_demand.py
mock_server/operations.py
mock_server/other_methods.py
mock_server/own.py
mock_server/page/api.js
mock_server/page/icon.svg
mock_server/page/index.html
mock_server/page/lists.js
mock_server/page/page.css
mock_server/page/page.js
mock_server/page/show.js
mock_server/parts.py
mock_server/payload.py
mock_server/payload_faults.py
mock_server/prefer.py
mock_server/problems.py
mock_server/receiver.py
mock_server/reception.py
mock_server/records.py
mock_server/refusals.py
mock_server/renewal.py
mock_server/resources.py
mock_server/secret_faults.py
mock_server/security.py
mock_server/sender.py
mock_server/sent.py
mock_server/serving.py
mock_server/settings.py
mock_server/shared_hits.py
mock_server/stack.py
mock_server/statements.py
mock_server/store.py
mock_server/strictness.py
mock_server/switched.py
mock_server/switches.py
mock_server/tokens.py
mock_server/trials.py
mock_server/validation_faults.py
mock_server/webhooks.py
openapi/__init__.py
openapi/arguments.py
openapi/bounds.py
openapi/contract.schema.json
openapi/document.py
openapi/examples.py
openapi/expression.py
openapi/finding.py
openapi/formats.py
openapi/guard.py
openapi/json_text.py
openapi/links.py
openapi/loading.py
openapi/lowering.py
openapi/marked.py
openapi/media_type.py
openapi/operations.py
openapi/own_answers.py
openapi/page/base.css
openapi/page/text.js
openapi/parameters.py
openapi/personal-access-tokens.yaml
openapi/pointer.py
openapi/protocol.py
openapi/rate.py
openapi/reading.py
openapi/sample.py
openapi/secret.py
openapi/signature.py
openapi/soundness.py
openapi/upgrades.py
openapi/validation.py
webhook_sink/__init__.py
webhook_sink/allowed.py
webhook_sink/answering.py
webhook_sink/api.py
webhook_sink/app.py
webhook_sink/arrivals.py
webhook_sink/attempt.py
webhook_sink/carried.py
webhook_sink/copies_api.py
webhook_sink/curl_copy.py
webhook_sink/database.py
webhook_sink/delivery.py
webhook_sink/destination.py
webhook_sink/diagnosis.py
webhook_sink/endpoints.py
webhook_sink/entrance.py
webhook_sink/export.py
webhook_sink/extent.py
webhook_sink/facts.py
webhook_sink/filter.py
webhook_sink/forwarding.py
webhook_sink/front.py
webhook_sink/given_secrets.py
webhook_sink/har.py
webhook_sink/in_place.py
webhook_sink/index.py
webhook_sink/inspector/actions.js
webhook_sink/inspector/api.js
webhook_sink/inspector/changes.js
webhook_sink/inspector/compare.js
webhook_sink/inspector/counts.js
webhook_sink/inspector/detail.css
webhook_sink/inspector/detail.js
webhook_sink/inspector/dialogs.js
webhook_sink/inspector/differences.js
webhook_sink/inspector/empty.js
webhook_sink/inspector/facts.js
webhook_sink/inspector/filters.js
webhook_sink/inspector/findings.js
webhook_sink/inspector/header_pairs.js
webhook_sink/inspector/held.js
webhook_sink/inspector/icon.svg
webhook_sink/inspector/index.html
webhook_sink/inspector/inspector.css
webhook_sink/inspector/inspector.js
webhook_sink/inspector/json.js
webhook_sink/inspector/keys.js
webhook_sink/inspector/lines.js
webhook_sink/inspector/list.css
webhook_sink/inspector/list.js
webhook_sink/inspector/live.js
webhook_sink/inspector/marked.js
webhook_sink/inspector/marks.js
webhook_sink/inspector/news.js
webhook_sink/inspector/payload.js
webhook_sink/inspector/places.js
webhook_sink/inspector/reading.js
webhook_sink/inspector/related.js
webhook_sink/inspector/row.js
webhook_sink/inspector/side.js
webhook_sink/inspector/steps.js
webhook_sink/inspector/token.js
webhook_sink/inspector/totals.js
webhook_sink/inspector/tree.js
webhook_sink/judge_api.py
webhook_sink/judging.py
webhook_sink/likely_keys.py
webhook_sink/news.py
webhook_sink/outgoing.py
webhook_sink/parts.py
webhook_sink/passed.py
webhook_sink/passing_api.py
webhook_sink/pruning.py
webhook_sink/pytest_copy.py
webhook_sink/query.py
webhook_sink/received.py
webhook_sink/receiver.py
webhook_sink/relaying.py
webhook_sink/replies.py
webhook_sink/reply_steps.py
webhook_sink/running.py
webhook_sink/search.py
webhook_sink/sending.py
webhook_sink/serialised.py
webhook_sink/server.py
webhook_sink/showing.py
webhook_sink/signature_values.py
webhook_sink/signed_bodies.py
webhook_sink/signed_contents.py
webhook_sink/sqlite_store.py
webhook_sink/store.py
webhook_sink/stream.py
webhook_sink/tables.py
webhook_sink/trouble.py
webhook_sink/verdict.py
webhook_sink/views.py
webhook_sink/waiting.py
webhook_sink/wire.py
webhook_sink/writer.py
"""


def shipped() -> set[str]:
    """Return the paths in the wheel under test, or in the installation where there is no wheel."""
    wheel = os.environ.get("TOX_PACKAGE")
    if wheel:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    else:
        names = [str(path) for path in files("hookproof") or ()]
    parts = [PurePosixPath(name) for name in names]
    return {
        str(path)
        for path in parts
        if path.parts[0] != ".."
        and "__pycache__" not in path.parts
        and not path.parts[0].endswith(".dist-info")
    }


def test_the_wheel_holds_the_packages_and_nothing_else() -> None:
    assert shipped() == set(SHIPPED.split())


def test_the_command_and_the_plugin_are_announced_under_the_project_s_name_alone() -> None:
    ours = distribution("hookproof").entry_points
    assert {(entry.group, entry.name) for entry in ours} == {
        ("console_scripts", "hookproof"),
        ("pytest11", "hookproof"),
    }


def test_the_metadata_states_ranges() -> None:
    stated = [text for text in requires("hookproof") or () if "extra ==" not in text]
    assert stated
    assert all(">=" in text and "==" not in text for text in stated)

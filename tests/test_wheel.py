"""What ships: exactly these files, and the metadata that makes the command and the plugin."""

import os
import zipfile
from importlib.metadata import distribution, files, requires
from pathlib import PurePosixPath

SHIPPED = """
contracts/__init__.py
contracts/ledger/ledger.py
contracts/checks/__init__.py
contracts/checks/responses.py
contracts/checks/authentication.py
contracts/checks/case_outcomes.py
contracts/checks/deliveries.py
contracts/checks/failures.py
contracts/checks/payloads.py
contracts/checks/repeated_requests.py
contracts/checks/requests.py
contracts/checks/requests.py
contracts/checks/retries.py
contracts/checks/secrets.py
contracts/checks/events.py
contracts/expectations/constraints.py
contracts/execution/operation_session.py
contracts/model/correlators.py
contracts/execution/estimate.py
contracts/generators/credentials.py
contracts/reporting/curl.py
contracts/execution/webhook_source.py
contracts/checks/encodings.py
contracts/echoes/text.py
contracts/expectations/ambiguity.py
contracts/execution/phases.py
contracts/echoes/comparison.py
contracts/reporting/evidence.py
contracts/model/exchange.py
contracts/expectations/expectation.py
contracts/fixtures.py
contracts/execution/sequences.py
contracts/generators/credentials.py
contracts/expectations/freedoms.py
contracts/model/unique_values.py
contracts/execution/issued_tokens.py
contracts/checks/judgement.py
contracts/execution/saved_cases.py
contracts/expectations/keywords.py
contracts/ledger/ledger.py
contracts/execution/linked_resources.py
contracts/echoes/lists.py
openapi/redaction.py
contracts/echoes/datetimes.py
contracts/generators/invalid_bodies.py
contracts/model/errors.py
contracts/outcome.py
contracts/reporting/webhook_summary.py
contracts/ledger/matching.py
contracts/generators/parameters.py
contracts/model/case.py
contracts/generators/edge_cases.py
contracts/generators/body_properties.py
contracts/execution/webhook_source.py
contracts/reporting/report.py
contracts/execution/webhook_retry.py
contracts/run.py
contracts/ledger/match_score.py
contracts/model/settings.py
contracts/reporting/constraint_status.py
contracts/generators/schemathesis_cases.py
contracts/execution/target.py
contracts/test_answers.py
contracts/test_requests.py
contracts/test_secrets.py
contracts/test_webhooks.py
contracts/live_run.py
contracts/generators/token_requests.py
hookproof/__init__.py
hookproof/__main__.py
hookproof/options/types.py
hookproof/cli.py
hookproof/options/parser.py
hookproof/options/config_file.py
hookproof/options/config_values.py
hookproof/contract_loading.py
hookproof/commands/deliveries/__init__.py
hookproof/commands/deliveries/export.py
hookproof/commands/deliveries/list.py
hookproof/options/deliveries.py
hookproof/commands/deliveries/wait.py
hookproof/commands/deliveries/format.py
hookproof/commands/demo.py
hookproof/errors.py
hookproof/serving/foreground.py
hookproof/hookproof.schema.json
hookproof/reports/json_format.py
hookproof/baseline.py
hookproof/serving/sockets.py
hookproof/serving/logs.py
hookproof/commands/mock.py
hookproof/options/mock.py
hookproof/commands/mock.py
openapi/http/server_thread.py
hookproof/options/parser.py
hookproof/output.py
hookproof/shadowing.py
hookproof/options/sink.py
hookproof/commands/target_policy.py
hookproof/pytest_plugin.py
hookproof/pytest_suite.py
hookproof/serving/ready_file.py
hookproof/reports/__init__.py
hookproof/reports/contract_source.py
hookproof/reports/github.py
hookproof/reports/html.py
hookproof/reports/html_findings.py
hookproof/reports/html_tables.py
hookproof/reports/json_format.py
hookproof/reports/junit.py
hookproof/reports/html_elements.py
hookproof/reports/report.css
hookproof/reports/report.schema.json
hookproof/reports/sarif.py
hookproof/reports/terminal.py
openapi/safe_text.py
hookproof/reports/wording.py
hookproof/reports/writer.py
hookproof/commands/verify_settings.py
hookproof/commands/mutation_score.py
hookproof/commands/selftest.py
hookproof/serving/foreground.py
hookproof/commands/signature.py
hookproof/options/signature.py
webhook_sink/client.py
webhook_sink/client.py
hookproof/commands/sink.py
hookproof/sink_fixture.py
hookproof/commands/sink.py
hookproof/commands/mock.py
hookproof/commands/info.py
hookproof/serving/tls.py
hookproof/commands/fault_trial.py
hookproof/options/types.py
hookproof/commands/verify.py
hookproof/options/verify.py
hookproof/contract_loading.py
hookproof/commands/mock_workers.py
hookproof/pytest_suite.py
mock_server/__init__.py
mock_server/middleware/access_log.py
mock_server/middleware/rate_limit.py
mock_server/messages.py
mock_server/faults/responses.py
mock_server/app.py
mock_server/webhooks/http_client.py
mock_server/faults/authentication.py
mock_server/fault.py
mock_server/storage/worker_signals.py
mock_server/faults/derived/schema_walk.py
mock_server/admin/api.py
mock_server/admin/inputs.py
mock_server/middleware/cors.py
mock_server/admin/curl.py
mock_server/messages.py
mock_server/faults/deliveries.py
mock_server/faults/derived/__init__.py
mock_server/faults/derived/responses.py
mock_server/faults/derived/deliveries.py
mock_server/faults/derived/validation.py
mock_server/faults/derived/parameters.py
mock_server/faults/derived/payloads.py
mock_server/faults/derived/validation.py
mock_server/faults/derived/statuses.py
mock_server/webhooks/dispatcher.py
mock_server/docs/docs.css
mock_server/docs/docs.js
mock_server/docs/index.html
mock_server/admin/docs.py
mock_server/middleware/documented_responses.py
mock_server/faults/applicability.py
mock_server/middleware/lifecycle.py
mock_server/responses/error_body.py
mock_server/exchange.py
mock_server/faults/registry.py
mock_server/faults/registry.py
mock_server/middleware/freedoms.py
mock_server/unique_values.py
mock_server/middleware/rate_limit.py
mock_server/admin/views.py
mock_server/middleware/request_validation.py
mock_server/storage/journal.py
mock_server/latency.py
mock_server/responses/headers.py
openapi/redaction.py
mock_server/faults/derived/mutations.py
mock_server/middleware/prefer.py
mock_server/responses/handler.py
mock_server/middleware/rate_limit.py
mock_server/admin/routes.py
mock_server/page/api.js
mock_server/page/icon.svg
mock_server/page/index.html
mock_server/page/lists.js
mock_server/page/page.css
mock_server/page/page.js
mock_server/page/show.js
mock_server/runtime.py
mock_server/webhooks/payload.py
mock_server/faults/payloads.py
mock_server/middleware/prefer_header.py
mock_server/responses/errors.py
mock_server/webhooks/delivery_queue.py
mock_server/middleware/lifecycle.py
mock_server/storage/records.py
mock_server/faults/derived/boundary_values.py
mock_server/reload.py
mock_server/responses/resources.py
mock_server/faults/secrets.py
mock_server/middleware/authentication.py
mock_server/webhooks/delivery_queue.py
mock_server/webhooks/records.py
mock_server/server.py
mock_server/settings.py
mock_server/storage/rate_limit_counters.py
mock_server/middleware/connexion_adapter.py
mock_server/storage/schema.py
mock_server/storage/database.py
mock_server/middleware/freedoms.py
mock_server/middleware/overrides.py
mock_server/storage/overrides.py
mock_server/tokens.py
mock_server/faults/applicability.py
mock_server/faults/validation.py
mock_server/webhooks/emitter.py
openapi/__init__.py
openapi/parameter_validation.py
openapi/http/limits.py
openapi/contract.schema.json
openapi/contract.py
openapi/curl.py
openapi/examples.py
openapi/runtime_expression.py
openapi/finding.py
openapi/formats.py
openapi/http/origin_guard.py
openapi/strict_json.py
openapi/contract.py
openapi/loading/loader.py
mock_server/middleware/connexion_adapter.py
openapi/extensions.py
openapi/media_type.py
openapi/loading/builder.py
openapi/http/json_api.py
openapi/page/base.css
openapi/page/text.js
openapi/parameters.py
openapi/personal-access-tokens.yaml
openapi/json_pointer.py
openapi/http/protocol.py
openapi/rate.py
openapi/loading/yaml_source.py
openapi/examples.py
openapi/signature.py
openapi/signature.py
openapi/loading/consistency.py
openapi/http/upgrades.py
openapi/schema_validation.py
webhook_sink/__init__.py
webhook_sink/destination.py
webhook_sink/replies/sender.py
webhook_sink/api/deliveries.py
webhook_sink/app.py
webhook_sink/notifications.py
webhook_sink/forwarding/attempt.py
webhook_sink/end_to_end_headers.py
webhook_sink/api/exports.py
webhook_sink/export/curl.py
webhook_sink/storage/database.py
webhook_sink/delivery.py
webhook_sink/destination.py
webhook_sink/signature_diagnosis/explain.py
webhook_sink/api/routes.py
webhook_sink/api/access.py
webhook_sink/export/files.py
webhook_sink/storage/retention.py
webhook_sink/verdicts/event_identity.py
webhook_sink/verdicts/filter.py
webhook_sink/forwarding/forwarder.py
webhook_sink/api/routes.py
openapi/signature.py
webhook_sink/export/har.py
webhook_sink/storage/database.py
webhook_sink/verdicts/index.py
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
webhook_sink/api/rejudge.py
webhook_sink/verdicts/worker.py
webhook_sink/signature_diagnosis/keys.py
webhook_sink/notifications.py
webhook_sink/forwarding/request_head.py
webhook_sink/api/services.py
webhook_sink/delivery.py
webhook_sink/api/resend.py
webhook_sink/storage/pruner.py
webhook_sink/export/pytest_test.py
webhook_sink/api/parameters.py
webhook_sink/forwarding/response_reader.py
webhook_sink/intake/endpoint.py
webhook_sink/replies/sender.py
webhook_sink/replies/script.py
webhook_sink/replies/steps.py
openapi/http/server_thread.py
webhook_sink/verdicts/search.py
webhook_sink/forwarding/http_client.py
webhook_sink/signature_diagnosis/json_dialects.py
webhook_sink/server.py
webhook_sink/api/presenter.py
webhook_sink/signature_diagnosis/header_values.py
webhook_sink/signature_diagnosis/body_variants.py
webhook_sink/signature_diagnosis/signed_content.py
webhook_sink/storage/sqlite_store.py
webhook_sink/storage/store.py
webhook_sink/api/stream.py
webhook_sink/storage/rows.py
webhook_sink/intake/batch_writer.py
webhook_sink/verdicts/verdict.py
webhook_sink/views.py
webhook_sink/wait_for.py
webhook_sink/protocol.py
webhook_sink/intake/batch_writer.py
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

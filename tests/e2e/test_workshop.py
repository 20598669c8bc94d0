"""A service with resources of every kind: its faults of state, and its legal differences.

The service of `tests/shared/workshop_service` shares no code with hookproof. Each fault changes an
answer of a journey that a client takes, so that none is only a name.
"""

import json
from collections.abc import Sequence
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from support.processes import SHARED, Run, started, verify
from support.sampling import ALL, some
from workshop_service.exchange import Problem, Response
from workshop_service.http_server import TOKENS, Application
from workshop_service.output import to_json
from workshop_service.sender import Sender
from workshop_service.variants import DIFFERENCES, FAULTS
from workshop_service.workshop import Workshop

pytestmark = pytest.mark.integration

CONTRACT = SHARED.parent / "data" / "workshop.yaml"
SEQUENCES = ("--profile", "default", "--only", "resource-sequences")
"""Options of a run that sends no other phase."""
SERVICE = ["-m", "workshop_service"]
NORTH, SOUTH = TOKENS
TOGETHER = [
    "defaults reversed-properties oldest-first trimmed decimal-point gone dates-with-offset "
    "replay-200",
    "more-properties order-by-hash small-pages composed exponent soft-delete dates-in-zone "
    "delayed-invoices lower-email patch-204",
    "strangers-first unknown-query-400 dates-in-microseconds changing-cursors absent-as-null "
    "other-body-422 sorted-tags delayed-list touched-by-orders",
    "strangers busy empty-last-page null-as-absent case-insensitive-filter cancel-with-date "
    "delete-twice-204 put-keeps-absent",
]
"""Legal differences that one service has at once: a run for each alone takes minutes."""

Answer = tuple[str, str, int, bytes]
"""Method, place, status and JSON text."""


def judge(port: int, directory: Path, *service: str, options: Sequence[str] = ()) -> Run:
    command = [*SERVICE, "--webhook-url", f"http://127.0.0.1:{port}/hooks", *service]
    limits = ["--contract", str(CONTRACT), "--no-saved-cases", *(options or ("--profile", "quick"))]
    with started(command, PYTHONPATH=str(SHARED)) as url:
        given = {"HOOKPROOF_TOKEN": NORTH, "HOOKPROOF_OTHER_TENANT_TOKEN": SOUTH}
        return verify(url, port, directory, *limits, "--webhook-deadline", "3", **given)


def findings(run: Run) -> list[str]:
    return [f"{found['check']}: {found['message']}" for found in run.report["findings"]]


def test_the_service_conforms(port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path)
    assert (findings(run), run.code) == ([], 0), run.out
    assert run.report["operations"]["judged"] == 18
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["delivered"] > 500


def test_each_difference_is_tried() -> None:
    assert sorted(" ".join(TOGETHER).split()) == sorted(DIFFERENCES)


@pytest.mark.parametrize("names", TOGETHER)
def test_legal_differences_conform(names: str, port: int, tmp_path: Path) -> None:
    given = [part for name in names.split() for part in ("--difference", name)]
    run = judge(port, tmp_path, *given, options=SEQUENCES)
    assert (findings(run), run.code) == ([], 0), run.out


@pytest.mark.parametrize("difference", DIFFERENCES if ALL else ())
def test_a_legal_difference_conforms_alone(difference: str, port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, "--difference", difference, options=SEQUENCES)
    assert (findings(run), run.code) == ([], 0), run.out


@pytest.mark.parametrize("fault", some(FAULTS, 12))
def test_a_fault_of_state_is_found(fault: str, port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, "--fault", fault, options=SEQUENCES)
    # The service without a fault has no finding: each one here is due to the fault.
    assert findings(run), run.out
    assert run.code == (1 if run.violated else 0)


def test_the_sequences_alone_find_nothing_in_the_service(port: int, tmp_path: Path) -> None:
    run = judge(port, tmp_path, options=SEQUENCES)
    assert (findings(run), run.code) == ([], 0), run.out


class Client:
    """Client that notes each answer, with ids by their order and without times."""

    def __init__(self, application: Application) -> None:
        self.answers: list[Answer] = []
        self._application = application
        self._names: dict[Any, str] = {}
        self._made: dict[Any, str] = {}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = NORTH,
        key: str | None = None,
    ) -> Any:
        """Send a request; return the value of the response."""
        media_type = "merge-patch+json" if path.count("/") == 2 and method == "PATCH" else "json"
        headers = Message()
        headers["Authorization"] = f"Bearer {token}"
        headers["Content-Type"] = f"application/{media_type}"
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            content = json.dumps(body).encode()
            response = self._application.respond(method, path, headers, content)
        except Problem as problem:
            response = Response(problem.status, {"code": problem.code})
        place = f"{path.count('/')} {path.partition('?')[2].partition('cursor=')[0]}"
        text = to_json(self._plain(response.value), self._application.has)
        self.answers.append((method, place, response.status, text))
        return response.value

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {name: self._plain(one) for name, one in value.items() if name != "updatedAt"}
        if "createdAt" in value and "id" in value:
            first = self._made.setdefault(value["id"], value["createdAt"])
            found["createdAt"] = (value["createdAt"] == first, first == NOTED["createdAt"])
        for name in ("id", "customerId", "orderId"):
            if name in value:
                found[name] = self._names.setdefault(value[name], f"{len(self._names)}")
        if "nextCursor" in value:
            found["nextCursor"] = value["nextCursor"] is not None
        return found


ADA = {
    "name": "Ada \u0160ample & daughters of London",
    "email": "ada@example.co",
    "status": "dormant",
    "nickname": None,
    "address": {"street": "1 Analytical Way", "city": "London", "postcode": "EX1"},
    "tags": ["print", "gold", "early"],
    "newsletter": False,
    "seats": 300,
    "discount": 7.5,
    "memberSince": "2024-05-06T07:08:09Z",
}
BEA: dict[str, Any] = {"name": "Bea", "email": "ada@example.com", "status": "active"}
NOTED = {"nickname": "B", "newsletter": True, "seats": 5, "createdAt": "2020-01-01T00:00:00Z"}
TABLE = {"item": "Table", "quantity": 2, "price": 249.9, "note": "Ring twice"}
FAILURE: Answer = ("failure", "", 0, b"")
UNKNOWN = "cus_000000000000"


def customers(client: Client) -> None:
    """Create, read, list, filter, page, change and delete customers."""
    ids = [client.send("POST", "/customers", body)["id"] for body in (ADA, {**BEA, **NOTED})]
    ids += [client.send("POST", "/customers", {**BEA, "email": f"c{n}@ab.org"})["id"] for n in "12"]
    ada, bea = (f"/customers/{identity}" for identity in ids[:2])
    other = client.send("POST", "/customers", {**BEA, "email": "ada@example.net"}, token=SOUTH)
    for path in (ada, bea, f"/customers/{UNKNOWN}", f"/customers/{other['id']}"):
        client.send("GET", path)
    for query in (
        "",
        "?status=dormant",
        "?email=ada@example.co",
        "?limit=2",
        "?limit=2&status=active",
    ):
        page = client.send("GET", f"/customers{query}")
        for _ in range(3):
            if not page.get("nextCursor"):
                break
            joint = "&" if query else "?"
            page = client.send("GET", f"/customers{query}{joint}cursor={page['nextCursor']}")
        client.answers.append(
            ("", query, len(page["items"]), b"" if page.get("nextCursor") else b"last")
        )
    client.send("PATCH", bea, {"nickname": None, "newsletter": False, "address": {"city": "Bath"}})
    client.send("PATCH", ada, {"address": {"city": "Paris"}, "tags": ["late"]})
    for path in (ada, bea, "/customers"):
        client.send("GET", path)
    client.send("PUT", ada, {"name": "Ada", "email": "ada@example.org"})
    client.send("GET", ada)
    client.send("GET", "/customers?email=ADA@example.org&unknown=1")
    spaced = {"name": " Zoe\u0308 ", "email": "Zoe@example.org", "tags": ["b", "a"]}
    zoe = f"/customers/{client.send('POST', '/customers', spaced)['id']}"
    changed = [client.send("GET", zoe)["updatedAt"]]
    client.send("POST", f"{zoe}/orders", TABLE)
    changed.append(client.send("GET", zoe)["updatedAt"])
    cursors = [client.send("GET", "/customers?limit=1")["nextCursor"] for _ in "12"]
    client.answers += [("", "", len({*pair}), b"") for pair in (changed, cursors)]
    client.send("DELETE", f"/customers/{other['id']}")
    client.send("GET", f"/customers/{other['id']}", token=SOUTH)
    client.send("DELETE", bea)
    for method, body in (("GET", None), ("PATCH", {"seats": 1}), ("DELETE", None)):
        client.send(method, bea, body)
    client.send("GET", "/customers")


def orders(client: Client) -> None:
    """Create, read, list, filter, page, change, cancel and delete orders, and refund one."""
    ada, bea = (f"/customers/{client.send('POST', '/customers', BEA)['id']}" for _ in "12")
    bodies = [{**TABLE, "quantity": n, "deliverAt": "2027-01-02T03:04:05Z"} for n in range(1, 6)]
    ids = [client.send("POST", f"{ada}/orders", body)["id"] for body in bodies]
    apart = client.send("POST", f"{bea}/orders", TABLE)["id"]
    for path in (f"{ada}/orders/{ids[0]}", f"{ada}/orders/{apart}", f"{ada}/orders/9999999"):
        client.send("GET", path)
    for query in ("", "?limit=2", "?limit=2&offset=2", "?limit=2&offset=4", "?state=open"):
        client.send("GET", f"{ada}/orders{query}")
    client.send("POST", f"{ada}/orders/{ids[1]}/cancel")
    client.send("PATCH", f"{ada}/orders/{ids[2]}", {"quantity": 7, "price": 3.5})
    for query in ("", "?state=open", "?state=cancelled"):
        client.send("GET", f"{ada}/orders{query}")
    client.send("DELETE", f"{ada}/orders/{ids[3]}")
    client.send("GET", f"{ada}/orders")
    refunds = f"{ada}/orders/{ids[0]}/refunds"
    for key, amount in (("key-1", 10.5), ("key-1", 10.5), ("key-2", 10.5), ("key-2", 1)):
        client.send("POST", refunds, {"amount": amount, "reason": "late"}, key=f"refund-{key}")
    client.send("GET", refunds)


def invoices(client: Client) -> None:
    """Create, read, list, filter, page and delete invoices, some with idempotency keys."""
    lines = [{"text": "Glue", "amount": 4.2}, {"text": "Nails", "amount": -1}]
    body = {"title": "Chair", "currency": "EUR", "dueAt": "2027-01-02T03:04:05+02:00"}
    other = client.send("POST", "/invoices", body, token=SOUTH, key="key-of-south")["data"]["id"]
    given = [("key-of-south", "EUR"), ("key-b", "GBP"), ("key-of-south", "EUR")]
    sent = [
        client.send("POST", "/invoices", {**body, "currency": currency, "lines": lines}, key=key)
        for key, currency in given
    ]
    order = client.send("POST", "/customers", BEA)["id"]
    path = f"/customers/{order}/orders"
    path += f"/{client.send('POST', path, TABLE)['id']}/refunds"
    client.send("POST", path, {"amount": 1}, key="key-b")
    client.send("POST", "/invoices", {**body, "currency": "USD"}, key="key-b")
    identity = sent[0]["data"]["id"]
    for known in (identity, other):
        client.send("GET", f"/invoices/{known}")
    for query in ("", "?currency=GBP", "?perPage=1", "?perPage=1&page=2", "?perPage=1&page=3"):
        client.send("GET", f"/invoices{query}")
    for method in ("DELETE", "GET", "DELETE"):
        client.send(method, f"/invoices/{identity}")


def answers(*names: str) -> list[Answer]:
    """Return the answers of all journeys, each up to a failure of a fault."""
    application = Application(Workshop(frozenset(names), Sender(None)))
    found = []
    for journey in (customers, orders, invoices):
        client = Client(application)
        try:
            journey(client)
        except (KeyError, TypeError):  # the answer lacks what the journey needs
            client.answers.append(FAILURE)
        found += client.answers
    return found


def test_the_journeys_succeed_without_a_fault() -> None:
    assert FAILURE not in answers()
    assert answers() == answers()


@pytest.mark.parametrize("name", [*FAULTS, *DIFFERENCES])
def test_each_name_changes_an_answer(name: str) -> None:
    assert answers(name) != answers()

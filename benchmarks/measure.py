"""Measurement: start each subject alone, verify it, then load the subjects in turn."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import proc
from figures import Figures, Round, Start, failures, figures
from load import load
from sample import Sample
from subjects import Running, Subject, first_answer, running


@dataclass(frozen=True)
class Plan:
    """Size of a measurement."""

    starts: int
    rounds: int
    seconds: float
    """Duration of the load in each round."""
    connections: int


def measured(chosen: Sequence[Subject], asked: Sample, plan: Plan) -> dict[str, Figures]:
    """Return the figures of each subject by its key."""
    starts: dict[str, list[Start]] = {subject.key: [] for subject in chosen}
    rounds: dict[str, list[Round]] = {subject.key: [] for subject in chosen}
    for subject in chosen:  # warm up byte code and file cache; not counted
        _started(subject, asked)
    for _ in range(plan.starts):
        for subject in chosen:  # each alone: PSS divides shared memory among its users
            starts[subject.key].append(_started(subject, asked))
    with ExitStack() as stack:
        servers = [stack.enter_context(running(subject)) for subject in chosen]
        seen = {server.subject.key: _verified(server, asked) for server in servers}
        for server in servers:
            load(asked, server.port, plan.seconds / 2, plan.connections)
        for _ in range(plan.rounds):
            for server in servers:
                rounds[server.subject.key].append(_round(server, asked, plan))
    return {s.key: figures(s.title, seen[s.key], starts[s.key], rounds[s.key]) for s in chosen}


def _started(subject: Subject, asked: Sample) -> Start:
    began = time.monotonic()
    with running(subject) as server:
        answer = first_answer(server, asked)
        seconds = time.monotonic() - began
        if wrong := asked.misfit(*answer):
            raise SystemExit(f"{subject.title} {wrong}")
        return Start(seconds, proc.memory(server.pid)[1] if proc.KNOWN else 0)


def _verified(server: Running, asked: Sample) -> str:
    """Return which checks the subject does; exit if it lacks one that it claims."""
    if wrong := asked.misfit(*first_answer(server, asked)):
        raise SystemExit(f"{server.subject.title} {wrong}")
    if not server.subject.checks:
        return "neither"
    again, _ = asked.ask(server.port, "the first one")
    forged, _ = asked.ask(server.port, "another one", asked.token[:-4] + "AAAA")
    expected = tuple(
        answer.status if (answer := asked.operation.response_caused_by(provocation)) else ""
        for provocation in ("duplicate-request", "invalid-credential")
    )
    if (str(again), str(forged)) != expected:
        raise SystemExit(f"{server.subject.title} sent {again} for a duplicate request and "
                         f"{forged} for a forged credential, expected {expected}")  # fmt: skip
    return "credential, name"


def _round(server: Running, asked: Sample, plan: Plan) -> Round:
    before = proc.cpu_seconds(server.pid) if proc.KNOWN else 0
    done = load(asked, server.port, plan.seconds, plan.connections)
    spent = proc.cpu_seconds(server.pid) - before if proc.KNOWN else 0
    if failures(done):
        print(f"{server.subject.title}: {done.refused} of {done.requests} requests were rejected, "
              f"{done.lost} got no response; the figures are void", file=sys.stderr)  # fmt: skip
    return Round(done, spent)

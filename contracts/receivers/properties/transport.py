"""Properties about HTTP: sizes, framing, methods, redirects, time, and many deliveries at once."""

from contracts.receivers.trials.client import Attempt, Framing
from contracts.receivers.trials.sender import NewEvent
from contracts.receivers.trials.trial import Property, SentDelivery, Severity, Trial

ORDINARY_BYTES, MEDIUM_BYTES, LARGE_BYTES = 20 * 1024, 80 * 1024, 2**20
_BURST = 4
"""Multiple of the deliveries at once that make a burst."""
_MAX_REMOTE_BURST = 10


def accepts_sizes(trial: Trial) -> None:
    """Send a payload of an ordinary size, and a large one."""
    sender = trial.sender
    event = sender.new_event()
    large = padded(event, ORDINARY_BYTES)
    attempt = sender.signed_attempt(event, large)
    trial.accept(event, attempt, "a conforming delivery of 20 KiB")
    event = sender.new_event()
    large = padded(event, MEDIUM_BYTES)
    attempt = sender.signed_attempt(event, large)
    medium = trial.send(attempt, "a conforming delivery of 80 KiB")
    if medium.response.status in (401, 403):
        message = (
            f"{medium.description} got {medium.response.text}, although its signature is valid"
        )
        trial.fail(message, medium, expected="2xx or 413")
    elif not (medium.response.is_success or medium.response.is_refusal):
        message = f"{medium.description} got {medium.response.text}"
        trial.fail(message, medium, expected="2xx or 413")
    event = sender.new_event()
    large = padded(event, LARGE_BYTES)
    attempt = sender.signed_attempt(event, large)
    trial.survive(attempt, "a conforming delivery of 1 MiB")


def padded(event: NewEvent, size: int) -> bytes:
    """Return the JSON of an event with white space before its last character."""
    return event.body[:-1] + b" " * max(0, size - len(event.body)) + event.body[-1:]


def accepts_chunked(trial: Trial) -> None:
    """Send a body in chunks, without Content-Length."""
    _try_framing(trial, "chunked", 411, "a conforming delivery in chunks")


def accepts_expect_continue(trial: Trial) -> None:
    """Wait for `100 Continue` before the body."""
    words = "a conforming delivery with Expect: 100-continue"
    sent = _try_framing(trial, "expect-continue", 417, words)
    if sent.response.is_success and sent.response.has_continued is False:
        message = f"{words} got neither 100 nor another response before its body"
        trial.fail(message, sent, severity="warning", expected="100 Continue")


def accepts_pieces(trial: Trial) -> None:
    """Send the body in several segments, as a slow or long network path does."""
    sender = trial.sender
    event = sender.new_event()
    if event.body.isascii() and not trial.has_failed("receiver-unknown-property"):
        event = sender.with_property("größer") or event
    attempt = sender.attempt(event, framing="pieces")
    trial.accept(event, attempt, "a conforming delivery whose body comes in pieces")


def _try_framing(trial: Trial, framing: Framing, refusal: int, words: str) -> SentDelivery:
    sender = trial.sender
    event = sender.new_event()
    sent = trial.send(sender.attempt(event, framing=framing), words)
    if sent.response.is_success or sent.response.status == refusal:
        trial.passed(sent)
    elif sent.response.status in (401, 403):
        message = f"{words} got {sent.response.text}, although its signature is valid"
        trial.fail(message, sent, expected=f"2xx or {refusal}")
    else:
        severity: Severity | None = "warning" if sent.response.is_refusal else None
        message = f"{words} got {sent.response.text}"
        trial.fail(message, sent, severity=severity, expected=f"2xx or {refusal}")
    return sent


def refuses_other_methods(trial: Trial) -> None:
    """Send requests of other methods, without a body and unsigned."""
    observation = trial.observation
    before = trial.settled_effects() if observation else 0
    last = None
    for method in ("GET", "PUT", "DELETE"):
        if method == trial.sender.event.method:
            continue
        last = sent = trial.send(Attempt((("User-Agent", "hookproof"),), b"", method), method)
        status = sent.response.status
        if sent.response.is_refusal or status == 501:
            trial.passed(sent)
        elif status is not None and status < 400:
            message = f"{method} got {status}: a receiver of webhooks has no other method"
            trial.fail(message, sent, severity="warning", expected="404 or 405")
        else:
            trial.fail(f"{method} got {sent.response.text}", sent, expected="404 or 405")
    if observation and (effects := trial.settled_effects() - before):
        message = f"requests of other methods had {effects} side effects"
        trial.fail(message, last, expected="no side effect")


def answers_at_once(trial: Trial) -> None:
    """Send several conforming deliveries at the same time."""
    sender, settings = trial.sender, trial.settings
    count = settings.volume.at_once if settings.is_local else _MAX_REMOTE_BURST
    attempts = [sender.attempt(sender.new_event()) for _ in range(count)]
    for sent in trial.send_at_once(attempts, f"one of {count} deliveries at once"):
        is_late = sent.response.seconds > settings.deadline
        if is_late or (sent.response.status is None and not sent.response.is_refused):
            message = f"{sent.description} got {sent.response.text}"
            late = f"{sent.description} took {sent.response.seconds:.1f} s"
            expected = f"a response within {settings.deadline:g} s"
            trial.fail(late if is_late else message, sent, expected=expected)
        else:
            trial.passed(sent)


def recovers_from_burst(trial: Trial) -> None:
    """Send a burst: a receiver may say that it is too much, and then goes on."""
    sender, settings = trial.sender, trial.settings
    count = _BURST * settings.volume.at_once if settings.is_local else _MAX_REMOTE_BURST
    if trial.observation is not None:
        trial.burst = trial.settled_effects(), count
    events = [sender.new_event() for _ in range(count)]
    words = f"one of a burst of {count} deliveries"
    answers = trial.send_at_once([sender.attempt(event) for event in events], words)
    for event, sent in zip(events, answers, strict=True):
        response = sent.response
        is_limit = response.status in (429, 503)
        if not response.is_success:
            trial.failed_valid.append((event, sent))
        if response.is_success or (is_limit and response.header("Retry-After") is not None):
            trial.passed(sent)
        elif is_limit:
            message = f"{words} got {response.status} without Retry-After"
            trial.fail(message, sent, severity="warning", expected="Retry-After")
        else:
            expected = "2xx, or 429 or 503 with Retry-After"
            trial.fail(f"{words} got {response.text}", sent, expected=expected)
    event = sender.new_event()
    if trial.burst is not None:
        trial.burst = trial.burst[0], count + 1
    words = "a conforming delivery after the burst"
    sent, is_patient = trial.send_patiently(sender.attempt(event), words)
    if sent.response.asks_to_wait and not is_patient:
        trial.limited()
    elif sent.response.asks_to_wait:
        message = f"{words} got {sent.response.text} again after each wait that it asked for"
        trial.fail(message, sent, expected="2xx")
    else:
        trial.judge_accepted(event, sent)


def answers_in_time(trial: Trial) -> None:
    """Look at the time of every response so far."""
    settings = trial.settings
    answered = [s for s in trial.deliveries if s.response.status is not None]
    silent = [s for s in trial.deliveries if s.response.is_timeout]
    late = [s for s in answered if s.response.seconds > settings.deadline] + silent
    times = sorted(s.response.seconds for s in answered)
    if late:
        slowest = max(late, key=lambda s: s.response.seconds)
        message = (
            f"{slowest.description} got no response within the deadline of "
            f"{settings.deadline:g} s; {_percentiles(times)}"
        )
        trial.fail(message, slowest, expected=f"a response within {settings.deadline:g} s")
    elif times:
        trial.progress(f"time of a response: {_percentiles(times)}")
        trial.passed(answered[0])


def _percentiles(times: list[float]) -> str:
    if not times:
        return "it answered nothing"
    middle, high = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
    return f"p50 {1000 * middle:.0f} ms, p99 {1000 * high:.0f} ms of {len(times)} responses"


def never_redirects(trial: Trial) -> None:
    """Look for redirects in every response so far."""
    found = [s for s in trial.deliveries if 300 <= (s.response.status or 0) < 400]
    if found:
        first = found[0]
        place = first.response.header("Location") or "nowhere"
        message = (
            f"{first.description} got the redirect {first.response.status} to {place}; senders "
            f"do not follow redirects"
        )
        trial.fail(message, first, expected="no 3xx")
    else:
        trial.passed(None)


TRANSPORT = (
    Property(
        "receiver-size",
        "A delivery of an ordinary size is accepted, and a large one is no error.",
        "2xx for 20 KiB, 2xx or 4xx (413) for 1 MiB",
        "RFC 9110, section 15.5.14: 413 Content Too Large",
        "violation",
        "webhook",
        accepts_sizes,
        ("json",),
    ),
    Property(
        "receiver-chunked",
        "A body in chunks is accepted, or a length is asked for.",
        "2xx or 411; a 4xx other than 401 and 403 is a warning",
        "RFC 9112, section 7.1; RFC 9110, section 15.5.12",
        "violation",
        "webhook",
        accepts_chunked,
    ),
    Property(
        "receiver-pieces",
        "A body that comes in several segments is accepted.",
        "2xx",
        "RFC 9112, section 6: the length of a body is not that of a segment",
        "violation",
        "webhook",
        accepts_pieces,
    ),
    Property(
        "receiver-expect-continue",
        "A delivery with Expect: 100-continue is accepted, or the expectation refused.",
        "2xx after 100, or 417; another 4xx, or no 100, is a warning",
        "RFC 9110, section 10.1.1",
        "violation",
        "webhook",
        accepts_expect_continue,
    ),
    Property(
        "receiver-other-method",
        "Other methods are refused, and have no side effect.",
        "404, 405, another 4xx or 501; 2xx is a warning",
        "RFC 9110, section 15.5.6",
        "violation",
        "webhook",
        refuses_other_methods,
    ),
    Property(
        "receiver-at-once",
        "Several deliveries at once are answered within the deadline.",
        "any response within the deadline",
        "Standard Webhooks, deliverability: 15 to 30 s; GitHub: 10 s",
        "violation",
        "webhook",
        answers_at_once,
    ),
    Property(
        "receiver-overload",
        "A burst is answered, and the receiver goes on after it.",
        "2xx, or 429 or 503 with Retry-After; without Retry-After a warning",
        "Standard Webhooks, deliverability and reliability",
        "violation",
        "webhook",
        recovers_from_burst,
    ),
)
TIME_AND_REDIRECTS = (
    Property(
        "receiver-deadline",
        "Every response comes within the deadline.",
        "a response within --deadline",
        "GitHub: 10 s; Persona: 5 s; Standard Webhooks: 15 to 30 s",
        "violation",
        "webhook",
        answers_in_time,
    ),
    Property(
        "receiver-redirect",
        "No delivery is redirected.",
        "no 3xx",
        "Standard Webhooks: 3xx is a failure",
        "violation",
        "webhook",
        never_redirects,
    ),
)

"""Where a sink may send to: URLs that mean one place, and of those only what was allowed."""

import pytest

from webhook_sink.destination import Passing, destination, origin

READ = [
    # a URL, its origin, its path, its query
    ("http://127.0.0.1", "http://127.0.0.1", "", None),
    ("HTTP://LocalHost:3000/", "http://localhost:3000", "", None),
    ("https://example.com:443/a%20b/?", "https://example.com", "/a%20b/", ""),
    ("https://example.com:80?x=/y?z@w", "https://example.com:80", "", "x=/y?z@w"),
    ("http://[::1]:8080/a", "http://[::1]:8080", "/a", None),
    ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]", "", None),
    ("http://xn--bcher-kva.example//b", "http://xn--bcher-kva.example", "//b", None),
    ("http://a_b.test/p:q@r", "http://a_b.test", "/p:q@r", None),
]
REFUSED = [
    *("", "127.0.0.1:3000", "//127.0.0.1", "http:/127.0.0.1", "http://", "http:///a", "http://:80"),
    *("ftp://127.0.0.1", "file:///etc/passwd", "javascript:alert(1)", "unix:/run/docker.sock"),
    *("http://user@127.0.0.1", "http://user:pass@127.0.0.1/", "http://127.0.0.1:80@evil.test/"),
    *("http://127.0.0.1\\@evil.test/", "http://evil.test#@127.0.0.1/", "http://127.0.0.1/#x"),
    *("http://127.1", "http://2130706433/", "http://0x7f000001", "http://0x7f.0.0.1", "http://0x"),
    *("http://0177.0.0.1/", "http://127.0.0.01", "http://127.0.0.1.", "http://127.0.0.1.5"),
    *("http://localhost.", "http://.localhost", "http://a..b", "http://-a.test", "http://a-.b"),
    *("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]", "http://[fe80::1%25eth0]"),
    *("http://[::1%lo]", "http://[127.0.0.1]", "http://::1/", "http://[localhost]", "http://[::1"),
    *("http://127.0.0.1:", "http://127.0.0.1:0", "http://127.0.0.1:080", "http://127.0.0.1:65536"),
    *("http://127.0.0.1:+80", "http://127.0.0.1:8 0", "http://127.0.0.1:٣", "http://127.0.0.1:1:2"),
    *(
        "http://127.0.0.1/\r\nX-A: 1",
        "http://127.0.0.1/ HTTP/1.1",
        "http://127.0.0.1/\t",
        " http://a",
    ),
    *("http://ⓛocalhost", "http://127。0。0。1", "http://exämple.test", "http://127.0.0.1/ä"),
    *("http://%6cocalhost", "http://127.0.0.1%2f@a", "http://127.0.0.1;a", "http://a,b"),
]
LOOPBACK = ["http://127.0.0.1:3000", "https://127.8.9.10/a", "http://[::1]:1", "http://localhost/"]
ELSEWHERE = [
    *("http://0.0.0.0:3000", "http://[::]:3000", "http://[::127.0.0.1]", "http://10.0.0.1"),
    *("http://169.254.169.254/latest/meta-data", "http://192.168.1.1", "http://128.0.0.1"),
    *("http://localhost.test", "http://localhost.localdomain", "http://a.localhost"),
    *("http://127.0.0.1.nip.io", "http://localtest.me:3000", "http://ip6-localhost"),
    *("http://[64:ff9b::7f00:1]", "http://[2002:7f00:1::]", "http://[fe80::1]", "http://[::2]"),
]


@pytest.mark.parametrize(("url", "place", "path", "query"), READ)
def test_what_a_url_means(url: str, place: str, path: str, query: str | None) -> None:
    found = destination(url)
    assert (found.origin, found.path, found.query) == (place, path, query)
    assert destination(found.origin).origin == place


@pytest.mark.parametrize("url", REFUSED)
def test_what_has_more_than_one_reading_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(a|an|the) .{20,}") as refused:
        destination(url)
    assert not url or url not in str(refused.value)


@pytest.mark.parametrize("url", ["http://a.test/b", "http://a.test?", "http://a.test/?x=1"])
def test_an_origin_has_no_path(url: str) -> None:
    assert origin("http://a.test/") == origin("http://a.test:80")
    with pytest.raises(ValueError, match="without a path"):
        origin(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a.test/b?token=abc&x&y=", "http://a.test/b?token=***&***&y=***"),
        ("http://a.test?secret", "http://a.test?***"),
        ("http://a.test/b", "http://a.test/b"),
    ],
)
def test_values_of_a_query_are_not_shown(url: str, shown: str) -> None:
    assert destination(url).shown == shown


@pytest.mark.parametrize("url", LOOPBACK)
def test_loopback_is_allowed_to_a_sink_on_loopback_alone(url: str) -> None:
    wanted = destination(url)
    assert Passing(loopback=True).refusal(wanted) is None
    refusal = Passing(resend_to=(origin("http://a.test"),)).refusal(wanted)
    assert refusal is not None
    assert f"--resend-to {wanted.origin} " in refusal
    assert Passing(resend_to=(origin(wanted.origin),)).refusal(wanted) is None


@pytest.mark.parametrize("url", ELSEWHERE)
def test_elsewhere_is_allowed_where_it_was_named_and_nowhere_else(url: str) -> None:
    wanted = destination(url)
    assert Passing(loopback=True).refusal(wanted) is not None
    for named in (Passing(resend_to=(origin(wanted.origin),)), Passing(forward_to=wanted)):
        assert named.refusal(wanted) is None


@pytest.mark.parametrize(
    "url",
    [
        *("https://a.test:3000", "http://a.test:3001", "http://a.test", "http://b.a.test:3000"),
        *("http://a.test.evil.test:3000", "http://a.tes:3000"),
    ],
)
def test_another_scheme_port_or_name_is_elsewhere(url: str) -> None:
    named = Passing(destination("http://a.test:3000/hooks"), (origin("http://c.test"),))
    assert named.refusal(destination("http://A.test:3000/other")) is None
    assert named.refusal(destination("http://c.test:80/")) is None
    assert named.refusal(destination(url)) is not None

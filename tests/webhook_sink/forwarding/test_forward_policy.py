"""Forward policy: unambiguous URLs, and destinations that the user allowed."""

import pytest

from webhook_sink.destination import ForwardPolicy, parse_destination, parse_origin

READ = [
    # URL, origin, path, query
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
def test_parses_a_destination(url: str, place: str, path: str, query: str | None) -> None:
    found = parse_destination(url)
    assert (found.origin, found.path, found.query) == (place, path, query)
    assert parse_destination(found.origin).origin == place


@pytest.mark.parametrize("url", REFUSED)
def test_rejects_an_ambiguous_or_invalid_destination(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(a|an|the) .{20,}") as refused:
        parse_destination(url)
    assert not url or url not in str(refused.value)


@pytest.mark.parametrize("url", ["http://a.test/b", "http://a.test?", "http://a.test/?x=1"])
def test_rejects_an_origin_with_a_path(url: str) -> None:
    assert parse_origin("http://a.test/") == parse_origin("http://a.test:80")
    with pytest.raises(ValueError, match="without a path"):
        parse_origin(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a.test/b?token=abc&x&y=", "http://a.test/b?token=***&***&y=***"),
        ("http://a.test?secret", "http://a.test?***"),
        ("http://a.test/b", "http://a.test/b"),
    ],
)
def test_query_values_are_redacted(url: str, shown: str) -> None:
    assert parse_destination(url).redacted_url == shown


@pytest.mark.parametrize("url", LOOPBACK)
def test_loopback_needs_a_sink_on_loopback_or_an_option(url: str) -> None:
    wanted = parse_destination(url)
    assert ForwardPolicy(allow_loopback=True).rejection_reason(wanted) is None
    rejection_reason = ForwardPolicy(resend_to=(parse_origin("http://a.test"),)).rejection_reason(
        wanted
    )
    assert rejection_reason is not None
    assert f"--resend-to {wanted.origin} " in rejection_reason
    assert ForwardPolicy(resend_to=(parse_origin(wanted.origin),)).rejection_reason(wanted) is None


@pytest.mark.parametrize("url", ELSEWHERE)
def test_another_host_needs_an_option(url: str) -> None:
    wanted = parse_destination(url)
    assert ForwardPolicy(allow_loopback=True).rejection_reason(wanted) is not None
    for named in (
        ForwardPolicy(resend_to=(parse_origin(wanted.origin),)),
        ForwardPolicy(forward_to=wanted),
    ):
        assert named.rejection_reason(wanted) is None


@pytest.mark.parametrize(
    "url",
    [
        *("https://a.test:3000", "http://a.test:3001", "http://a.test", "http://b.a.test:3000"),
        *("http://a.test.evil.test:3000", "http://a.tes:3000"),
    ],
)
def test_a_different_scheme_port_or_host_is_not_allowed(url: str) -> None:
    named = ForwardPolicy(
        parse_destination("http://a.test:3000/hooks"), (parse_origin("http://c.test"),)
    )
    assert named.rejection_reason(parse_destination("http://A.test:3000/other")) is None
    assert named.rejection_reason(parse_destination("http://c.test:80/")) is None
    assert named.rejection_reason(parse_destination(url)) is not None

"""Local access: one person on this machine, and nobody's page elsewhere may act in her name."""

import pytest

from services.access import refusal

HERE = {"Host": "localhost:8050"}


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8050", "127.0.0.1:9000", "[::1]:8050", "[::1]", "LOCALHOST:1"]
)
def test_this_machines_own_names_are_answered(host: str) -> None:
    assert refusal("GET", {"Host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "lab.example.org",
        "127.0.0.1.example.org",
        "localhost.evil.org:8050",
        "192.168.0.7:8050",
        "[::1",
        "0.0.0.0",
    ],
)
def test_any_other_host_is_refused_with_a_reason(host: str) -> None:
    assert "only on this machine" in (refusal("GET", {"Host": host}) or "")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip", "X-Forwarded-Host"])
def test_a_forwarded_request_is_refused_even_with_an_empty_header(header: str) -> None:
    assert header in (refusal("GET", HERE | {header: ""}) or "")


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://localhost:8050.evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8050"},
    ],
)
def test_a_forged_change_is_refused(sent: dict[str, str]) -> None:
    assert refusal("POST", HERE | sent) is not None


@pytest.mark.parametrize(
    "sent",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost:8050"}, {"Sec-Fetch-Site": "none"}],
)
def test_own_pages_and_scripts_may_change(sent: dict[str, str]) -> None:
    assert refusal("POST", HERE | sent) is None


def test_the_guard_stands_before_every_route(client) -> None:  # type: ignore[no-untyped-def]
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    assert len(rules) > 15
    for rule in rules:
        path = rule.replace("<path:", "<").replace("<", "x").replace(">", "x")
        for method in ("GET", "POST"):
            answer = client.open(path, method=method, headers={"Host": "lab.example.org"})
            assert answer.status_code == 403, (method, rule)
            assert "only on this machine" in answer.json["error"]["message"]


def test_a_forged_post_changes_nothing_through_any_route(client) -> None:  # type: ignore[no-untyped-def]
    forged = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for rule in client.application.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            path = rule.rule.replace("<path:", "<").replace("<", "x").replace(">", "x")
            assert client.open(path, method=method, headers=forged).status_code == 403, rule.rule


def test_every_answer_carries_the_content_security_policy(client) -> None:  # type: ignore[no-untyped-def]
    for path in ("/", "/healthz", "/api/v1/embryos", "/nowhere.css", "/assets/base.js"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]

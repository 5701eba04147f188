"""A log line is one line, and holds no secret, whatever was put into it."""

import json
import logging
import threading
from datetime import UTC, datetime

import pytest

from idp.audit.events import Event
from idp.audit.log import Entry
from idp.kernel.ids import new_id, new_secret
from idp.telemetry import Counters, begin_request, configure_logging, get_logger, log_alarm, request_line

NUMBER = "001099000001"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def _logging_as_before():
    yield
    configure_logging(None)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if type(handler).__module__ == "idp.telemetry"]:
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def lines(tmp_path):
    """What was logged so far, line by line."""
    path = tmp_path / "idp.log"
    configure_logging(path)
    return lambda: [json.loads(line) for line in path.read_bytes().decode("ascii").splitlines()]


def an_entry(event, **facts):
    return Entry(datetime(2026, 11, 2, tzinfo=UTC), event, new_id(), "portal", facts)


def test_a_line_tells_when_how_grave_who_and_what(lines):
    get_logger("idp.web").warning("slow", milliseconds=12.5, route="/token")

    (line,) = lines()

    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    assert line == {
        "level": "warning",
        "source": "idp.web",
        "event": "slow",
        "milliseconds": 12.5,
        "route": "/token",
    }


def test_a_request_is_one_line_that_carries_its_id(lines):
    begin_request("r-1")
    request_line(method="GET", route="/authorize", status=303, milliseconds=1.23456, client_id="portal")

    (line,) = lines()

    assert (line["request_id"], line["status"], line["milliseconds"]) == ("r-1", 303, 1.23)
    assert "error" not in line


def test_what_comes_from_outside_is_looked_through_in_a_requests_line(lines):
    secret = new_secret(160)
    request_line(method=secret, route="/token", status=405, milliseconds=1, address=f"a\n{secret}")

    (line,) = lines()

    assert (line["method"], line["address"]) == ("[hidden]", "a\n[hidden]")


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", '{"level":"info"}', "\x1b[31m", "\u2028", "\x85", "\ud800", "\x00"]
)
def test_no_text_breaks_or_forges_a_line(lines, text):
    get_logger("idp").info("tried", method=text, **{"x\ny": text})

    (line,) = lines()

    assert line["method"] == text


def test_no_value_takes_the_place_of_time_or_level(lines):
    get_logger("idp").info("tried", level="critical", timestamp="never")

    assert (lines()[0]["level"], lines()[0]["timestamp"] == "never") == ("info", False)


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "client_secret",
        "access_token",
        "Set-Cookie",
        "Authorization",
        "code_verifier",
        "number",
    ],
)
def test_what_a_secret_key_holds_is_hidden(lines, key):
    get_logger("idp").info("form", **{key: "short"}, form={key: ["short"]}, list=[{key: 1}])

    (line,) = lines()

    hidden = {key: "[hidden]"}
    assert (line[key], line["form"], line["list"]) == ("[hidden]", hidden, [hidden])


def test_an_error_code_is_shown_and_an_authorization_code_is_not(lines):
    secret = new_secret(160)
    get_logger("idp").info(
        "refused", code="proof_rejected", error_code="x1", status_code=400, form={"code": secret}
    )

    (line,) = lines()

    assert (line["code"], line["error_code"], line["status_code"]) == ("proof_rejected", "[hidden]", 400)
    assert line["form"] == {"code": "[hidden]"}


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"identifier={NUMBER}&next",
        f"identifier%3D{NUMBER}",
        "001 099 000 001",
        "001-099-000-001",
        f"a{NUMBER}9999",
        "0912345678",
        "+84912345678",
        JWT,
        "/callback?code=Yk3vR-0pWzq_81mNcTfLxg2hUa4s",
        "Yk3vR-0pWzq_81mNcTfLxg2hUa4sB7dE9jKoPiQrSwM",
        "Bearer abcdefgh",
        "Basic Y2xpZW50OnNlY3JldA==",
        "-----BEGIN PRIVATE" + " KEY-----\nMIGH\nAgEA\n-----END PRIVATE KEY-----",
        "(error) [parameters: ('Nguyễn', 'An')]",
    ],
)
def test_what_looks_like_a_secret_is_hidden_anywhere(lines, text):
    get_logger("idp").info("seen", path=text, deep={"a": [{"b": text}]}, what=f"before {text} after")
    get_logger(text).info(text)
    logging.getLogger("library").warning("it said %s", text)

    written = json.dumps(lines(), ensure_ascii=False)

    assert text not in written
    assert written.count("[hidden]") >= 6


@pytest.mark.parametrize(
    "text",
    [
        "0199f3a2-1c7e-7d3a-9b1c-2f6d1e5a7b90",
        "192.168.100.200",
        "2026-11-02T01:00:00.000000+00:00",
        "test_code_is_refused_the_second_time",
        "openid profile",
        "Nguyễn",
    ],
)
def test_what_is_harmless_is_shown(lines, text):
    get_logger("idp").info("seen", what=text, kid=new_secret(256))

    (line,) = lines()

    assert line["what"] == text
    assert line["kid"] != "[hidden]"


def test_a_personal_number_is_hidden_as_a_whole_number_and_under_an_open_key(lines):
    get_logger("idp").info(
        "seen", count=int(NUMBER), kid=NUMBER, request_id=f"x={NUMBER}", ratio=0.5, none=None
    )

    assert "99000001" not in json.dumps(lines())


def test_a_traceback_is_one_line_without_its_secrets(lines):
    def failing_with_a_long_enough_name_to_be_suspect():
        raise ValueError(f"bad number {NUMBER}")

    try:
        failing_with_a_long_enough_name_to_be_suspect()
    except ValueError as error:
        get_logger("idp").error("unforeseen", exc_info=error)
        logging.getLogger("library").exception("failed")

    for line in lines():
        assert "failing_with_a_long_enough_name_to_be_suspect" in line["exception"]
        assert NUMBER not in line["exception"]


def test_what_holds_itself_is_cut_off(lines):
    endless = {}
    endless["again"] = endless

    get_logger("idp").info("seen", what=endless, how=object)

    assert "[hidden]" in json.dumps(lines())


def test_less_grave_lines_are_left_out(tmp_path):
    configure_logging(tmp_path / "idp.log", "error")
    get_logger("idp").warning("slow")
    get_logger("idp").error("broken")

    assert (tmp_path / "idp.log").read_text().count("\n") == 1


def test_without_a_file_lines_go_to_standard_output(capfd):
    configure_logging(None)

    get_logger("idp").info("started")

    assert json.loads(capfd.readouterr().out)["event"] == "started"


def test_a_full_disk_costs_lines_and_not_answers(tmp_path):
    path = tmp_path / "full"
    path.symlink_to("/dev/full")
    configure_logging(path)

    get_logger("idp").info("started")


def test_many_threads_write_whole_lines(lines):
    def write():
        for _ in range(200):
            get_logger("idp").info("seen", what="x" * 2000)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(lines()) == 1600


def test_counters_count_audit_events():
    counters = Counters()
    for event in (Event.TOKEN_ISSUED, Event.TOKEN_ISSUED, Event.CODE_ISSUED):
        counters.count(an_entry(event))

    assert counters.snapshot() == {"token.issued": 2, "code.issued": 1}
    assert counters.exposition() == (
        "# TYPE idp_events_total counter\n"
        'idp_events_total{event="code.issued"} 1\n'
        'idp_events_total{event="token.issued"} 2\n'
    )


def test_only_alarming_events_are_logged(lines):
    log_alarm(an_entry(Event.TOKEN_ISSUED))
    log_alarm(an_entry(Event.REFRESH_REUSED, family="f"))

    (line,) = lines()

    assert (line["audit_event"], line["facts"]) == ("refresh.reused", {"family": "f"})

"""accounts link-legacy, unlink-legacy."""

import json

import pytest

NUMBER = "001083990000"


@pytest.fixture
def portal(idp):
    """A person with an account, and a portal."""
    idp.succeed("accounts", "open", NUMBER, "--phone", "0900000001")
    file = idp.folder / "portal.json"
    details = {
        "client_name": {"vi": "Cổng"},
        "redirect_uris": ["https://cong.example/cb"],
        "claims": ["legacy_ids"],
    }
    file.write_text(json.dumps(details))
    idp.succeed("clients", "add", str(file), "--id", "cong")
    return idp


def a_file(idp, *lines, encoding="utf-8"):
    file = idp.folder / "links.csv"
    file.write_bytes("\n".join(("sector,legacy_id,number", *lines, "")).encode(encoding))
    return str(file)


def test_good_rows_are_linked_and_the_others_listed(portal):
    refused = portal.folder / "refused.csv"
    file = a_file(portal, f"cong,cu-1,{NUMBER}", f"khac,cu-2,{NUMBER}")

    answer = portal("accounts", "link-legacy", file, "--refused", str(refused))

    assert answer.status == 0
    assert "1 taken in (0 of them updated), 1 refused" in answer.out
    assert "line 3: sector_unknown: There is no client and no sector of this name." in answer.err
    assert refused.read_text() == "line,reason\n3,sector_unknown\n"
    assert NUMBER not in answer.out + answer.err
    assert portal.events("legacy.imported") == [{"accepted": 1, "refused": 1, "actor": "cli"}]


def test_file_in_an_old_encoding_is_refused_by_name(portal):
    file = portal.folder / "links.csv"
    file.write_bytes(b"sector,legacy_id,number\ncong,Tr\xe2\xccn,001083990000\n")

    answer = portal("accounts", "link-legacy", str(file))

    assert answer.status == 1
    assert "windows-1258" in answer.err
    assert portal.rows("SELECT count(*) FROM legacy_links") == [(0,)]


def test_wrong_link_is_taken_back_by_its_client_or_sector(portal):
    portal.succeed("accounts", "link-legacy", a_file(portal, f"cong,cu-1,{NUMBER}"))

    portal.succeed("accounts", "unlink-legacy", "cong", "-", typed="cu-1\n")

    assert portal.rows("SELECT count(*) FROM legacy_links") == [(0,)]
    assert "not_found" in portal("accounts", "unlink-legacy", "cong.example", "cu-1").err

"""keys: init, list, rotate, retire."""

import json

import pytest


@pytest.fixture
def manifest(idp):
    return lambda: json.loads((idp.folder / "keys" / "keys.json").read_text())["keys"]


def kids(manifest, state, alg="ES256"):
    return [key["kid"] for key in manifest() if (key["state"], key["alg"]) == (state, alg)]


def test_list_shows_every_key_and_no_secret(idp, manifest):
    shown = idp.succeed("keys", "list")

    assert all(key["kid"] in shown and key["state"] in shown for key in manifest())
    assert "PRIVATE" not in shown


def test_init_on_a_whole_ring_makes_nothing(idp):
    assert idp.succeed("keys", "init") == "0 made\n"


def test_a_next_key_signs_only_after_it_has_been_published_for_a_day(idp, manifest, monkeypatch):
    idp.succeed("keys", "rotate", "--force")  # the fixture's keys are of another time
    before = manifest()

    answer = idp("keys", "rotate")

    assert answer.status == 1
    assert "key_too_young" in answer.err
    assert manifest() == before


def test_forced_rotation_moves_every_key_one_state_on(idp, manifest):
    upcoming, current = kids(manifest, "next"), kids(manifest, "current")

    shown = idp.succeed("keys", "rotate", "--force")

    assert (kids(manifest, "current"), kids(manifest, "retired")) == (upcoming, current)
    assert len(kids(manifest, "next")) == 1
    assert shown.count("is current") == 6
    assert {fact["kid"] for fact in idp.events("key.rotated")} >= set(upcoming)


def test_one_algorithm_may_rotate_alone(idp, manifest):
    idp.succeed("keys", "rotate", "--force", "--alg", "ES256")

    assert (len(kids(manifest, "retired")), kids(manifest, "retired", "RS256")) == (1, [])
    assert idp("keys", "rotate", "--alg", "HS256").status == 2


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA", "RSA-OAEP-256", "ECDH-ES"])
def test_keys_of_every_kind_are_made_and_rotate(idp, manifest, alg):
    (upcoming,), (current,) = kids(manifest, "next", alg), kids(manifest, "current", alg)

    assert idp.succeed("keys", "rotate", "--force", "--alg", alg) == f"{alg} {upcoming} is current\n"

    assert (kids(manifest, "current", alg), kids(manifest, "retired", alg)) == ([upcoming], [current])
    assert idp.succeed("keys", "retire", current, "--force") == "1 destroyed\n"


def test_retire_destroys_nothing_that_may_still_be_needed(idp, manifest):
    idp.succeed("keys", "rotate", "--force")
    retired = kids(manifest, "retired")[0]

    assert idp.succeed("keys", "retire") == "0 destroyed\n"
    assert "key_still_needed" in idp("keys", "retire", retired).err
    assert (idp.folder / "keys" / f"{retired}.pem").exists()


def test_a_stolen_key_is_destroyed_at_once(idp, manifest):
    idp.succeed("keys", "rotate", "--force")
    retired = kids(manifest, "retired")[0]

    assert idp.succeed("keys", "retire", retired, "--force") == "1 destroyed\n"

    assert not (idp.folder / "keys" / f"{retired}.pem").exists()
    assert [fact["kid"] for fact in idp.events("key.retired")] == [retired]


@pytest.mark.parametrize("state", ["current", "next"])
def test_a_key_in_use_cannot_be_destroyed_even_by_force(idp, manifest, state):
    answer = idp("keys", "retire", kids(manifest, state)[0], "--force")

    assert (answer.status, "key_still_needed" in answer.err) == (1, True)


def test_an_unknown_key_is_not_found(idp):
    assert idp("keys", "retire", "nothing").err == "idp: not_found\n"


def test_a_key_file_that_vanished_is_told_and_not_made_anew(idp, manifest):
    gone = idp.folder / "keys" / f"{kids(manifest, 'current')[0]}.pem"
    gone.unlink()

    answer = idp("keys", "init")

    assert (answer.status, answer.err) == (1, "idp: unavailable: keys does not answer\n")
    assert not gone.exists()

"""ICAO Doc 9303 part 11 §5.1: what a state has signed is taken, and nothing that anybody else made."""

import hashlib
from datetime import timedelta

import pytest
from asn1crypto import cms, core, parser
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idp.accounts.chip_card.passive import Chip, authenticate
from idp.accounts.chip_card.refusal import ChipRefused, Flaw
from idp.accounts.chip_card.security_object import MOST_BYTES
from idp.accounts.chip_card.trust_store import TrustStore
from tests.chips import NOW, YEAR, Authority, card_zone, element, rsa_key, zone_group

pytestmark = pytest.mark.spec("ICAO Doc 9303 part 11 §5.1")

FACE = element(b"\x75", b"a picture" * 40)
GROUPS = {1: zone_group(card_zone()), 2: FACE}


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def signer(authority):
    return authority.signer()


@pytest.fixture(scope="module")
def trust(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("csca")
    authority.put(folder)
    return TrustStore(folder)


@pytest.fixture(scope="module")
def rsa_signer(authority):
    return authority.signer(rsa_key())


def flaw(trust, security_object, groups=None, now=NOW):
    chip = Chip(security_object=security_object, data_groups=GROUPS if groups is None else groups)
    with pytest.raises(ChipRefused) as refused:
        authenticate(chip, trust, now)
    return refused.value.flaw


def test_chip_signed_by_its_state_is_genuine(trust, signer):
    genuine = authenticate(Chip(security_object=signer.sign(GROUPS), data_groups=GROUPS), trust, NOW)

    assert genuine.personal_number == "001199990001"
    assert (genuine.zone.issuer, genuine.zone.surname) == ("VNM", "TRAN")
    assert genuine.data_groups == (1, 2)


def test_not_every_group_that_is_signed_need_be_read(trust, signer):
    chip = Chip(security_object=signer.sign(GROUPS), data_groups={1: GROUPS[1]})

    assert authenticate(chip, trust, NOW).data_groups == (1,)


@pytest.mark.parametrize("digest_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("scheme", ["ecdsa", "pkcs1", "pss"])
def test_every_scheme_and_hash_that_we_take_is_taken(trust, signer, rsa_signer, scheme, digest_name):
    by = signer if scheme == "ecdsa" else rsa_signer
    signed = by.sign(GROUPS, scheme=scheme, digest_name=digest_name, hash_name=digest_name)

    assert authenticate(Chip(security_object=signed, data_groups=GROUPS), trust, NOW).zone.issuer == "VNM"


def test_brainpool_curves_are_taken(trust, authority):
    signer = authority.signer(ec.generate_private_key(ec.BrainpoolP256R1()))

    chip = Chip(security_object=signer.sign(GROUPS), data_groups=GROUPS)

    assert authenticate(chip, trust, NOW).zone.issuer == "VNM"


@pytest.mark.parametrize(
    "groups",
    [
        {**GROUPS, 1: zone_group(card_zone(number="001199990002"))},
        {**GROUPS, 2: FACE[:-1] + b"!"},
        {**GROUPS, 2: FACE + b"\0"},
        {**GROUPS, 3: FACE},
        {**GROUPS, 0: FACE},
        {1: GROUPS[1], 2: b""},
    ],
)
def test_altered_or_unsigned_data_group_is_refused(trust, signer, groups):
    assert flaw(trust, signer.sign(GROUPS), groups) is Flaw.DATA_GROUP


@pytest.mark.parametrize("groups", [{}, {2: FACE}, {1: b""}, {1: GROUPS[1] + b"\0"}, {1: b"\x61\x80\0\0"}])
def test_without_a_whole_data_group_1_nothing_is_known(trust, signer, groups):
    assert flaw(trust, signer.sign(GROUPS), groups) is Flaw.MALFORMED


def test_another_states_authority_cannot_sign_for_this_one(signer, tmp_path):
    foreign = Authority("XX")
    foreign.put(tmp_path, "XXX")

    assert flaw(TrustStore(tmp_path), foreign.signer().sign(GROUPS)) is Flaw.ISSUER


def test_authority_that_only_has_the_name_is_refused(trust):
    assert flaw(trust, Authority().signer().sign(GROUPS)) is Flaw.ISSUER


def test_signer_that_nobody_issued_is_refused(trust, authority):
    own = Authority(is_authority=False)

    assert flaw(trust, own.signer().sign(GROUPS)) is Flaw.ISSUER


def test_empty_store_trusts_nobody(signer):
    assert flaw(TrustStore(None), signer.sign(GROUPS)) is Flaw.ISSUER


@pytest.mark.parametrize(
    "given", [{"is_authority": True}, {"signs": False}], ids=["authority", "no signature"]
)
def test_certificate_for_another_use_signs_no_document(trust, authority, given):
    assert flaw(trust, authority.signer(**given).sign(GROUPS)) is Flaw.SIGNER


def test_authority_itself_signs_no_document(trust, authority):
    from_above = type(authority.signer())(authority.key, authority.certificate)

    assert flaw(trust, from_above.sign(GROUPS)) is Flaw.SIGNER


@pytest.mark.parametrize(
    ("begins", "ends", "is_expired"),
    [
        (NOW - YEAR, NOW - timedelta(seconds=1), True),
        (NOW + timedelta(seconds=1), NOW + YEAR, True),
        (NOW - YEAR, NOW, False),
    ],
)
def test_signer_past_or_before_its_time_is_refused(trust, authority, begins, ends, is_expired):
    signed = authority.signer(begins=begins, ends=ends).sign(GROUPS)

    if is_expired:
        assert flaw(trust, signed) is Flaw.EXPIRED
    else:
        assert authenticate(Chip(security_object=signed, data_groups=GROUPS), trust, NOW)


def test_expired_authority_is_refused(tmp_path):
    old = Authority(ends=NOW - timedelta(days=1))
    old.put(tmp_path)

    assert flaw(TrustStore(tmp_path), old.signer().sign(GROUPS)) is Flaw.EXPIRED


def test_revoked_signer_is_refused_and_its_neighbour_is_not(tmp_path):
    authority = Authority()
    revoked, good = authority.signer(), authority.signer()
    authority.put(tmp_path)
    (tmp_path / "VNM" / "list.crl").write_bytes(authority.revoking(revoked))
    trust = TrustStore(tmp_path)

    assert flaw(trust, revoked.sign(GROUPS)) is Flaw.REVOKED
    assert authenticate(Chip(security_object=good.sign(GROUPS), data_groups=GROUPS), trust, NOW)


def test_list_of_somebody_elses_revokes_nothing(tmp_path):
    authority, other = Authority(), Authority()
    signer = authority.signer()
    authority.put(tmp_path)
    (tmp_path / "VNM" / "list.crl").write_bytes(other.revoking(signer))

    chip = Chip(security_object=signer.sign(GROUPS), data_groups=GROUPS)

    assert authenticate(chip, TrustStore(tmp_path), NOW)


@pytest.mark.parametrize("given", [{"hash_name": "sha1"}, {"digest_name": "sha1"}])
def test_weak_hash_is_refused(trust, signer, given):
    assert flaw(trust, signer.sign(GROUPS, **given)) is Flaw.ALGORITHM


def test_certificate_signed_by_a_weak_hash_is_refused(trust, authority, monkeypatch):
    signer = authority.signer()
    monkeypatch.setattr("idp.accounts.chip_card.trust_store.HASHES", ("sha384",))

    assert flaw(trust, signer.sign(GROUPS)) is Flaw.ISSUER


def test_weak_key_is_refused(trust, authority):
    assert flaw(trust, authority.signer(rsa_key(1024)).sign(GROUPS, scheme="pkcs1")) is Flaw.SIGNER
    small = authority.signer(ec.generate_private_key(ec.SECP224R1()))
    assert flaw(trust, small.sign(GROUPS)) is Flaw.SIGNER


@pytest.mark.parametrize("named", ["sha512_ecdsa", "sha256_rsa", "dsa"])
def test_scheme_that_is_another_than_was_used_is_refused(trust, signer, named):
    assert flaw(trust, signer.sign(GROUPS, named_scheme=named)) is Flaw.ALGORITHM


def test_signature_over_something_else_is_refused(trust, signer):
    whole = signer.sign(GROUPS)
    other = signer.sign({**GROUPS, 2: b"x"})
    mine = cms.ContentInfo.load(parser.parse(whole)[4])
    theirs = cms.ContentInfo.load(parser.parse(other)[4])
    mine["content"]["signer_infos"] = theirs["content"]["signer_infos"]

    assert flaw(trust, element(b"\x77", mine.dump(force=True))) is Flaw.SIGNATURE


def test_hashes_exchanged_under_a_good_signature_are_refused(trust, signer):
    """The signature is over the attributes; what they say of the content must hold too."""
    forged = {**GROUPS, 1: zone_group(card_zone(number="001199990002"))}
    mine = cms.ContentInfo.load(parser.parse(signer.sign(forged))[4])
    good = cms.ContentInfo.load(parser.parse(signer.sign(GROUPS))[4])
    good["content"]["encap_content_info"] = mine["content"]["encap_content_info"]

    assert flaw(trust, element(b"\x77", good.dump(force=True)), forged) is Flaw.SIGNATURE


def test_attributes_of_another_content_are_refused(trust, signer):
    assert flaw(trust, signer.sign(GROUPS, content_type="data")) is Flaw.MALFORMED


def test_attribute_given_twice_is_refused(trust, signer):
    twice = cms.CMSAttribute({"type": "message_digest", "values": [core.OctetString(b"x" * 32)]})

    assert flaw(trust, signer.sign(GROUPS, other_attributes=[twice])) is Flaw.MALFORMED


def test_signature_without_its_certificate_is_refused(trust, signer):
    assert flaw(trust, signer.sign(GROUPS, with_certificate=False)) is Flaw.SIGNER


def test_group_listed_twice_or_out_of_range_is_refused(trust, signer):
    digest = hashlib.sha256(GROUPS[1]).digest()
    for groups in ([(1, digest), (1, digest)], [(0, digest)], [(17, digest)], [(-1, digest)]):
        assert flaw(trust, signer.sign(GROUPS, groups=groups)) is Flaw.MALFORMED


def test_anything_after_or_before_the_file_is_refused(trust, signer):
    whole = signer.sign(GROUPS)
    inner = parser.parse(whole)[4]

    for altered in (whole + b"\0", b"\0" + whole, whole[:-1], inner, element(b"\x77", inner + b"\0"), b""):
        assert flaw(trust, altered) is Flaw.MALFORMED


def test_file_larger_than_any_chip_is_not_looked_at(trust):
    assert flaw(trust, b"\x77" * (MOST_BYTES + 1)) is Flaw.MALFORMED


def test_zone_that_does_not_add_up_is_refused_although_it_was_signed(trust, signer):
    groups = {1: zone_group(card_zone().replace("990517", "990518", 1))}

    assert flaw(trust, signer.sign(groups), groups) is Flaw.MALFORMED


@pytest.mark.parametrize(
    "alter", [str.lower, lambda zone: zone[:30] + "\n" + zone[30:], lambda zone: zone[1:]]
)
def test_zone_that_a_chip_would_not_hold_is_refused_although_it_was_signed(trust, signer, alter):
    groups = {1: zone_group(alter(card_zone()))}

    assert flaw(trust, signer.sign(groups), groups) is Flaw.MALFORMED


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
@example(b"\x77\x80\x30\x80\x06\x00\x00\x00\x00\x00")
@example(b"\x77\x84\xff\xff\xff\xff")
@example(b"\x77" + b"\x30\x80" * 100)
def test_any_bytes_are_refused_in_our_words(trust, file):
    flaw(trust, file)
    flaw(trust, b"\x77\x82" + len(file).to_bytes(2, "big") + file)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_altered_byte_of_what_is_signed_passes_for_another(trust, signer, data):
    """Wherever one byte is changed, the answer is a refusal, or the very same that was signed."""
    whole = bytearray(_signed(signer))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    try:
        genuine = authenticate(Chip(security_object=bytes(whole), data_groups=GROUPS), trust, NOW)
    except ChipRefused:
        return
    assert genuine.personal_number == "001199990001"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=120))
def test_any_data_group_1_is_refused(trust, signer, group):
    flaw(trust, _signed(signer), {1: group})


SIGNED = []


def _signed(signer):
    if not SIGNED:
        SIGNED.append(signer.sign(GROUPS))
    return SIGNED[0]


def test_store_with_a_file_that_is_no_certificate_does_not_start(tmp_path):
    (tmp_path / "VNM").mkdir()
    (tmp_path / "VNM" / "root.der").write_bytes(b"not a certificate")

    with pytest.raises(ValueError, match=r"certificate|parsing|ASN"):
        TrustStore(tmp_path)


def test_store_takes_pem_and_leaves_out_what_is_no_authority(tmp_path):
    authority = Authority()
    signer = authority.signer()
    (tmp_path / "VNM").mkdir()
    (tmp_path / "README").write_text("states in folders")
    both = [authority.certificate, signer.certificate]
    text = b"".join(each.public_bytes(Encoding.PEM) for each in both)
    (tmp_path / "VNM" / "all.pem").write_bytes(text)
    trust = TrustStore(tmp_path)

    assert authenticate(Chip(security_object=signer.sign(GROUPS), data_groups=GROUPS), trust, NOW)

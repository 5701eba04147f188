"""OpenID Connect for Identity Assurance 1.0 (IDA) and its schema: claims with proof, no more than asked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.account import LockGround
from idp.accounts.application import State
from idp.accounts.evidence import SEEN, Evidence, EvidenceKind, register_match
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.kernel.ids import new_id
from tests.house import House, Person, RelyingParty, query_of
from tests.mandated import an_organisation_of, represents, tokens_under
from tests.people import ALL_CODES, an_organisation
from tests.protocol.acts import code_for, refused, sent_back, signed_in, tokens_for

FRAMEWORK = "vn_decree_69_2024"
NAMES = {"given_name": None, "family_name": None}
RECORD = {"type": {"value": "electronic_record"}}


def asking(
    verification: dict[str, Any] | None = None, claims: dict[str, Any] | None = None, **others: Any
) -> dict[str, Any]:
    return {
        "verification": {"trust_framework": None, **(verification or {})},
        "claims": NAMES if claims is None else claims,
        **others,
    }


def written(*verified: Any, place: str = "userinfo") -> str:
    return json.dumps({place: {"verified_claims": verified[0] if len(verified) == 1 else list(verified)}})


def told(rp: RelyingParty, person: Person, *verified: Any, scope: str = "openid") -> Any:
    """What UserInfo says in ``verified_claims``; ``None`` where it is left out."""
    tokens = tokens_for(rp, person, scope=scope, claims=written(*verified))
    return rp.userinfo(tokens["access_token"]).get_json().get("verified_claims")


def told_of(rp: RelyingParty, person: Person, organisation: UUID, *verified: Any) -> Any:
    """The same, of an organisation that somebody acts for."""
    mandate = represents(rp.house, person, organisation)
    tokens = tokens_under(rp, person, mandate, scope="openid", claims=written(*verified))
    return rp.userinfo(tokens["access_token"]).get_json().get("verified_claims")


def metadata(house: House) -> dict[str, Any]:
    return dict(house.app.test_client().get("/.well-known/openid-configuration").get_json())


@pytest.mark.spec("IDA §5.1")
def test_claims_come_apart_from_those_without_proof(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid", claims=written(asking()))

    answer = rp.userinfo(tokens["access_token"]).get_json()

    assert answer["verified_claims"] == {
        "verification": {"trust_framework": FRAMEWORK},
        "claims": {"given_name": "Hà", "family_name": "Trần"},
    }
    assert answer.keys() == {"sub", "verified_claims"}


@pytest.mark.spec("IDA §5.2")
@pytest.mark.parametrize("place", ["id_token", "userinfo"])
def test_claims_come_where_they_were_asked_and_nowhere_else(
    house: House, rp: RelyingParty, person: Person, place: str
) -> None:
    tokens = tokens_for(rp, person, scope="openid", claims=written(asking(), place=place))

    answers = {
        "id_token": house.id_token(tokens["id_token"])[1],
        "userinfo": rp.userinfo(tokens["access_token"]).get_json(),
    }

    assert [name for name, answer in answers.items() if "verified_claims" in answer] == [place]


@pytest.mark.spec("IDA §5.3")
def test_plain_request_for_the_same_claim_is_another_one(rp: RelyingParty, person: Person) -> None:
    claims = json.dumps({"userinfo": {"birthdate": None, "verified_claims": asking()}})
    tokens = tokens_for(rp, person, scope="openid", claims=claims)

    answer = rp.userinfo(tokens["access_token"]).get_json()

    assert answer["birthdate"] == "1999-05-17"
    assert "birthdate" not in answer["verified_claims"]["claims"]


@pytest.mark.spec("IDA §5.3")
@pytest.mark.parametrize(
    ("wish", "is_given"),
    [
        (None, True),
        ({}, True),
        ({"essential": True}, True),
        ({"value": "Hà"}, True),
        ({"values": ["Hoa", "Hà"]}, True),
        ({"value": "Hoa"}, False),
        ({"value": "Hoa", "essential": True}, False),
        ({"values": []}, False),
        ({"value": {"a": 1}}, False),
        ({"something": "else"}, True),
    ],
)
def test_claim_of_another_value_is_left_out_alone(
    rp: RelyingParty, person: Person, wish: Any, is_given: bool
) -> None:
    answer = told(rp, person, asking(claims={"given_name": wish, "family_name": None}))

    assert answer["claims"] == {"family_name": "Trần"} | ({"given_name": "Hà"} if is_given else {})


@pytest.mark.spec("IDA §5.4")
def test_verification_holds_the_elements_asked_for_and_no_others(rp: RelyingParty, person: Person) -> None:
    answer = told(rp, person, asking({"time": None, "assurance_level": None}))

    assert answer["verification"] == {
        "trust_framework": FRAMEWORK,
        "time": "2026-10-01T02:03:04Z",
        "assurance_level": "02",
    }


@pytest.mark.spec("IDA §5.4")
def test_evidence_is_given_one_step_deeper_only(rp: RelyingParty, person: Person) -> None:
    assert "evidence" not in told(rp, person, asking({"evidence": None}))["verification"]
    assert told(rp, person, asking({"evidence": [RECORD]}))["verification"]["evidence"] == [
        {"type": "electronic_record"}
    ]


@pytest.mark.spec("IDA Schema §5.4.4", "IDA §5.4")
def test_evidence_of_level_02_is_the_record_and_the_person_seen(rp: RelyingParty, person: Person) -> None:
    answer = told(
        rp,
        person,
        asking(
            {
                "evidence": [
                    {
                        **RECORD,
                        "check_details": [{"check_method": None}],
                        "time": None,
                        "record": {"type": None, "source": {"name": None}},
                    },
                    {
                        "type": {"value": "document"},
                        "check_details": [{"check_method": None}],
                        "document_details": {"type": None},
                    },
                ]
            }
        ),
    )

    record, document = answer["verification"]["evidence"]
    assert record == {
        "type": "electronic_record",
        "check_details": [{"check_method": "data"}],
        "time": "2026-10-01T02:03:04Z",
        "record": {
            "type": "population_register",
            "source": {"name": "Sổ dân cư mẫu"},
        },
    }
    assert document == {
        "type": "document",
        "check_details": [{"check_method": "vpip"}, {"check_method": "pvp"}],
        "document_details": {"type": "idcard"},
    }


def test_nobody_was_seen_for_level_01(house: House, rp: RelyingParty) -> None:
    person = house.person(level=Level.ONE)

    assert told(rp, person, asking({"evidence": [{"type": {"value": "document"}}]})) is None
    answer = told(rp, person, asking({"evidence": [RECORD], "assurance_level": None}))
    assert answer["verification"]["assurance_level"] == "01"
    assert len(answer["verification"]["evidence"]) == 1


@pytest.mark.spec("IDA §5.4")
def test_filters_over_evidence_are_alternatives(rp: RelyingParty, person: Person) -> None:
    vouch = {"type": {"value": "vouch"}}

    assert told(rp, person, asking({"evidence": [vouch]})) is None
    evidence = told(rp, person, asking({"evidence": [vouch, RECORD]}))["verification"]["evidence"]
    assert evidence == [{"type": "electronic_record"}]


@pytest.mark.spec("IDA §5.4")
@pytest.mark.parametrize(
    ("filters", "methods"),
    [
        ([{"check_method": {"value": "pvp"}}], ["pvp"]),
        ([{"check_method": {"value": "pvr"}}], None),
        ([{"check_method": {"value": "pvr"}}, {"check_method": {"value": "vpip"}}], ["vpip"]),
        ([{"check_method": {"values": ["vpip", "pvp"]}}], ["vpip", "pvp"]),
        ([{"check_method": None, "organization": {"value": "somebody"}}], None),
    ],
)
def test_check_details_are_filtered(
    rp: RelyingParty, person: Person, filters: list[Any], methods: list[str] | None
) -> None:
    wish = {"evidence": [{"type": {"value": "document"}, "check_details": filters}]}

    answer = told(rp, person, asking(wish))

    if methods is None:
        assert answer is None
    else:
        (document,) = answer["verification"]["evidence"]
        assert [check["check_method"] for check in document["check_details"]] == methods


@pytest.mark.spec("IDA §5.4")
@pytest.mark.parametrize(
    "wish",
    [
        None,
        [],
        [{"assurance_type": None}],
        [{"assurance_type": {"value": "another"}}],
        [{"evidence_ref": [{"check_id": {"value": "another"}}]}],
    ],
)
def test_assurance_details_come_whole_whatever_is_asked_of_them(
    rp: RelyingParty, person: Person, wish: Any
) -> None:
    answer = told(rp, person, asking({"assurance_process": {"assurance_details": wish}}))

    details = answer["verification"]["assurance_process"]["assurance_details"]
    assert [sorted(each) for each in details] == [
        ["assurance_classification", "assurance_type", "evidence_ref"]
    ] * 2


@pytest.mark.spec("IDA §5.5.1")
@pytest.mark.parametrize(
    ("verification", "is_met"),
    [
        ({"trust_framework": {"value": FRAMEWORK}}, True),
        ({"trust_framework": {"values": ["gold", FRAMEWORK]}}, True),
        ({"trust_framework": {"value": "gold"}}, False),
        ({"trust_framework": {"value": "gold", "essential": True}}, False),
        ({"assurance_level": {"value": "02"}}, True),
        ({"assurance_level": {"values": ["03"]}}, False),
        ({"assurance_level": {"value": 2}}, False),
        ({"verification_process": {"value": "another"}}, False),
        ({"nothing_of_ours": {"value": "x"}}, False),
        ({"nothing_of_ours": {"within": [{"deeper": {"values": ["x"]}}]}}, False),
        ({"nothing_of_ours": None}, True),
        ({"nothing_of_ours": {"essential": True}}, True),
        ({"evidence": [{**RECORD, "record": {"type": {"value": "tax"}}}]}, False),
        ({"evidence": [{**RECORD, "record": {"personal_number": {"value": "1"}}}]}, False),
        ({"evidence": {"type": {"value": "document"}}}, None),
    ],
)
def test_unmet_restriction_on_the_verification_leaves_all_out(
    rp: RelyingParty, person: Person, verification: dict[str, Any], is_met: bool | None
) -> None:
    if is_met is None:
        browser = rp.house.browser()
        browser.open("/authorize", rp.request(scope="openid", claims=written(asking(verification))))
        sent_back(browser, rp, "invalid_request")
    else:
        assert (told(rp, person, asking(verification)) is not None) is is_met


@pytest.mark.spec("IDA §5.5.2")
@pytest.mark.parametrize(("spare", "is_met"), [(timedelta(seconds=2), True), (timedelta(seconds=-2), False)])
def test_verification_older_than_max_age_is_left_out(
    house: House, rp: RelyingParty, person: Person, spare: timedelta, is_met: bool
) -> None:
    age = house.clock() - datetime(2026, 10, 1, 2, 3, 4, tzinfo=UTC) + spare

    answer = told(rp, person, asking({"time": {"max_age": int(age.total_seconds())}}))

    assert (answer is not None) is is_met
    assert told(rp, person, asking({"assurance_level": {"max_age": 10**9}})) is None


@pytest.mark.spec("IDA §5.6")
def test_each_request_of_an_array_is_answered_by_itself(rp: RelyingParty, person: Person) -> None:
    gold = asking({"trust_framework": {"value": "gold"}})
    name, born = asking(claims={"name": None}), asking({"time": None}, claims={"birthdate": None})

    both = told(rp, person, gold, name, born)

    assert [list(one["claims"]) for one in both] == [["name"], ["birthdate"]]
    assert ["time" in one["verification"] for one in both] == [False, True]
    assert told(rp, person, gold, name)["claims"] == {"name": "Trần Thị Thu Hà"}
    assert told(rp, person, gold, gold) is None


@pytest.mark.spec("IDA §5.7.2")
def test_claims_that_we_do_not_know_are_left_out(rp: RelyingParty, person: Person) -> None:
    strange = {"NONEXISTING": None, "claim%1/a&,.b": {"essential": True}, "phone_number": None, "email": None}

    assert told(rp, person, asking(claims=strange | NAMES))["claims"].keys() == NAMES.keys()
    assert told(rp, person, asking(claims=strange)) is None


@pytest.mark.spec("IDA §5.7.2")
def test_claims_outside_the_registered_purpose_are_left_out(house: House, person: Person) -> None:
    narrow = house.client("narrow", scope=("openid",), claims=("age_over_18",))
    both = asking(claims={"age_over_18": None, "identity_number": {"essential": True}})

    assert told(narrow, person, both)["claims"] == {"age_over_18": True}


@pytest.mark.spec("IDA §5.7.5")
def test_elements_without_what_makes_them_valid_are_left_out(rp: RelyingParty, person: Person) -> None:
    wish = {**RECORD, "check_details": [{"organization": None}], "record": {"source": {"country_code": None}}}

    answer = told(rp, person, asking({"evidence": [wish]}))

    assert answer["verification"]["evidence"] == [{"type": "electronic_record"}]
    assert told(rp, person, asking(claims={})) is None


def test_empty_claims_leave_the_rest_of_the_answer_alone(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid profile", claims=written(asking(claims={})))

    assert rp.userinfo(tokens["access_token"]).get_json()["name"] == "Trần Thị Thu Hà"


@pytest.mark.parametrize("kind", [Kind.FOREIGNER, Kind.ORGANISATION])
def test_nothing_is_proven_of_whom_no_register_knows(house: House, rp: RelyingParty, kind: Kind) -> None:
    level = {Kind.FOREIGNER: Level.TWO, Kind.ORGANISATION: None}[kind]
    holder = house.person(kind=kind, level=level)

    assert told(rp, holder, asking(claims={"name": None})) is None


EVERYTHING = {
    "time": None,
    "assurance_process": {
        "assurance_details": [
            {
                "assurance_type": None,
                "assurance_classification": None,
                "evidence_ref": [{"check_id": None}],
            }
        ]
    },
    "evidence": [
        {
            "type": {"value": kind},
            "time": None,
            "check_details": [{"check_method": None, "check_id": None, "organization": None, "time": None}],
            "document_details": {"type": None},
            "record": {"type": None},
        }
        for kind in ("electronic_record", "document")
    ],
}


@pytest.fixture
def raised(house: House) -> Person:
    """A citizen of level 01 whom an officer raised a month later."""
    register(house)
    person = house.person(level=Level.ONE, number="001199990001")
    officer = house.person()
    house.provider.officers.appoint(officer.account_id, "Công an phường Bình An", "cli")
    application = house.provider.in_person.attest(person.account_id, officer.account_id, frozenset(SEEN))
    assert application.state is State.ACCEPTED, application.reason
    return person


def register(house: House) -> None:
    rows = house.settings.keys_dir.parent / "people.csv"
    rows.write_text(
        "number,name,birth_date,sex,province_2025,address,card_issued_on,card_expires_on,deceased\n"
        "001199990001,Trần Thị Thu Hà,1999-05-17,female,01,Số 5 đường Hoa Sữa,2024-08-01,2039-05-17,no\n",
        encoding="utf-8",
    )
    assert house.provider.samples.population.import_csv(rows).accepted == 1


@pytest.mark.spec("IDA Schema §5.4")
def test_officers_act_is_told_with_its_time_office_and_article_but_not_the_officer(
    house: House, rp: RelyingParty, raised: Person
) -> None:
    answer = told(rp, raised, asking(EVERYTHING))["verification"]

    before, seen, found = answer["evidence"]
    assert before["time"] == "2026-10-01T02:03:04Z"
    assert answer["time"] == seen["time"] == found["time"] == f"{house.clock():%Y-%m-%dT%H:%M:%SZ}"
    assert seen["document_details"] == {"type": "idcard"}
    assert [check["check_method"] for check in seen["check_details"]] == ["vpip", "pvp"]
    assert {check["organization"] for check in seen["check_details"]} == {"Công an phường Bình An"}
    details = answer["assurance_process"]["assurance_details"]
    assert [each["assurance_classification"] for each in details] == [
        "69/2024 Art. 7.1.a",
        "69/2024 Art. 10.2",
        "69/2024 Art. 7.1.a",
    ]
    assert [each["evidence_ref"][0]["check_id"] for each in details] == [
        each["check_details"][0]["check_id"] for each in answer["evidence"]
    ]
    (officer,) = house.provider.officers.serving()
    assert str(officer.account_id) not in json.dumps(answer)


def test_checks_of_one_person_are_called_differently_at_every_sector(
    house: House, rp: RelyingParty, raised: Person
) -> None:
    other = house.client("other")
    named = [
        {
            check["check_id"]
            for each in told(party, raised, asking(EVERYTHING))["verification"]["evidence"]
            for check in each["check_details"]
        }
        for party in (rp, other)
    ]

    assert len(named[0]) == len(named[1]) == 3
    assert named[0].isdisjoint(named[1])


def test_chip_is_told_by_its_issuer_and_how_it_was_checked(
    house: House, rp: RelyingParty, person: Person
) -> None:
    made = Evidence(
        id=new_id(),
        account_id=person.account_id,
        kind=EvidenceKind.CHIP_CARD,
        at=house.clock(),
        source="VNM",
        document="idcard",
        officer="cli",
        facts=("chip_verified", "data_group_1"),
        article="69/2024 Art. 10.1",
    )
    house.provider.evidence.add(made)
    wish = {
        "type": {"value": "document"},
        "check_details": [{"check_method": {"value": "vcrypt"}}],
        "document_details": {"type": None, "issuer": {"country_code": None}},
    }

    (document,) = told(rp, person, asking({"evidence": [wish]}))["verification"]["evidence"]

    assert document["check_details"] == [{"check_method": "vcrypt"}]
    assert document["document_details"] == {"type": "idcard", "issuer": {"country_code": "VNM"}}


def test_act_of_one_officer_where_two_are_asked_proves_nothing_yet(house: House) -> None:
    foreigner = house.person(kind=Kind.FOREIGNER, level=Level.ONE, number="900990000001")
    officer = house.person()
    house.provider.officers.appoint(officer.account_id, "Phòng Quản lý xuất nhập cảnh", "cli")

    house.provider.in_person.attest(foreigner.account_id, officer.account_id, frozenset(SEEN))

    assert len(house.provider.evidence.of_account(foreigner.account_id)) == 1
    assert house.provider.evidence.standing(foreigner.account_id) == []


def test_account_without_evidence_proves_nothing(house: House, rp: RelyingParty) -> None:
    person = house.person(kind=Kind.FOREIGNER, level=Level.TWO, number="900990000001")

    assert told(rp, person, asking(claims={"identity_number": None})) is None


def test_foreigner_of_the_register_is_proven_by_its_name(house: House, rp: RelyingParty) -> None:
    person = house.person(kind=Kind.FOREIGNER, level=Level.ONE, number="900990000001")
    made = register_match(person.account_id, "Sổ mẫu", house.clock(), "69/2024 Art. 7.2.a")
    house.provider.evidence.add(made)
    wish = {**RECORD, "record": {"type": None, "source": {"name": None}}}

    answer = told(rp, person, asking({"evidence": [wish]}, claims={"name": None}))

    (record,) = answer["verification"]["evidence"]
    assert record["record"] == {"type": "immigration_register", "source": {"name": "Sổ mẫu"}}
    assert answer["claims"] == {"name": "ANNA EXAMPLE"}


def test_process_of_one_person_is_called_differently_at_every_sector(
    house: House, rp: RelyingParty, person: Person
) -> None:
    wish = asking({"verification_process": None})
    other = house.client("other")

    named = [told(party, person, wish)["verification"]["verification_process"] for party in (rp, rp, other)]

    assert named[0] == named[1] != named[2]
    assert str(person.account_id) not in named


@pytest.mark.spec("IDA §5.7.6")
@pytest.mark.parametrize(
    "verified",
    [
        None,
        [],
        "x",
        {},
        {"claims": NAMES},
        {"verification": {"trust_framework": None}},
        {"verification": {}, "claims": NAMES},
        {"verification": None, "claims": NAMES},
        {"verification": {"trust_framework": "gold"}, "claims": NAMES},
        {"verification": {"trust_framework": None}, "claims": None},
        {"verification": {"trust_framework": None}, "claims": {"name": "Hà"}},
        {"verification": {"trust_framework": None}, "claims": {"name": {"essential": "yes"}}},
        {"verification": {"trust_framework": None}, "claims": {"name": {"values": "Hà"}}},
        asking({"evidence": []}),
        asking({"evidence": [{}]}),
        asking({"evidence": [None]}),
        asking({"evidence": [{"type": None}]}),
        asking({"evidence": [{"type": {"values": ["document"]}}]}),
        asking({"time": {"max_age": -1}}),
        asking({"time": {"max_age": True}}),
        asking({"time": {"max_age": "1"}}),
        asking({"time": {"max_age": 1e999}}),
        asking({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": None}}}}}}}}}),
        [asking()] * 9,
    ],
)
def test_request_that_breaks_the_form_is_refused(rp: RelyingParty, verified: Any) -> None:
    browser = rp.house.browser()

    browser.open("/authorize", rp.request(scope="openid", claims=written(verified)))

    assert "verified_claims" in sent_back(browser, rp, "invalid_request")


@pytest.mark.spec("IDA §5.7.3")
def test_person_is_asked_for_each_by_name_and_gives_what_they_tick(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person)
    wish = asking(claims={"name": {"essential": True}, "birthdate": None, "address": None})
    browser.open("/authorize", rp.request(scope="openid", claims=written(wish), ui_locales="en"))

    assert browser.text.count("With proof: when and how it was checked") == 3
    assert {"verified:birthdate", "verified:address"} <= {
        value for value in browser.text.split('"') if value.startswith("verified:")
    }
    assert 'value="verified:name"' not in browser.text, "what is essential comes with the yes"
    form = browser.page.form_with("consent-allow")
    assert form is not None
    ticked = form.filled({}, "consent-allow") | {"claim": "verified:birthdate"}
    sent = browser.client.post(form.action, data=ticked)

    tokens = rp.redeem(query_of(sent.headers["Location"])["code"][0]).get_json()
    answer = rp.userinfo(tokens["access_token"]).get_json()["verified_claims"]
    assert answer["claims"] == {"name": "Trần Thị Thu Hà", "birthdate": "1999-05-17"}


@pytest.mark.spec("IDA §5.7.3")
def test_consent_without_proof_covers_none_with_it(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    plain = json.dumps({"userinfo": {"birthdate": {"essential": True}}})
    proven = written(asking(claims={"birthdate": {"essential": True}}))
    browser.open("/authorize", rp.request(scope="openid", claims=plain))
    browser.submit({}, "consent-allow")

    browser.open("/authorize", rp.request(scope="openid", claims=proven, prompt="none"))
    sent_back(browser, rp, "consent_required")
    browser.open("/authorize", rp.request(scope="openid", claims=proven))
    browser.submit({}, "consent-allow")
    browser.open("/authorize", rp.request(scope="openid", claims=proven, prompt="none"))

    tokens = rp.redeem(browser.answer["code"]).get_json()
    assert "verified_claims" in rp.userinfo(tokens["access_token"]).get_json()
    assert "verified:" not in browser.open("/account/consents").get_data(as_text=True)


def test_nobody_is_asked_for_what_never_comes(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    gold = written(asking({"trust_framework": {"value": "gold"}}))

    browser.open("/authorize", rp.request(scope="openid", claims=gold))

    assert "With proof" not in browser.text
    assert "verified:" not in browser.text


def test_refreshed_tokens_give_the_same(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access", claims=written(asking()))

    refreshed = rp.refresh(tokens["refresh_token"]).get_json()

    assert "verified_claims" in rp.userinfo(refreshed["access_token"]).get_json()


def test_locked_account_proves_nothing(house: House, rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person, scope="openid", claims=written(asking(), place="id_token"))
    house.provider.accounts.lock(person.account_id, LockGround.AUTHORITY)

    refused(rp.redeem(code), "invalid_grant")


@pytest.mark.spec("IDA §8")
def test_discovery_names_all_that_can_come(house: House, person: Person) -> None:
    document = metadata(house)

    assert document["claims_parameter_supported"] is True
    assert document["trust_frameworks_supported"] == [FRAMEWORK]
    assert document["evidence_supported"] == ["electronic_record", "document"]
    assert document["electronic_records_supported"] == [
        "population_register",
        "immigration_register",
        "business_register",
    ]
    assert document["documents_supported"] == ["idcard", "residence_permit", "passport"]
    assert document["documents_check_methods_supported"] == ["vpip", "pvp", "vcrypt"]
    every = dict.fromkeys(document["claims_in_verified_claims_supported"])
    wide = house.client("wide", claims=tuple(every))
    foreigner = house.person(kind=Kind.FOREIGNER, number="900990000001")
    company = an_organisation_of(house, identity=an_organisation(**ALL_CODES))
    for account_id in (foreigner.account_id, company):
        house.provider.evidence.add(register_match(account_id, "Sổ mẫu", house.clock(), "69/2024 Art. 7"))
    given = [
        told(wide, person, asking(claims=every)),
        told(wide, foreigner, asking(claims=every)),
        told_of(wide, person, company, asking(claims=every)),
    ]
    assert {name for each in given for name in each["claims"]} == every.keys()


@pytest.mark.spec("Decree 69/2024 Art. 6")
def test_organisation_is_proven_by_the_business_register(
    house: House, rp: RelyingParty, person: Person
) -> None:
    company, at = an_organisation_of(house), house.clock()
    house.provider.evidence.add(register_match(company, "Sổ mẫu", at, "69/2024 Art. 12"))
    rp = house.client("wide", claims=("tax_code",))
    wish = {
        "assurance_level": None,
        "time": None,
        "assurance_process": {"assurance_details": None},
        "evidence": [{**RECORD, "time": None, "record": {"type": None, "source": {"name": None}}}],
    }

    answer = told_of(rp, person, company, asking(wish, claims={"tax_code": None}))

    verification, (record,) = answer["verification"], answer["verification"]["evidence"]
    assert answer["claims"] == {"tax_code": {"value": "0100109106", "type": "organisation"}}
    assert "assurance_level" not in verification  # an organisation's account has none
    assert record["record"] == {"type": "business_register", "source": {"name": "Sổ mẫu"}}
    (law,) = verification["assurance_process"]["assurance_details"]
    assert law["assurance_classification"] == "69/2024 Art. 12"


def test_organisation_without_evidence_proves_nothing(house: House, person: Person) -> None:
    rp = house.client("wide", claims=("tax_code",))

    assert told_of(rp, person, an_organisation_of(house), asking(claims={"tax_code": None})) is None


def test_who_does_not_ask_sees_no_trace(house: House, rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid profile")

    assert "verified_claims" not in rp.userinfo(tokens["access_token"]).get_json()
    assert "verified_claims" not in house.id_token(tokens["id_token"])[1]

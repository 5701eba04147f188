"""The table of a sign-in: facts in, one step out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.assurance import Factor, Proof
from idp.kernel.ids import new_id
from idp.oidc.authorization.request import AuthorizationRequest, Prompt
from idp.oidc.consent import Consent
from idp.oidc.tokens.claims import ClaimsRequest, read_claims_request
from idp.signin.interaction import Answering, Decision, Interaction, Option, Way, Whom
from idp.signin.next_step import AskConsent, ChooseWhom, Complete, Identify, Prove, Refuse, decided, next_step

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
FACTORS = {
    "password": Factor.KNOWLEDGE,
    "totp": Factor.POSSESSION,
    "sms_otp": Factor.POSSESSION,
    "face": Factor.BIOMETRIC,
}
ALLOWED = Consent(
    client_id="rp", scope=frozenset({"openid", "profile"}), claims=frozenset(), shown=frozenset()
)
NOTHING = replace(ALLOWED, scope=frozenset())


def a_request(**given: Any) -> AuthorizationRequest:
    usual: dict[str, Any] = {
        "client_id": "rp",
        "redirect_uri": "https://rp.example/cb",
        "response_mode": "query",
        "state": None,
        "nonce": None,
        "scope": ("openid", "profile"),
        "claims": ClaimsRequest(),
        "code_challenge": "x" * 43,
        "prompt": frozenset(),
        "max_age": None,
        "levels": (2,),
        "is_level_essential": False,
    }
    return AuthorizationRequest(**(usual | given))


def a_proof(method: str, at: datetime = NOW) -> Proof:
    return Proof(method=method, factors=frozenset({FACTORS[method]}), amr=(method,), at=at)


def answering(*methods: str, consent: Consent = ALLOWED, **given: Any) -> Answering:
    ways = tuple(Way(method=name, factors=frozenset({FACTORS[name]})) for name in methods)
    return Answering(account_id=new_id(), ways=ways, consent=consent, **({"is_active": True} | given))


PERSON = answering("password", "totp", "sms_otp")


def an_interaction(request: AuthorizationRequest | None, *proofs: Proof, **given: Any) -> Interaction:
    usual: dict[str, Any] = {
        "id": "i",
        "browser_hash": "b",
        "request": request,
        "started_at": NOW,
        "proofs": proofs,
        "answering": PERSON if proofs else None,
    }
    return Interaction(**(usual | given))


PWD, TOTP, SMS = a_proof("password"), a_proof("totp"), a_proof("sms_otp")


def step_of(request: AuthorizationRequest | None, *proofs: Proof, **given: Any) -> object:
    return next_step(an_interaction(request, *proofs, **given), NOW)


def refusal(step: object) -> str:
    assert isinstance(step, Refuse), step
    return step.error.error


def test_nobody_known_is_asked_who_they_are() -> None:
    assert step_of(a_request()) == Identify()
    assert step_of(None) == Identify()


@pytest.mark.parametrize(
    ("levels", "proofs", "expected"),
    [
        ((1,), (PWD,), None),
        ((2,), (PWD,), ("totp", "sms_otp")),
        ((2,), (PWD, TOTP), None),
        ((2,), (TOTP,), ("password",)),
        ((2,), (SMS, TOTP), ("password",)),
        ((1, 2), (PWD,), None),
        ((2, 1), (PWD,), ("totp", "sms_otp")),
    ],
)
def test_what_the_level_lacks_is_asked_for(
    levels: tuple[int, ...], proofs: tuple[Proof, ...], expected: tuple[str, ...] | None
) -> None:
    step = step_of(a_request(levels=levels), *proofs)

    assert step == (Complete(proofs, frozenset()) if expected is None else Prove(expected))


def test_method_of_a_factor_already_shown_is_not_offered() -> None:
    step = step_of(a_request(levels=(3, 2)), PWD, answering=answering("password", "totp", "face"))

    assert step == Prove(("totp", "face"))


def test_chosen_method_comes_first_and_the_others_stay() -> None:
    assert step_of(a_request(), PWD, chosen="sms_otp") == Prove(("sms_otp", "totp"))
    assert step_of(a_request(), PWD, chosen="password") == Prove(("totp", "sms_otp")), "not of use now"


def test_level_nobody_can_reach_here_falls_to_the_next_that_would_do() -> None:
    assert step_of(a_request(levels=(4, 2)), PWD) == Prove(("totp", "sms_otp"))
    assert step_of(a_request(levels=(4, 1)), PWD) == Complete((PWD,), frozenset())


@pytest.mark.spec("OpenID Connect Core 1.0 §5.5.1.1")
def test_level_out_of_reach_is_an_error_only_where_it_is_essential() -> None:
    essential = a_request(levels=(4,), is_level_essential=True)

    assert refusal(step_of(essential, PWD, TOTP)) == "unmet_authentication_requirements"
    assert step_of(a_request(levels=(4,)), PWD, TOTP) == Complete((PWD, TOTP), frozenset())


def test_own_pages_insist_on_their_level() -> None:
    alone = answering("password")

    assert step_of(None, PWD) == Prove(("totp", "sms_otp"))
    assert step_of(None, PWD, needed_level=1) == Complete((PWD,), frozenset())
    assert refusal(step_of(None, PWD, answering=alone)) == "unmet_authentication_requirements"


def test_inactive_account_is_refused_only_once_its_holder_has_proven_something() -> None:
    locked = answering("password", is_active=False)

    assert refusal(step_of(a_request(), PWD, answering=locked)) == "access_denied"
    assert step_of(a_request(), answering=locked) == Prove(("password",))


@pytest.mark.spec("OpenID Connect Core 1.0 §3.1.2.1")
class TestFreshness:
    EARLIER = NOW - timedelta(hours=1)
    OLD = (a_proof("password", EARLIER), a_proof("totp", EARLIER))

    def test_earlier_proofs_serve_where_nothing_else_is_asked(self) -> None:
        assert step_of(a_request(), *self.OLD) == Complete(self.OLD, frozenset())

    def test_prompt_login_asks_for_the_password_anew(self) -> None:
        request = a_request(prompt=frozenset({Prompt.LOGIN}))

        assert step_of(request, *self.OLD) == Prove(("password",))

    def test_after_prompt_login_the_second_factor_is_asked_anew_too(self) -> None:
        request = a_request(prompt=frozenset({Prompt.LOGIN}))

        assert step_of(request, self.OLD[1], PWD) == Prove(("totp", "sms_otp"))
        assert step_of(request, PWD, TOTP) == Complete((PWD, TOTP), frozenset())

    def test_select_account_asks_who_it_is(self) -> None:
        assert step_of(a_request(prompt=frozenset({Prompt.SELECT_ACCOUNT})), *self.OLD) == Identify()

    def test_account_without_a_password_says_again_who_it_is(self) -> None:
        request = a_request(prompt=frozenset({Prompt.LOGIN}))

        assert step_of(request, self.OLD[1], answering=answering("totp")) == Identify()

    @pytest.mark.parametrize(
        ("max_age", "serves"),
        [(timedelta(minutes=59), False), (timedelta(minutes=60), True), (timedelta(0), False)],
    )
    def test_proofs_older_than_max_age_fall_away(self, max_age: timedelta, serves: bool) -> None:
        step = step_of(a_request(max_age=max_age), *self.OLD)

        assert step == (Complete(self.OLD, frozenset()) if serves else Prove(("password",)))

    def test_max_age_zero_takes_what_was_proven_in_this_sign_in_however_slow(self) -> None:
        interaction = an_interaction(a_request(max_age=timedelta(0)), PWD, TOTP)

        assert next_step(interaction, NOW + timedelta(minutes=5)) == Complete((PWD, TOTP), frozenset())

    def test_only_the_stale_proof_is_asked_for(self) -> None:
        step = step_of(a_request(max_age=timedelta(minutes=5)), PWD, self.OLD[1])

        assert step == Prove(("totp", "sms_otp"))


@pytest.mark.spec("OpenID Connect Core 1.0 §3.1.2.6")
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "login_required"),
        ({"proofs": (PWD,)}, "login_required"),
        ({"proofs": (PWD, TOTP), "answering": replace(PERSON, consent=NOTHING)}, "consent_required"),
        ({"proofs": (PWD, TOTP), "answering": replace(PERSON, is_active=False)}, "access_denied"),
    ],
)
def test_silent_request_that_needs_a_person_is_refused(given: dict[str, Any], error: str) -> None:
    request = a_request(prompt=frozenset({Prompt.NONE}))
    given = {"answering": PERSON if given else None} | given

    assert refusal(next_step(replace(an_interaction(request), **given), NOW)) == error


def test_silent_request_that_needs_nobody_completes() -> None:
    assert step_of(a_request(prompt=frozenset({Prompt.NONE})), PWD, TOTP) == Complete(
        (PWD, TOTP), frozenset()
    )


@pytest.mark.spec("OpenID Connect Core 1.0 §3.1.2.2")
@pytest.mark.parametrize(
    ("hinted", "is_refused"), [(None, False), ("sub-a", False), ("sub-b", True), ("", True)]
)
def test_another_person_than_the_hint_names_is_refused(hinted: str | None, is_refused: bool) -> None:
    person = answering("password", "totp", subject="sub-a")
    step = step_of(a_request(hinted_subject=hinted), PWD, TOTP, answering=person)

    assert isinstance(step, Refuse) == is_refused
    if is_refused:
        assert refusal(step) == "login_required"


class TestConsent:
    CLAIMS = read_claims_request('{"userinfo": {"age_over_18": null, "province": {"essential": true}}}')

    def test_is_asked_where_a_scope_was_not_allowed(self) -> None:
        person = answering("password", "totp", consent=replace(ALLOWED, scope=frozenset({"openid"})))

        assert step_of(a_request(), PWD, TOTP, answering=person) == AskConsent()

    def test_is_asked_where_a_claim_was_never_shown(self) -> None:
        assert step_of(a_request(claims=self.CLAIMS), PWD, TOTP) == AskConsent()

    def test_is_not_asked_again_for_what_was_left_unticked(self) -> None:
        shown = replace(ALLOWED, shown=frozenset({"age_over_18", "province"}), claims=frozenset({"province"}))
        person = answering("password", "totp", consent=shown)

        step = step_of(a_request(claims=self.CLAIMS), PWD, TOTP, answering=person)

        assert step == Complete((PWD, TOTP), frozenset({"province"}))

    def test_is_asked_again_for_what_was_lacking_and_appears(self) -> None:
        shown = frozenset({"age_over_18", "province"})
        had = replace(ALLOWED, shown=shown, lacked=frozenset({"province"}))
        person = answering("password", "totp", consent=had, lacks=frozenset({"province"}))
        request = a_request(claims=self.CLAIMS)

        assert step_of(request, PWD, TOTP, answering=person) == Complete((PWD, TOTP), frozenset())
        assert step_of(request, PWD, TOTP, answering=replace(person, lacks=frozenset())) == AskConsent()

    def test_essential_claim_that_the_account_lacks_is_not_agreed_to(self) -> None:
        person = answering("password", "totp", lacks=frozenset({"province"}))
        interaction = an_interaction(a_request(claims=self.CLAIMS), PWD, TOTP, answering=person)

        assert decided(interaction, {"age_over_18"}, None, is_allowed=True).claims == {"age_over_18"}

    def test_scopes_claim_that_the_account_lacks_is_kept_out(self) -> None:
        person = answering("password", "totp", lacks=frozenset({"middle_name", "email"}))

        step = step_of(a_request(), PWD, TOTP, answering=person)

        assert step == Complete((PWD, TOTP), frozenset(), unseen=frozenset({"middle_name"}))

    def test_is_asked_by_prompt_consent_whatever_was_allowed(self) -> None:
        assert step_of(a_request(prompt=frozenset({Prompt.CONSENT})), PWD, TOTP) == AskConsent()

    def test_comes_after_every_proof(self) -> None:
        person = answering("password", "totp", consent=NOTHING)

        assert step_of(a_request(), PWD, answering=person) == Prove(("totp",))

    def test_yes_completes_with_what_was_allowed_by_name(self) -> None:
        yes = Decision(is_allowed=True, claims=frozenset({"province"}))
        request = a_request(prompt=frozenset({Prompt.CONSENT}), claims=self.CLAIMS)

        assert step_of(request, PWD, TOTP, decision=yes) == Complete((PWD, TOTP), frozenset({"province"}))

    def test_no_refuses(self) -> None:
        assert (
            refusal(step_of(a_request(), PWD, TOTP, decision=Decision(is_allowed=False))) == "access_denied"
        )

    def test_is_never_asked_for_the_own_pages(self) -> None:
        assert step_of(None, PWD, TOTP, answering=answering("password", "totp", consent=NOTHING)) == Complete(
            (PWD, TOTP), frozenset()
        )


def option(role: str, subject: str) -> Option:
    return Option(mandate_id=new_id(), principal_id=new_id(), role=role, subject=subject)


FIRM, OTHER, WARD = (
    option("representative", "firm"),
    option("accountant", "other"),
    option("guardian", "ward"),
)
AGENT = replace(PERSON, subject="me", options=(FIRM, OTHER, WARD))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ChooseWhom((FIRM, OTHER, WARD), may_be_oneself=True)),
        ({"mandate_roles": ("accountant", "guardian")}, ChooseWhom((OTHER, WARD), may_be_oneself=False)),
        ({"hinted_subject": "me"}, Complete),
        ({"hinted_subject": "firm"}, ChooseWhom((FIRM,), may_be_oneself=False)),
        ({"hinted_subject": "firm", "mandate_roles": ("clerk",)}, "access_denied"),
        ({"hinted_subject": "me", "mandate_roles": ("accountant",)}, "access_denied"),
        ({"hinted_subject": "stranger"}, "login_required"),
        ({"mandate_roles": ("clerk",)}, "access_denied"),
        ({"prompt": frozenset({Prompt.NONE})}, "account_selection_required"),
        ({"prompt": frozenset({Prompt.NONE}), "hinted_subject": "me"}, Complete),
    ],
)
def test_whom_is_asked_only_where_it_is_a_question(given: dict[str, Any], expected: object) -> None:
    step = step_of(a_request(**given), PWD, TOTP, answering=AGENT)

    if isinstance(expected, str):
        assert refusal(step) == expected
    elif isinstance(expected, ChooseWhom):
        assert step == expected
    else:
        assert isinstance(step, Complete)


def test_whom_is_asked_after_the_level_and_before_consent() -> None:
    agent = replace(AGENT, consent=NOTHING)

    assert isinstance(step_of(a_request(), PWD, answering=agent), Prove)
    assert isinstance(step_of(a_request(), PWD, TOTP, answering=agent), ChooseWhom)


def test_the_consent_that_counts_is_the_one_of_whom_was_chosen() -> None:
    firm = Whom(account_id=FIRM.principal_id, mandate_id=FIRM.mandate_id, consent=NOTHING)

    assert isinstance(step_of(a_request(), PWD, TOTP, answering=AGENT, whom=firm), AskConsent)
    allowed = replace(firm, consent=ALLOWED)
    agent = replace(AGENT, consent=NOTHING)
    assert isinstance(step_of(a_request(), PWD, TOTP, answering=agent, whom=allowed), Complete)


def test_on_the_way_to_ones_own_pages_nobody_is_chosen() -> None:
    assert isinstance(step_of(None, PWD, TOTP, answering=AGENT), Complete)


def test_who_may_act_for_nobody_is_not_asked_but_refused_where_it_is_demanded() -> None:
    assert isinstance(step_of(a_request(), PWD, TOTP), Complete)
    assert refusal(step_of(a_request(mandate_roles=("accountant",)), PWD, TOTP)) == "access_denied"

"""Proving who you are: by message, by app, by another way, and with a wrong answer."""

from datetime import timedelta

from tests.house import Browser, House, Person, RelyingParty


def messages(house: House) -> int:
    return len(house.provider.outbox.recent(100))


def type_password(browser: Browser, rp: RelyingParty, person: Person, **request: str | None) -> None:
    browser.open("/authorize", rp.request(**request))
    browser.submit({"username": person.username, "password": person.password})


def wrong(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 10**6:06}"


def test_person_without_an_app_signs_in_by_message(house: House, rp: RelyingParty, browser: Browser) -> None:
    person = house.person(has_totp=False)
    type_password(browser, rp, person)
    assert "otp" in browser.page.ids
    assert messages(house) == 1

    answer = browser.finish(person)

    _, claims = house.id_token(rp.redeem(answer["code"]).json["id_token"])
    assert claims["acr"] == "urn:dinhdanh:aal:2"
    assert claims["amr"] == ["otp", "pwd", "sms", "mfa"]


def test_message_names_who_asks_and_its_page_hides_the_phone(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    type_password(browser, rp, house.person(has_totp=False))

    assert "Trang thử" in house.provider.outbox.recent(1)[0].text
    assert "0900000001" not in browser.text
    assert "+84900000001" not in browser.text


def test_loading_the_page_again_sends_no_second_message(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    type_password(browser, rp, house.person(has_totp=False))
    form = browser.page.form_with("otp")
    assert form is not None

    browser.open(form.action.partition("/prove/")[0])

    assert "otp" in browser.page.ids
    assert messages(house) == 1


def test_code_sent_again_replaces_the_first(house: House, rp: RelyingParty, browser: Browser) -> None:
    person = house.person(has_totp=False)
    type_password(browser, rp, person)
    first = house.last_sms_code()

    browser.submit({}, "resend")

    second = house.last_sms_code()
    assert messages(house) == 2
    if first != second:
        browser.submit({"otp": first})
        assert browser.shown.status_code == 400
        assert "form-error" in browser.page.ids
    browser.submit({"otp": second})
    assert "consent-allow" in browser.page.ids


def test_sixth_message_in_an_hour_is_refused_with_a_wait(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    type_password(browser, rp, house.person(has_totp=False))
    for _ in range(4):
        assert browser.submit({}, "resend").status_code == 200

    refused = browser.submit({}, "resend")

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert messages(house) == 5
    assert "otp" in browser.page.ids, "the code sent last is still good"


def test_message_is_too_old_after_ten_minutes(house: House, rp: RelyingParty, browser: Browser) -> None:
    type_password(browser, rp, house.person(has_totp=False))
    house.clock.advance(timedelta(minutes=10, seconds=1))

    answered = browser.submit({"otp": house.last_sms_code()})

    assert answered.status_code == 410  # the whole sign-in ran out with it


def test_code_of_one_sign_in_fits_no_other(house: House, rp: RelyingParty) -> None:
    person = house.person(has_totp=False)
    mine, thief = house.browser(), house.browser()
    type_password(thief, rp, person)
    type_password(mine, rp, person)

    thief.submit({"otp": house.last_sms_code()})

    assert thief.shown.status_code == 400
    assert "form-error" in thief.page.ids


def test_another_way_may_be_chosen(house: House, rp: RelyingParty, person: Person, browser: Browser) -> None:
    type_password(browser, rp, person)
    assert "try-sms_otp" in browser.page.ids
    assert messages(house) == 0

    browser.submit({}, "try-sms_otp")

    assert messages(house) == 1
    assert "try-totp" in browser.page.ids, "the choice is open both ways"
    browser.submit({"otp": house.last_sms_code()})
    answer = browser.finish(person)
    _, claims = house.id_token(rp.redeem(answer["code"]).json["id_token"])
    assert claims["amr"] == ["otp", "pwd", "sms", "mfa"]


def test_other_ways_are_not_shown_before_the_first_proof(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request(login_hint=person.username))

    assert not {"try-sms_otp", "try-totp", "resend"} & browser.page.ids


def test_method_that_was_not_asked_for_is_not_taken(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())
    form = browser.page.form_with("login-submit")
    assert form is not None
    token, base = form.fields["form_token"], form.action.removesuffix("/identify")

    for method in ("totp", "sms_otp", "nonesuch"):
        browser.client.post(f"{base}/prove/{method}", data={"form_token": token, "otp": person.code()})
        browser.client.post(f"{base}/choose/{method}", data={"form_token": token})

    assert "username" in browser.page.ids
    browser.open(base)
    assert "username" in browser.page.ids, "nothing was proven"
    assert messages(house) == 0


def test_wrong_password_asks_again_and_keeps_the_number(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())

    refused = browser.submit({"username": person.username, "password": "khong-phai-mat-khau"})

    assert refused.status_code == 400
    assert "form-error" in browser.page.ids
    form = browser.page.form_with("username")
    assert form is not None
    assert form.values["username"].replace(" ", "") == person.username
    assert form.values["password"] == ""
    assert "khong-phai-mat-khau" not in browser.text
    browser.finish(person)


def test_wrong_code_asks_again_and_the_right_one_still_does(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    type_password(browser, rp, person)

    refused = browser.submit({"otp": wrong(person.code())})

    assert refused.status_code == 400
    assert "form-error" in browser.page.ids
    assert "otp" in browser.page.ids
    browser.submit({"otp": person.code()})
    assert "consent-allow" in browser.page.ids


def test_code_of_an_app_is_good_once(house: House, rp: RelyingParty, person: Person) -> None:
    mine, thief = house.browser(), house.browser()
    for each in (mine, thief):
        type_password(each, rp, person)
    code = person.code()

    mine.submit({"otp": code})
    thief.submit({"otp": code})

    assert "consent-allow" in mine.page.ids
    assert thief.shown.status_code == 400
    assert "otp" in thief.page.ids


def test_older_code_is_worth_nothing_after_a_newer_one(
    house: House, rp: RelyingParty, person: Person
) -> None:
    mine, thief = house.browser(), house.browser()
    for each in (mine, thief):
        type_password(each, rp, person)
    older = person.code()
    house.clock.advance_step()

    mine.submit({"otp": person.code()})
    thief.submit({"otp": older})

    assert "consent-allow" in mine.page.ids
    assert thief.shown.status_code == 400


def test_somebody_else_may_sign_in_instead(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    other = house.person()
    type_password(browser, rp, person)

    browser.submit({}, "restart")

    assert "username" in browser.page.ids
    answer = browser.finish(other)
    _, claims = house.id_token(rp.redeem(answer["code"]).json["id_token"])
    client = house.provider.clients.find(rp.client_id)
    assert claims["sub"] == house.provider.subjects.subject(client, other.account_id)


def test_password_of_one_person_does_not_count_for_another(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    other = house.person()
    type_password(browser, rp, person)
    form = browser.page.form_with("otp")
    assert form is not None
    base, token = form.action.partition("/prove/")[0], form.fields["form_token"]

    browser.client.post(
        f"{base}/identify",
        data={"form_token": token, "username": other.username, "password": "sai-roi-ban-oi"},
    )
    browser.open(base)
    browser.submit({"otp": other.code()})

    assert browser.shown.status_code == 400, "the second person never proved a password"

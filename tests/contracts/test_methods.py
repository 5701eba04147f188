"""What every way to prove who you are keeps to, asked through the one way in."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.accounts.account import Status
from idp.authenticators.attempts import BUDGETS
from idp.authenticators.method import SIGN_IN, MethodUnusable, ProofRejected
from idp.kernel.errors import Corrupt, TooManyAttempts, Unavailable
from idp.storage.ephemeral_redis import RedisEphemeral
from tests.people import an_account
from tests.proving import ADDRESS, Proving

METHODS = ("password", "totp", "sms_otp")
ONE_TIME = ("totp", "sms_otp")
PARALLEL = 50


@pytest.fixture
def on_embedded(database, ephemeral, clock):
    return Proving(database, ephemeral, clock)


@pytest.fixture
def on_servers(postgres_database, redis_url, clock):
    ephemeral = RedisEphemeral(redis_url)
    yield Proving(postgres_database, ephemeral, clock)
    ephemeral.close()


@pytest.fixture(params=["embedded", "servers"])
def proving(request):
    return request.getfixturevalue(f"on_{request.param}")


@pytest.fixture(params=METHODS)
def method(request):
    return request.param


def prove(proving, method, account, response, **given):
    return proving.methods.prove(
        method, account, "001199990001", response, **{"address": ADDRESS, "occasion": SIGN_IN, **given}
    )


def outcome(*arguments, **given):
    """What came of a try, in one word."""
    try:
        prove(*arguments, **given)
    except ProofRejected:
        return "rejected"
    except TooManyAttempts:
        return "throttled"
    return "proven"


def tries_of(proving, method):
    return BUDGETS[proving.methods.by_name[method].budget].tries


def test_right_response_proves_with_the_methods_own_factors(proving, method):
    account = proving.holder()

    proof = prove(proving, method, account, proving.right(method, account))

    known = proving.methods.by_name[method]
    assert (proof.method, proof.factors, proof.amr) == (method, known.factors, known.amr)
    assert proof.at == proving.clock()


def test_wrong_response_is_rejected_with_the_tries_left(proving, method):
    account = proving.holder()
    wrong = proving.wrong(method, "123456")

    with pytest.raises(ProofRejected) as refusal:
        prove(proving, method, account, wrong)

    assert refusal.value.facts() == {"method": method, "attempts_left": tries_of(proving, method) - 1}


@pytest.mark.parametrize(
    "response", ["", " ", "\0", "x" * 5000, "\ud800", "１２３４５６", "12345", "1234567"]
)
def test_malformed_response_is_one_wrong_try(on_embedded, method, response):
    account = on_embedded.holder()

    assert outcome(on_embedded, method, account, response) == "rejected"


def test_nobody_is_told_apart_from_a_holder(on_embedded, method):
    account = on_embedded.holder()
    heard = []
    for who in (account, None):
        for _ in range(tries_of(on_embedded, method) + 2):
            with pytest.raises((ProofRejected, TooManyAttempts)) as refusal:
                prove(on_embedded, method, who, on_embedded.wrong(method))
            heard.append((type(refusal.value), refusal.value.facts()))

    half = len(heard) // 2
    assert heard[:half] == heard[half:]


def test_nobody_costs_the_same_operations_as_a_holder(on_embedded, method):
    account = on_embedded.holder()
    asked = []
    for who in (account, None):
        on_embedded.counted.operations.clear()
        outcome(on_embedded, method, who, on_embedded.wrong(method))
        asked.append(dict(on_embedded.counted.operations))

    assert asked[0] == asked[1]


@pytest.mark.parametrize("status", [Status.ISSUED, Status.LOCKED, Status.CLOSED])
def test_account_that_is_not_active_learns_nothing_from_a_right_response(on_embedded, method, status):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)

    assert outcome(on_embedded, method, replace(account, status=status), right) == "rejected"


def test_one_accounts_response_proves_nothing_for_another(on_embedded, method):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)
    if method == "password":
        stranger = an_account(status=Status.ACTIVE)
        on_embedded.password.set_password(stranger.id, "một mật khẩu khác")
    else:
        stranger = on_embedded.holder()

    assert outcome(on_embedded, method, stranger, right) == "rejected"


def test_nothing_is_looked_at_once_the_tries_are_spent(proving, method):
    account = proving.holder()
    right = proving.right(method, account)
    for _ in range(tries_of(proving, method)):
        assert outcome(proving, method, account, proving.wrong(method, "111111")) == "rejected"

    assert outcome(proving, method, account, right) == "throttled"
    assert outcome(proving, method, account, right, address="198.51.100.1") == "throttled"
    assert outcome(proving.another(), method, account, right) == "throttled"


def test_parallel_wrong_responses_do_not_beat_the_budget(proving, method):
    account = proving.holder()
    wrong = proving.wrong(method, "222222")
    processes = (proving, proving.another())
    proving.addresses._wrong_tries = 10**6

    with ThreadPoolExecutor(PARALLEL) as pool:
        outcomes = list(
            pool.map(lambda n: outcome(processes[n % 2], method, account, wrong), range(PARALLEL))
        )

    assert outcomes.count("rejected") == tries_of(proving, method)
    assert outcomes.count("throttled") == PARALLEL - tries_of(proving, method)


def test_success_gives_the_tries_back(on_embedded, method):
    account = on_embedded.holder()
    for _ in range(3):
        for _ in range(tries_of(on_embedded, method) - 1):
            outcome(on_embedded, method, account, on_embedded.wrong(method, "333333"))

        assert outcome(on_embedded, method, account, on_embedded.right(method, account)) == "proven"
        on_embedded.clock.advance(timedelta(seconds=61))


def test_proof_inside_a_transaction_is_a_fault(on_embedded, method):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)

    with pytest.raises(Corrupt), on_embedded.database.transaction():
        prove(on_embedded, method, account, right)


def test_silent_counter_closes_every_method(on_embedded, method):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)

    def silent(*arguments, **given):
        raise Unavailable("ephemeral")

    on_embedded.ephemeral.increment = silent

    with pytest.raises(Unavailable):
        prove(on_embedded, method, account, right)


def test_every_answer_is_remembered_without_the_response(on_embedded, method):
    account = on_embedded.holder()
    for _ in range(tries_of(on_embedded, method)):
        outcome(on_embedded, method, account, on_embedded.wrong(method, "444444"))
    on_embedded.clock.advance(timedelta(minutes=11))
    outcome(on_embedded, method, account, on_embedded.right(method, account))

    entries = on_embedded.audit.for_account(account.id, 100)
    events = [entry.event for entry in entries]
    assert events.count("sign_in.proof_refused") == tries_of(on_embedded, method)
    assert events.count("sign_in.locked_out") == 1
    assert events.count("sign_in.proof_given") == 1
    assert "444444" not in repr(entries)


@pytest.mark.parametrize("method", ONE_TIME)
def test_one_time_response_is_refused_the_second_time(proving, method):
    account = proving.holder()
    right = proving.right(method, account)

    assert outcome(proving, method, account, right) == "proven"
    assert outcome(proving.another(), method, account, right) == "rejected"


@pytest.mark.parametrize("method", ONE_TIME)
def test_of_parallel_right_one_time_responses_one_proves(proving, method):
    account = proving.holder()
    right = proving.right(method, account)
    processes = (proving, proving.another())

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: outcome(processes[n % 2], method, account, right), range(8)))

    assert outcomes.count("proven") == 1


@pytest.mark.parametrize("method", ONE_TIME)
def test_spaces_in_a_code_are_left_out(on_embedded, method):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)

    assert outcome(on_embedded, method, account, f" {right[:3]}\u00a0{right[3:]}\n") == "proven"


@pytest.mark.parametrize("method", ONE_TIME)
def test_digits_of_other_scripts_are_no_code(on_embedded, method):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)
    arabic = right.translate({ord("0") + n: 0x660 + n for n in range(10)})

    assert outcome(on_embedded, method, account, arabic) == "rejected"


def test_right_password_gives_no_more_guesses_at_the_code(on_embedded):
    account = on_embedded.holder()
    rejected = 0
    for _ in range(30):
        assert outcome(on_embedded, "password", account, on_embedded.right("password", account)) == "proven"
        rejected += outcome(on_embedded, "totp", account, on_embedded.wrong("totp", "555555")) == "rejected"

    assert rejected == BUDGETS["one_time_code"].tries


def test_codes_of_all_methods_share_one_budget(on_embedded):
    account = on_embedded.holder()
    for _ in range(5):
        for method in ONE_TIME:
            assert outcome(on_embedded, method, account, on_embedded.wrong(method, "666666")) == "rejected"

    for method in ONE_TIME:
        assert outcome(on_embedded, method, account, on_embedded.right(method, account)) == "throttled"


def test_unknown_method_is_unusable(on_embedded):
    with pytest.raises(MethodUnusable):
        prove(on_embedded, "portrait", on_embedded.holder(), "x")


@pytest.mark.parametrize(("method", "most"), [("password", 2), ("totp", 2), ("sms_otp", 4)], ids=METHODS)
def test_right_response_costs_few_operations(on_embedded, method, most):
    account = on_embedded.holder()
    right = on_embedded.right(method, account)
    on_embedded.counted.operations.clear()

    prove(on_embedded, method, account, right)

    assert on_embedded.counted.operations.total() == most

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.kernel.errors import Corrupt
from idp.keyring.gate import BadToken
from idp.registers.request_key import RequestKey, check_token, load_key, make_key

URL, BODY = "https://registers.example/population/find", b'{"number": "1"}'


@pytest.fixture
def key():
    return RequestKey(generate_private_key(SECP256R1()))


def test_register_knows_who_asks(key, clock):
    check_token(key.token(URL, BODY, clock()), key.public, URL, BODY, clock())


def test_public_key_tells_no_secret(key):
    assert "d" not in key.public


@pytest.mark.parametrize("minutes", [-2, 2])
def test_token_is_worth_nothing_at_another_time(key, clock, minutes):
    token = key.token(URL, BODY, clock())

    with pytest.raises(BadToken):
        check_token(token, key.public, URL, BODY, clock() + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("url", "body"), [("https://registers.example/business/find", BODY), (URL, b'{"number": "2"}')]
)
def test_token_is_worth_nothing_for_another_request(key, clock, url, body):
    with pytest.raises(BadToken):
        check_token(key.token(URL, BODY, clock()), key.public, url, body, clock())


def test_another_key_is_refused(key, clock):
    other = RequestKey(generate_private_key(SECP256R1()))

    with pytest.raises(BadToken):
        check_token(other.token(URL, BODY, clock()), key.public, URL, BODY, clock())


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_refused(key, clock, token):
    with pytest.raises(BadToken):
        check_token(token, key.public, URL, BODY, clock())


def test_key_is_made_once_for_us_alone_and_read_again(tmp_path):
    path = tmp_path / "register-key"

    made = make_key(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path).public == made.public
    with pytest.raises(FileExistsError):
        make_key(path)


def test_key_that_others_may_read_is_not_used(tmp_path):
    path = tmp_path / "register-key"
    make_key(path)
    path.chmod(0o644)

    with pytest.raises(Corrupt):
        load_key(path)


def test_file_without_a_fitting_key_is_not_used(tmp_path):
    path = tmp_path / "register-key"
    path.touch(mode=0o600)
    with pytest.raises(Corrupt):
        load_key(path)

    private = generate_private_key(SECP384R1())
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Corrupt):
        load_key(path)

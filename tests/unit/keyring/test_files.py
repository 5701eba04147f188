"""Keys in files: modes, whole or nothing, and losses that are noticed, never mended."""

import json
import os
import stat
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from idp.kernel.errors import Corrupt, Unavailable
from idp.keyring.files import FileKeyStore
from idp.keyring.key_store import SigningKey

AT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
ADD_THREE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from idp.keyring.files import FileKeyStore
store = FileKeyStore(Path(sys.argv[1]))
for _ in range(3):
    with store.exclusive():
        key = store.generate("ES256", datetime.now(UTC))
        store.replace([*store.load(), key])
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(directory: Path) -> FileKeyStore:
    return FileKeyStore(directory)


def add(store: FileKeyStore, alg: str = "ES256") -> SigningKey:
    with store.exclusive():
        key = store.generate(alg, AT)
        store.replace([*store.load(), key])
    return key


def test_only_the_owner_may_read_whatever_the_umask(store: FileKeyStore, directory: Path) -> None:
    before = os.umask(0)
    try:
        key = add(store)
    finally:
        os.umask(before)

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {path.name for path in directory.iterdir()} == {".lock", "keys.json", f"{key.kid}.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_key_that_others_may_read_is_refused(store: FileKeyStore, directory: Path) -> None:
    key = add(store)
    version = store.version()

    (directory / f"{key.kid}.pem").chmod(0o640)

    assert store.version() != version
    with pytest.raises(Corrupt):
        store.load()


def test_missing_key_file_is_noticed(store: FileKeyStore, directory: Path) -> None:
    key = add(store)
    version = store.version()

    (directory / f"{key.kid}.pem").unlink()

    assert store.version() != version
    with pytest.raises(Unavailable):
        store.load()


def test_keys_without_manifest_are_a_loss_not_a_beginning(store: FileKeyStore, directory: Path) -> None:
    add(store)

    (directory / "keys.json").unlink()

    with pytest.raises(Unavailable):
        store.load()
    with pytest.raises(Unavailable):
        FileKeyStore(directory).load()


def test_crash_before_the_first_manifest_is_complete_leaves_a_usable_store(
    store: FileKeyStore, directory: Path
) -> None:
    with store.exclusive():
        orphan = store.generate("ES256", AT)

    key = add(FileKeyStore(directory))

    assert store.load() == (key,)
    assert (directory / f"{orphan.kid}.pem").exists()


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format":2,"keys":[]}',
        '{"format":1,"keys":{}',
        '{"format":1,"keys":[1]}',
        '{"format":1,"keys":[{"kid":"../../etc/passwd"}]}',
        '{"format":1,"keys":[{"kid":1}]}',
    ],
)
def test_manifest_that_is_none_is_refused(store: FileKeyStore, directory: Path, manifest: str) -> None:
    add(store)
    (directory / "keys.json").write_text(manifest)

    with pytest.raises(Corrupt):
        store.load()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("alg", "RS256"),
        ("alg", "HS256"),
        ("alg", None),
        ("state", "stolen"),
        ("created_at", "today"),
        ("created_at", "2026-11-02T01:00:00"),
        ("retired_at", 1),
    ],
)
def test_manifest_entry_that_cannot_be_right_is_refused(
    store: FileKeyStore, directory: Path, member: str, value: object
) -> None:
    add(store)
    manifest = json.loads((directory / "keys.json").read_text())
    manifest["keys"][0][member] = value
    (directory / "keys.json").write_text(json.dumps(manifest))

    with pytest.raises(Corrupt):
        FileKeyStore(directory).load()


@pytest.mark.parametrize("member", ["kid", "alg", "state", "created_at", "activated_at"])
def test_manifest_entry_without_a_member_is_refused(
    store: FileKeyStore, directory: Path, member: str
) -> None:
    add(store)
    manifest = json.loads((directory / "keys.json").read_text())
    del manifest["keys"][0][member]
    (directory / "keys.json").write_text(json.dumps(manifest))

    with pytest.raises(Corrupt):
        store.load()


def test_exchanged_or_broken_key_file_is_refused(store: FileKeyStore, directory: Path) -> None:
    one, two = add(store), add(store)
    path = directory / f"{one.kid}.pem"
    original = path.read_bytes()

    for content in ((directory / f"{two.kid}.pem").read_bytes(), b"", original[:100]):
        path.write_bytes(content)
        with pytest.raises(Corrupt):
            store.load()
    path.write_bytes(original)

    assert store.load() == (one, two)


def test_dropped_key_file_is_removed_and_foreign_files_stay(store: FileKeyStore, directory: Path) -> None:
    key = add(store)
    foreign = directory / "tls.pem"
    foreign.write_text("not ours")

    with store.exclusive():
        store.replace([])

    assert not (directory / f"{key.kid}.pem").exists()
    assert foreign.exists()


def test_disk_that_takes_no_more_leaves_everything_as_it_was(
    store: FileKeyStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add(store)
    before = {path.name for path in directory.iterdir()}

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with store.exclusive():
        with pytest.raises(Unavailable):
            store.generate("ES256", AT)
        with pytest.raises(Unavailable):
            store.replace([])

    assert {path.name for path in directory.iterdir()} == before
    assert store.load() == (key,)


def test_directory_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FileKeyStore(tmp_path / "file" / "keys")

    with pytest.raises(Unavailable), store.exclusive():
        pass
    with pytest.raises(Unavailable):
        store.load()


def test_lock_that_is_never_let_go_is_unavailable(
    store: FileKeyStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.keyring.files.LOCK_SECONDS", 0)

    with store.exclusive(), pytest.raises(Unavailable), FileKeyStore(directory).exclusive():
        pass


def test_processes_that_change_keys_at_once_lose_none(store: FileKeyStore, directory: Path) -> None:
    command = [sys.executable, "-c", ADD_THREE, str(directory)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]

    assert [process.wait(30) for process in processes] == [0, 0]
    assert len(store.load()) == 6


def test_unchanged_key_is_parsed_once(store: FileKeyStore) -> None:
    add(store)

    one, two = store.load(), store.load()

    assert one[0].sign is two[0].sign


@pytest.mark.parametrize("alg", ["RS256", "PS256", "RSA-OAEP-256"])
@pytest.mark.parametrize("number", ["p", "q", "d", "dmp1", "dmq1", "iqmp"])
def test_rsa_key_whose_numbers_do_not_belong_together_is_refused(
    store: FileKeyStore, directory: Path, alg: str, number: str
) -> None:
    key = add(store, alg)
    path = directory / f"{key.kid}.pem"
    loaded = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(loaded, RSAPrivateKey)
    right = getattr(loaded.private_numbers(), number)
    size = -(-right.bit_length() // 8)
    der = b64decode("".join(path.read_text().splitlines()[1:-1]))
    spoilt = der.replace(right.to_bytes(size), (right ^ 4).to_bytes(size), 1)
    assert spoilt != der
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{b64encode(spoilt).decode()}\n-----END PRIVATE KEY-----\n")

    with pytest.raises(Corrupt):
        store.load()

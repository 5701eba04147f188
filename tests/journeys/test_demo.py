"""``idp demo``, really running: what it promises to programs and people, and that nothing is left of it."""

import os
import re
import signal
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.bench.server import free_port
from tests.demonstration import COMMAND, ROOT, STOP_SECONDS, Codes, Demonstration, Surfer, is_free, left_of
from tests.waiting import until

CLIENT = {
    "client_id": str,
    "client_secret": str,
    "auth_method": str,
    "redirect_uri": str,
    "post_logout_redirect_uri": str,
    "scope": str,
    "private_jwk": type(None),
}
KEYED = ("jwt", "dpop")
ACCOUNT = {"username": str, "password": str, "totp_secret": str, "kind": str, "level": str, "phone": str}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Provider and portal, over http."""
    with Demonstration(tmp_path_factory.mktemp("demo") / "data", two_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def codes(shown):
    return Codes(shown.told["accounts"])


@pytest.fixture
def surfer(shown, codes):
    return Surfer(shown.told, codes)


@pytest.fixture
def portal(shown):
    return shown.told["pages"]["portal"]


@pytest.fixture(scope="module")
def folder(shown, tmp_path_factory):
    """A folder that a demonstration was shown in before: starts are quick there."""
    folder = tmp_path_factory.mktemp("again") / "data"
    with Demonstration(folder, two_ports()):
        return folder


@pytest.fixture
def start():
    """Starts demonstrations that a test ends by itself; what it did not end is ended here."""
    with ExitStack() as until:

        def start(*arguments):
            running = Demonstration(*arguments)
            until.push(running)
            return running

        yield start


def test_document_has_the_promised_shape(shown):
    told = shown.told

    assert told.keys() == {"issuer", "pages", "clients", "accounts", "mandates", "operators", "logs"}
    assert told["issuer"] == f"http://localhost:{shown.port}"
    assert told["pages"].keys() == {"portal", "account", "outbox"}
    assert told["clients"].keys() >= {"confidential", "public", "second"}
    assert told["operators"] == {}
    for name, client in told["clients"].items():
        own = {"client_secret": type(None)} if name in ("public", *KEYED) else {}
        own |= {"private_jwk": dict} if name in KEYED else {}
        assert {key: type(value) for key, value in client.items()} == CLIENT | own
        assert client["redirect_uri"].startswith("https://" if name != "portal" else "http://localhost:")
    people = [person for person in told["accounts"].values() if person["password"]]
    citizens = [person for person in people if person["kind"] == "citizen"]
    assert len(citizens) >= 4
    assert "victim" in told["accounts"]
    assert [person["totp_secret"] for person in citizens].count(None) == 1
    for person in told["accounts"].values():
        expected = ACCOUNT | ({} if person["totp_secret"] else {"totp_secret": type(None)})
        expected |= {} if person["password"] else {"password": type(None)}
        expected |= {"level": type(None)} if person["kind"] == "organisation" else {}
        assert {key: type(value) for key, value in person.items()} == expected


CERTIFIED = ("certificate_file", "certificate_key_file")
OF_TLS = {"ca_file", "mtls_port", "client_ca_file", "client_ca_key_file"}


@pytest.mark.parametrize("rules", [(), ("--strict",)])
def test_certificates_are_asked_for_with_tls(tmp_path, rules):
    with Demonstration(tmp_path / "data", free_port(), "--no-portal", "--tls", *rules) as running:
        told, client = running.told, running.told["clients"]["mtls"]
        form = {"grant_type": "client_credentials", "client_id": client["client_id"], "scope": "reports"}
        origin = f"https://localhost:{told['mtls_port']}"

        def status(address, cert=None):
            return requests.post(
                f"{address}/token", form, cert=cert, verify=told["ca_file"], timeout=10
            ).status_code

        held = tuple(client[name] for name in CERTIFIED)
        assert told.keys() >= OF_TLS
        assert origin in running.said
        assert status(origin, held) == 200
        assert status(origin) == 401
        # A simulator sees them at its one other address too; production's rules have no such thing.
        assert status(told["issuer"], held) == (401 if rules else 200)


def test_the_document_is_documented(shown):
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    told = shown.told
    names = {
        *told,
        *told["pages"],
        *told["clients"],
        *told["accounts"],
        *(name for mandate in told["mandates"] for name in mandate),
        *CLIENT,
        *ACCOUNT,
        *OF_TLS,
        *CERTIFIED,
        "mtls",
    }

    assert sorted(name for name in names if not re.search(rf"\b{name}\b", page)) == []


def test_every_page_named_answers(shown):
    for url in shown.told["pages"].values():
        assert requests.get(url, timeout=10).status_code == 200


def test_what_is_secret_is_readable_by_its_owner_only(shown):
    private = ["demo.json", "cast.json", "secret", "idp.env", "."]

    assert [path for path in private if (shown.data / path).stat().st_mode & 0o077] == []


def test_what_is_printed_tells_where_to_go_and_how_to_sign_in(shown):
    said = shown.said

    assert all(url in said for url in shown.told["pages"].values())
    people = [person for person in shown.told["accounts"].values() if person["password"]]
    assert all(person["password"] in said for person in people)
    assert "idp code" in said
    assert "WARN" not in said


def test_a_citizen_signs_in_at_the_portal_and_out_at_both(surfer, portal):
    surfer.open(portal)
    surfer.open(f"{portal}/login")
    pages = surfer.sign_in("toan")

    assert pages == ["identify", "otp", "consent"]
    assert surfer.url == f"{portal}/"
    assert "greeting" in surfer.page.ids
    assert "Nguyễn Anh Toàn" in surfer.text

    surfer.open(f"{portal}/me")
    assert "+84900000001" in surfer.text.replace(" ", "").replace("&nbsp;", "")

    surfer.submit({}, "logout")
    assert surfer.url == f"{portal}/signed-out"
    assert "signed-out" in surfer.page.ids
    surfer.open(f"{portal}/login")
    assert "username" in surfer.page.ids


def test_an_accountant_of_two_firms_acts_for_one_at_the_portal(surfer, portal):
    surfer.open(f"{portal}/login")

    pages = surfer.sign_in("dung", "whom-2")

    assert pages == ["identify", "otp", "whom", "consent"]
    assert "greeting" in surfer.page.ids
    assert "Công ty" in surfer.text
    surfer.open(f"{portal}/me")
    assert surfer.shown.status_code == 200


def test_an_easy_service_asks_for_a_password_and_a_grave_one_for_more(surfer, portal):
    surfer.open(f"{portal}/services/health-insurance/apply")
    first = surfer.sign_in("quynh")
    assert surfer.url == f"{portal}/services/health-insurance/apply"

    surfer.open(f"{portal}/services/criminal-record/apply")
    second = surfer.sign_in("quynh")

    assert first == ["identify", "consent"]
    assert second[-1] == "otp"
    assert "identify" not in second
    assert surfer.url == f"{portal}/services/criminal-record/apply"
    assert "application" in surfer.page.ids


def test_a_person_without_an_app_reads_the_code_at_the_outbox(surfer, shown, portal):
    surfer.codes = CodesBySms(shown)
    surfer.open(f"{portal}/login")

    assert surfer.sign_in("long") == ["identify", "otp", "consent"]
    assert "Huỳnh Xuân Long" in surfer.text


def test_the_command_prints_the_code_that_the_provider_takes(surfer, shown, portal):
    surfer.codes = CodesByCommand(shown)
    surfer.open(f"{portal}/login")
    surfer.sign_in("victim")

    assert "Nguyễn Đức Nam" in surfer.text


def test_other_commands_act_on_it_from_a_terminal_that_took_in_its_settings(shown):
    command = f'. "{shown.data}/idp.env" && exec "{COMMAND[0]}" -c "{COMMAND[2]}" officers list'

    said = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, check=True, text=True, timeout=60
    ).stdout

    assert said.count("Công an phường Mẫu") == 2


def test_lock_by_command_ends_what_somebody_does_at_the_portal_for_a_company(surfer, shown, portal):
    surfer.open(f"{portal}/login")
    surfer.sign_in("khoi", "whom-1")
    surfer.open(f"{portal}/me")
    assert "switch" in surfer.page.ids
    number = shown.told["accounts"]["khoi"]["username"]
    command = f'. "{shown.data}/idp.env" && exec "{COMMAND[0]}" -c "{COMMAND[2]}" accounts lock {number}'

    subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, check=True, timeout=60)

    surfer.open(f"{portal}/")
    assert "greeting" not in surfer.page.ids


def test_two_sites_on_one_host_keep_their_cookies_apart(surfer, portal):
    surfer.open(f"{portal}/login")
    surfer.sign_in("yen")

    names = {cookie.name for cookie in surfer.session.cookies}
    assert "portal_session" in names
    assert {name for name in names if not name.startswith("portal_")} == {
        name for name in names if name.startswith("idp_")
    }


def test_logs_are_there_and_hold_no_secret_and_nobodys_number(shown):
    told = shown.told
    logs = "".join(Path(path).read_text(encoding="utf-8") for path in told["logs"])

    secrets = [client["client_secret"] for client in told["clients"].values()]
    for person in told["accounts"].values():
        secrets += [person["username"], person["password"], person["totp_secret"], person["phone"]]
    assert [secret for secret in secrets if secret and secret in logs] == []
    assert (shown.data / "server.log").read_text() == ""


@pytest.mark.parametrize(
    ("number", "to_group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGHUP, True)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "a closed terminal"],
)
def test_a_signal_stops_all_of_it(folder, number, to_group, start):
    running = start(folder, two_ports()).ready()
    processes = running.tree()
    held = requests.Session()  # a browser that keeps its connection open must not hold it up
    held.get(f"{running.told['issuer']}/health", timeout=5)

    os.killpg(running.process.pid, number) if to_group else running.process.send_signal(number)
    status = running.process.wait(STOP_SECONDS)

    assert status == 0
    assert left_of(processes, 0.2) == []
    assert is_free(running.port)
    assert is_free(running.port + 1)
    assert running.said.rstrip().endswith("stopping")
    held.close()


def test_a_slow_request_does_not_hold_up_the_end(folder, start):
    running = start(folder, two_ports(), "--no-portal").ready()
    connection = slow_request(running.port)

    running.process.terminate()

    assert running.process.wait(STOP_SECONDS) == 0
    connection.close()


def test_a_worker_that_is_killed_is_replaced(folder):
    with Demonstration(folder, two_ports(), "--no-portal") as running:
        (worker,) = workers(running)
        worker.kill()
        worker.wait(STOP_SECONDS)

        until(lambda: answers(f"{running.told['issuer']}/health"))


def test_workers_do_not_outlive_a_server_that_was_killed(folder, start):
    running = start(folder, two_ports(), "--no-portal", "--workers=2").ready()
    processes = running.tree()
    workers(running)[0].parent().kill()

    assert running.process.wait(STOP_SECONDS) == 1
    assert "server.log" in running.said
    assert left_of(processes) == []


def test_children_do_not_outlive_a_parent_that_was_killed(folder, start):
    running = start(folder, two_ports()).ready()
    processes = running.tree()

    running.process.kill()
    running.process.wait()

    assert left_of(processes[1:]) == []
    assert is_free(running.port)


def test_a_signal_while_preparing_stops_it_too_and_the_next_start_goes_on(tmp_path, start):
    running = start(tmp_path / "data", two_ports(), "--no-portal")
    until(lambda: "preparing" in running.said, process=running.process)
    running.process.send_signal(signal.SIGINT)
    running.process.wait(STOP_SECONDS)
    assert running.tree() == []
    assert "Traceback" not in running.said

    with Demonstration(tmp_path / "data", running.port, "--no-portal") as again:
        told = again.told
        surfer = Surfer(told, Codes(told["accounts"]))
        surfer.ask(told["clients"]["confidential"])

        surfer.sign_in("toan")

    assert "code" in surfer.answer


def test_the_next_start_shows_the_same_people_at_other_addresses(folder):
    with Demonstration(folder, two_ports(), "--no-portal") as first:
        before = first.told
    with Demonstration(folder, two_ports()) as second:
        told = second.told
        surfer = Surfer(told, Codes(told["accounts"]))
        surfer.open(f"{told['pages']['portal']}/login")
        surfer.sign_in("toan")

    assert "Nguyễn Anh Toàn" in surfer.text
    assert told["accounts"] == before["accounts"]
    assert {name: told["clients"][name] for name in before["clients"]} == before["clients"]
    assert "portal" not in before["clients"]
    assert before["pages"].keys() == {"account", "outbox"}
    assert told["issuer"] != before["issuer"]


def test_over_tls_the_named_authority_vouches_for_it_and_its_settings_serve_it_alone(folder):
    with Demonstration(folder, two_ports(), "--tls") as running:
        told = running.told
        assert told["issuer"].startswith("https://localhost:")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(told["issuer"], timeout=5)
        surfer = Surfer(told, Codes(told["accounts"]))
        surfer.open(f"{told['pages']['portal']}/login")
        surfer.sign_in("quynh")
        names = {cookie.name for cookie in surfer.session.cookies}

    assert "Trần Minh Quỳnh" in surfer.text
    assert any(name.startswith("__Host-idp_") for name in names)

    command = f'. "{folder}/idp.env" && exec "{COMMAND[0]}" -c "{COMMAND[2]}" serve --workers=1'
    with subprocess.Popen(["sh", "-c", command], cwd=ROOT) as alone:
        try:
            until(lambda: answers(f"{told['issuer']}/health", told["ca_file"]), process=alone)
            assert answers(f"https://localhost:{told['mtls_port']}/health", told["ca_file"])
        finally:
            alone.terminate()


def test_a_proxy_in_the_environment_is_not_asked(folder):
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}

    with Demonstration(folder, two_ports(), environment=nowhere) as running:
        told = running.told
        surfer = Surfer(told, Codes(told["accounts"]))
        surfer.open(f"{told['pages']['portal']}/login")

    assert "username" in surfer.page.ids


def test_a_taken_port_is_told(shown, folder):
    for options in ([f"--port={shown.port}"], [f"--port={two_ports()}", f"--portal-port={shown.port}"]):
        refused = run("demo", f"--data={folder}", *options)

        assert refused.returncode == 1
        assert f"port {shown.port} is taken" in refused.stderr


def test_one_folder_is_shown_once_at_a_time(shown):
    refused = run("demo", f"--data={shown.data}", f"--port={two_ports()}")

    assert (refused.returncode, "runs in" in refused.stderr) == (1, True)
    assert shown.told["issuer"].endswith(str(shown.port))


def test_a_production_database_is_refused_by_name(tmp_path):
    url = "postgresql+psycopg://idp@127.0.0.1:1/idp"

    refused = run("demo", f"--data={tmp_path / 'data'}", f"--port={two_ports()}", IDP_DATABASE_URL=url)

    assert refused.returncode == 1
    assert "IDP_DATABASE_URL" in refused.stderr


def test_a_portal_that_ends_ends_the_demonstration_and_says_where_to_look(folder, start):
    running = start(folder, two_ports()).ready()
    processes = running.tree()
    next(process for process in processes if "clients.portal" in process.cmdline()).kill()

    assert running.process.wait(STOP_SECONDS) == 1
    assert "portal.log" in running.said
    assert left_of(processes) == []


def workers(running):
    """The processes that answer: children of the server, which has the same command line."""
    return [
        process
        for process in running.tree()
        if "serve" in process.cmdline() and "serve" in process.parent().cmdline()
    ]


class CodesBySms:
    """Reads the newest code on the outbox page, as a person would."""

    def __init__(self, shown):
        self.url = shown.told["pages"]["outbox"]

    def of(self, name):
        return re.search(
            r"(?<!\d)\d{6}(?!\d)", requests.get(self.url, timeout=10).text.partition("<main")[2]
        )[0]


class CodesByCommand:
    """Asks ``idp code``."""

    def __init__(self, shown):
        self.data = shown.data

    def of(self, name):
        return run("code", name, f"--data={self.data}").stdout.strip()


def run(*arguments, **environment):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def two_ports():
    """The lower of two free ports beside each other."""
    while not is_free((port := free_port()) + 1):
        pass
    return port


def answers(url, ca_file=None):
    try:
        return requests.get(url, timeout=2, verify=ca_file).status_code == 200
    except requests.RequestException:
        return False


def slow_request(port):
    """A connection whose request never ends."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant"
    )
    return connection

"""An application that says what it was given. Its servers' processes import it by name."""

import json
import os
import sys
from pathlib import Path

from idp.demo.tls import make_certificates
from idp.serving import Serving, run


def app(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        folder = Path(environ["QUERY_STRING"])
        (folder / "begun").write_text("")  # named pipes: each waits for who opens the other end
        (folder / "go").read_text()
    if environ["PATH_INFO"] == "/raise":
        raise RuntimeError
    certificate = environ["idp.client_certificate"]
    told = {name: value for name, value in environ.items() if isinstance(value, str | int)} | {
        "certificate": certificate.hex() if certificate else None,
        "body": len(environ["wsgi.input"].read()),
        "process": os.getpid(),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]


def build():
    return app


def serve(folder, port, mtls_port):
    server = make_certificates(Path(folder)).server
    run(Serving("127.0.0.1", port, 1, 2, server.certificate, server.key, mtls_port), build)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

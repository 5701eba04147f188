"""Runs the application: under Granian, and beside it where clients show TLS certificates (decision 20)."""

from idp.serving.connection import MAX_HEADERS
from idp.serving.ports import PortTaken, refuse_taken, stop_with_parent
from idp.serving.run import THREADS, Serving, run
from idp.serving.tls import CertificateUnusable

__all__ = [
    "MAX_HEADERS",
    "THREADS",
    "CertificateUnusable",
    "PortTaken",
    "Serving",
    "refuse_taken",
    "run",
    "stop_with_parent",
]

"""TLS that asks for a client certificate and takes any (RFC 8705): who it is, the application finds out.

OpenSSL by itself refuses certificates that no authority vouches for, and Python's ``ssl`` cannot be told
otherwise; pyOpenSSL can.
"""

from pathlib import Path

from OpenSSL import SSL, crypto

# TLS 1.2 with nothing but what FAPI 2.0 Security Profile §5.2.2 allows; 1.3 has no others.
CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
ECDHE-RSA-AES256-GCM-SHA384"
HTTP_1 = b"http/1.1"
RECORD = 16 * 1024
# No resumption: a certificate is shown, and its key proven, in every connection.
OPTIONS = SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE


class CertificateUnusable(Exception):
    """Our own certificate or its key cannot be read, or they do not belong together."""

    def __init__(self, chain: Path) -> None:
        super().__init__(chain)
        self.chain = chain


class TlsBroken(Exception):
    """The connection cannot go on; an alert for the other side may lie in ``outgoing``."""


def asking_context(chain: Path, key: Path) -> SSL.Context:
    """What all connections share.

    Raises:
        CertificateUnusable: see there.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_cipher_list(CIPHERS)
    try:
        context.use_certificate_chain_file(str(chain))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
    except SSL.Error:
        raise CertificateUnusable(chain) from None
    # That the client holds the private key, the handshake proves whatever we say here.
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    context.set_alpn_select_callback(
        lambda _, offered: HTTP_1 if HTTP_1 in offered else SSL.NO_OVERLAPPING_PROTOCOLS
    )
    return context


class Tls:
    """One connection's TLS without a socket: what goes over the network is put in and taken out by hand."""

    def __init__(self, context: SSL.Context) -> None:
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()
        self.is_established = False
        self.is_ended = False

    def feed(self, received: bytes) -> bytes:
        """Take what came in; give what was said by it.

        Raises:
            TlsBroken: this is no TLS that we speak.
        """
        said: list[bytes] = []
        try:
            if received:
                self._tls.bio_write(received)
            if not self.is_established:
                self._tls.do_handshake()
                self.is_established = True
            while True:
                said.append(self._tls.recv(RECORD))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.is_ended = True
        except SSL.Error:
            raise TlsBroken from None
        return b"".join(said)

    def say(self, words: bytes) -> None:
        """Encrypt; ``outgoing`` has it then."""
        if words:
            self._tls.sendall(words)

    def end(self) -> None:
        """Say that nothing follows."""
        try:
            if self.is_established:
                self._tls.shutdown()
        except SSL.Error:  # they have gone
            pass

    def outgoing(self) -> bytes:
        """What is to be sent."""
        parts: list[bytes] = []
        try:
            while True:
                parts.append(self._tls.bio_read(4 * RECORD))
        except SSL.WantReadError:
            return b"".join(parts)

    def certificate(self) -> bytes | None:
        """The client's, in DER, once established; whoever vouches for it."""
        shown = self._tls.get_peer_certificate()
        return crypto.dump_certificate(crypto.FILETYPE_ASN1, shown) if shown is not None else None

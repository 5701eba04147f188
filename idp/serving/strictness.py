"""What h11 reads and we do not answer: requests that somebody in front of us may have read otherwise."""

from http import HTTPStatus

import h11


def check(request: h11.Request) -> None:
    """Refuse what two readers could take for two different requests.

    Raises:
        h11.RemoteProtocolError: another version than HTTP/1, a target in no form that there is (RFC 9112
            §3.2), a body whose end is told in two ways, or in one that its version has not got (§6.1, §6.3).
    """
    if not request.http_version.startswith(b"1."):
        raise h11.RemoteProtocolError("version", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    is_everything = request.target == b"*" and request.method == b"OPTIONS"
    if not (request.target.startswith((b"/", b"https://", b"http://")) or is_everything):
        raise h11.RemoteProtocolError("target", HTTPStatus.BAD_REQUEST)
    names = {name for name, _ in request.headers}
    if b"transfer-encoding" in names and (b"content-length" in names or request.http_version == b"1.0"):
        raise h11.RemoteProtocolError("framing", HTTPStatus.BAD_REQUEST)

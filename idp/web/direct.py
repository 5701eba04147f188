"""What is asked all day, answered without Flask's contexts, which cost as much as a short request's work."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response
from flask.views import MethodView
from werkzeug.exceptions import HTTPException

from idp.kernel.errors import IdpError
from idp.web.errors import Errors
from idp.web.http import matched

_VARIABLE = re.compile("<[a-z_]+>")


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a view hangs, and how it answers each method."""

    rule: str
    answers: Mapping[str, Callable[..., Response]]

    def pattern(self) -> re.Pattern[str]:
        return re.compile(_VARIABLE.sub("([^/]+)", self.rule))


class Direct:
    """WSGI in front of Flask: asks some of the views itself (docs/decisions/0021).

    What they do not answer, such as HEAD, OPTIONS and methods that are not theirs, goes on to Flask, where
    the same views hang.

    Args:
        app: Flask's.
        views: by address, as Flask writes it; variables are text.
        errors: answers what they raise.
        before: asked before each of them.
    """

    def __init__(
        self,
        app: WSGIApplication,
        views: Mapping[str, MethodView],
        errors: Errors,
        before: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._app = app
        self._errors = errors
        self._before = before
        addresses = [_Address(rule, _answers(view)) for rule, view in views.items()]
        self._fixed = {each.rule: each for each in addresses if "<" not in each.rule}
        self._varied = [(each.pattern(), each) for each in addresses if "<" in each.rule]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        address, values = self._find(environ["PATH_INFO"])
        answer = None if address is None else address.answers.get(environ["REQUEST_METHOD"])
        if address is None or answer is None:
            return self._app(environ, start_response)
        matched(environ, address.rule, is_page="GET" in address.answers)
        response = self._answered(answer, values)
        if "Content-Length" not in response.headers:
            return response(environ, start_response)
        # It is whole. Werkzeug would look again for what our own answers have not: ten microseconds.
        start_response(response.status, response.headers.to_wsgi_list())
        return [response.get_data()]

    def _find(self, path: str) -> tuple[_Address | None, tuple[str, ...]]:
        """The address that a path is of, and the values of its variables."""
        if (fixed := self._fixed.get(path)) is not None:
            return fixed, ()
        if path.isascii():  # else Flask has it in UTF-8
            for pattern, address in self._varied:
                if (found := pattern.fullmatch(path)) is not None:
                    return address, found.groups()
        return None, ()

    def _answered(self, answer: Callable[..., Response], values: tuple[str, ...]) -> Response:
        try:
            for before in self._before:
                before()
            return answer(*values)
        except IdpError as error:
            return self._errors.refused(error)
        except HTTPException as error:
            return self._errors.http(error)
        except Exception as error:
            return self._errors.unforeseen(error)


def _answers(view: MethodView) -> dict[str, Callable[..., Response]]:
    return {
        method: getattr(view, method.lower())
        for method in view.methods or ()
        if hasattr(view, method.lower())
    }

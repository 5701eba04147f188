"""The endpoints that programs call, answered without Flask's contexts: they cost half of such a request."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response
from flask.views import MethodView
from werkzeug.exceptions import HTTPException

from idp.kernel.errors import IdpError
from idp.web.errors import Errors

ROUTE = "idp.route"  # in the WSGI environment, for the request's line in the log

Answer = Callable[[], Response]


class Direct:
    """WSGI in front of Flask: asks the views at fixed addresses itself (docs/decisions/0021).

    What they do not answer, such as HEAD, OPTIONS and methods that are not theirs, goes on to Flask, where
    the same views hang.

    Args:
        app: Flask's.
        views: by path.
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
        self._answers: dict[tuple[str, str], Answer] = {
            (path, method): getattr(view, method.lower())
            for path, view in views.items()
            for method in view.methods or ()
            if hasattr(view, method.lower())
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        answer = self._answers.get((path, environ["REQUEST_METHOD"]))
        if answer is None:
            return self._app(environ, start_response)
        environ[ROUTE] = path
        response = self._answered(answer)
        if "Content-Length" not in response.headers:
            return response(environ, start_response)
        # It is whole. Werkzeug would look again for what our own answers have not: ten microseconds.
        start_response(response.status, response.headers.to_wsgi_list())
        return [response.get_data()]

    def _answered(self, answer: Answer) -> Response:
        try:
            for before in self._before:
                before()
            return answer()
        except IdpError as error:
            return self._errors.refused(error)
        except HTTPException as error:
            return self._errors.http(error)
        except Exception as error:
            return self._errors.unforeseen(error)

"""Bare Flask: the least that a GET and a form POST can cost under this server. The ruler of the figures."""

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

app = Flask(__name__)


@app.get("/read")
def read() -> ResponseReturnValue:
    """Look up one parameter, answer with a little JSON."""
    return jsonify(heard=request.args.get("word", ""))


@app.post("/write")
def write() -> ResponseReturnValue:
    """Read a form of the size of a token request, answer with a little JSON."""
    return jsonify(heard=request.form.get("grant_type", ""), fields=len(request.form))

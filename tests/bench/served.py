"""What is measured, side by side in every server process: our application, and a bare one with two bare routes."""

from __future__ import annotations

import os
import secrets
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from registry.mongo import connect
from registry.server import run_server
from registry.settings import read_settings
from wsgi import worker_app

BARE_BYTES = "BENCH_BARE_BYTES"


def make_app() -> Flask:
    """Our application as it is served, and the bare one under ``/bare``."""
    app = worker_app()
    mounted = DispatcherMiddleware(app.wsgi_app, {"/bare": bare_app()})
    app.wsgi_app = mounted  # type: ignore[method-assign]
    return app


def bare_app() -> Flask:
    """Two routes on the same client settings: one durable insert, one find by id, of a certificate's size."""
    settings = read_settings(os.environ)
    documents = connect(settings.mongodb_uri, database="bench_bare")["documents"]
    size = int(os.environ[BARE_BYTES])
    app = Flask("bare")

    @app.post("/insert")
    def insert() -> tuple[Response, int]:
        document: dict[str, Any] = {"_id": secrets.token_urlsafe(16), "bytes": os.urandom(size)}
        documents.insert_one(document)
        return jsonify(code=document["_id"]), 201

    @app.get("/find/<code>")
    def find(code: str) -> Response:
        found = documents.find_one({"_id": code})
        return jsonify(code=code, size=len(found["bytes"]) if found else None)

    return app


if __name__ == "__main__":
    run_server("served:make_app", read_settings(os.environ))

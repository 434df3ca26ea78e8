"""The API's own description: OpenAPI 3.1, a data file beside the routes; a test keeps the two together."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def openapi_document() -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = json.loads((files("verify") / "data" / "openapi.json").read_text("utf-8"))
    return document


def operations() -> list[dict[str, Any]]:
    """Its operations for the page: method, path, summary in both languages, and whether a token is needed."""
    return [
        {
            "method": method,
            "path": path,
            "summary": {"zh": operation["x-summary-zh"], "en": operation["summary"]},
            "auth": bool(operation.get("security")),
        }
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    ]

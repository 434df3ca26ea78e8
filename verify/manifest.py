"""What a phone's home screen shows of a part of the site (W3C Web Application Manifest)."""

from __future__ import annotations

from flask import Response, url_for

from registry.http import answer_json
from registry.translation import language

SIZES = (192, 512)  # pixels: what Chromium asks for to install


def answer_manifest(start: str, *, name: str, short_name: str, scope: str) -> Response:
    """The manifest of the part whose first page is at the path ``start``."""
    icons = [
        {
            "src": url_for("app.static", filename=f"icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
        }
        for size in SIZES
    ]
    document = {
        "id": start,
        "name": name,
        "short_name": short_name,
        "lang": "zh-Hans" if language() == "zh" else "en",
        "start_url": start,
        "scope": scope,
        "display": "standalone",
        "background_color": "#faf9f5",
        "theme_color": "#1f4b73",
        "icons": [icon | {"purpose": purpose} for icon in icons for purpose in ("any", "maskable")],
    }
    response = answer_json(document, mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response

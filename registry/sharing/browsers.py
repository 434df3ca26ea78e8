"""The kind of browser that a look came from, as coarse as the worker can make sense of. Pure.

Of the line that a browser sends about itself only two words are kept: it could single out a device.
"""

from __future__ import annotations

_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("DingTalk", "DingTalk"),
    ("HuaweiBrowser", "Huawei"),
    ("MiuiBrowser", "Xiaomi"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_PREVIEWS = ("bot", "spider", "crawler", "preview", "facebookexternalhit", "slurp", "headlesscheck")
LONGEST_READ = 512  # characters of the line that are looked at


def browser_family(user_agent: str) -> str:
    """``WeChat, Android``; empty where nothing is known."""
    line = user_agent[:LONGEST_READ]
    found = [_first(line, names) for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name)


def is_preview(user_agent: str) -> bool:
    """Whether a program fetches the link to draw a preview of it: no look, and it is shown nothing."""
    line = user_agent[:LONGEST_READ].lower()
    return any(word in line for word in _PREVIEWS)


def _first(line: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for word, name in names if word in line), "")

"""The one error type of the house: a refusal with a stable code."""

from __future__ import annotations

from collections.abc import Mapping

Param = str | int


class Refused(ValueError):
    """Input was refused. Nothing was stored.

    ``code`` is stable and has a row (Chinese and English) in a room's ``data/problems.toml``.
    ``field`` is where: a dotted path in the caller's input, such as ``holder.id_number``.
    ``params`` fill the words of that row. They never hold a key or a personal datum.
    """

    def __init__(self, code: str, *, field: str | None = None, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params: Mapping[str, Param] = params

    def at(self, field: str) -> Refused:
        """The same refusal, located at ``field`` of the caller's input."""
        return Refused(self.code, field=field, **self.params)

    def __str__(self) -> str:
        where = f" at {self.field}" if self.field else ""
        words = ", ".join(f"{name}={value}" for name, value in sorted(self.params.items()))
        return f"{self.code}{where}" + (f" ({words})" if words else "")

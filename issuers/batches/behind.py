"""Work that goes on behind: one act at a time, in order, while the next is made ready."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self


class Behind:
    """Does acts in a thread of its own. What one raises is raised here, at the next act or at the end."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._last: Future[None] | None = None
        return self

    def do(self, act: Callable[..., None], *given: Any) -> None:
        """Begin ``act``, once the one before it is done: never more than one waits in memory."""
        self._wait()
        self._last = self._pool.submit(act, *given)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        if error is None:
            self._wait()

    def _wait(self) -> None:
        if self._last:
            self._last.result()

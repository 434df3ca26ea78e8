"""Who is signed in as a worker: a cookie of its own names a session kept in the record, apart from the consoles'."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from registry.addresses import client_network
from registry.archive.store import Archive
from registry.services import registry
from registry.workers.accounts import WorkerAccount
from registry.workers.desk import workers
from registry.workers.sessions import SESSION_LIFE, WorkerSession

Arguments = ParamSpec("Arguments")
Page = Callable[Arguments, ResponseReturnValue]


def cookie_name() -> str:
    """The session cookie's name; over HTTPS no other site of the domain can set it."""
    return "__Host-me" if registry().settings.is_secure else "me"


def workers_only(page: Page[Arguments]) -> Page[Arguments]:
    """Only for a signed-in worker; strangers are asked to sign in."""

    @wraps(page)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
        if not _recognise():
            return redirect(url_for("me_entry.sign_in"))
        return page(*args, **kwargs)

    return guarded


def begin_session(account: WorkerAccount, way: str) -> Response:
    """Sign the worker in, in a session of its own, and lead to their page."""
    desk = workers()
    token = desk.sessions.begin(account.id, way, at=desk.clock())
    response = make_response(redirect(url_for("me.home")))
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        secure=registry().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def end_session(response: Response) -> Response:
    """Sign out: the session ends here, and the browser forgets its cookie."""
    if _recognise():
        workers().sessions.end(current_worker().id, current_session().id)
    response.delete_cookie(cookie_name(), secure=registry().settings.is_secure, httponly=True, samesite="Lax")
    return response


def is_signed_in() -> bool:
    """Whether the request comes from a signed-in worker."""
    return _recognise()


def current_worker() -> WorkerAccount:
    """The account that a guarded page was opened with."""
    account: WorkerAccount = g.worker
    return account


def current_session() -> WorkerSession:
    """The session that a guarded page was opened with."""
    session: WorkerSession = g.worker_session
    return session


def current_archive() -> Archive:
    """The archive of the signed-in worker: the only one that any page here ever reads."""
    if "worker_archive" not in g:
        g.worker_archive = workers().archive_of(current_worker())
    archive: Archive = g.worker_archive
    return archive


def client() -> str:
    """Whom wrong guesses are counted for."""
    return client_network(request.remote_addr)


def note(name: str, **after: str) -> None:
    """Note in the trail what the signed-in worker did."""
    workers().note(name, current_archive().code, request=g.request_id, **after)


def _recognise() -> bool:
    if "worker" in g:
        return True
    desk = workers()
    session = desk.sessions.find(request.cookies.get(cookie_name(), ""), at=desk.clock())
    account = desk.accounts.find(session.account) if session else None
    if session is None or account is None:
        return False
    g.worker_session, g.worker = session, account
    return True

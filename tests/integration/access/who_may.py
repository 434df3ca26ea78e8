"""Who may what: ONE row a blueprint or endpoint. A route without a row fails `test_routes.py`.

Add a row when you add a route. The most exact key wins: ``blueprint.endpoint`` before ``blueprint``. ``read`` holds
for GET, ``write`` for POST, PUT, DELETE. Who is not named gets a refusal (or the sign-in page) and changes nothing.
Names with ``token:`` hold the owner's bearer token of the API, the others are signed in at a page.

``IDS`` holds what stands in an address, by the name of the argument: a real one of the first assessor or employer
where the test makes one (see `test_routes.py`), else anything well formed.
"""

from __future__ import annotations

from dataclasses import dataclass

REGISTRAR = frozenset({"registrar"})
BUREAU = frozenset({"registrar", "inspector"})
SIGNER = frozenset({"signer"})
ASSESSOR = frozenset({"clerk", "signer"})
EMPLOYER = frozenset({"employer"})
SIGNED_IN = BUREAU | ASSESSOR | EMPLOYER
REGISTRY_TOKEN = frozenset({"token:registry"})
ASSESSOR_TOKEN = frozenset({"token:assessor"})
EMPLOYER_TOKEN = frozenset({"token:employer"})
NOBODY: frozenset[str] = frozenset()  # of these: a page with a sign-in of its own, such as the worker's
ALL = SIGNED_IN | REGISTRY_TOKEN | ASSESSOR_TOKEN | EMPLOYER_TOKEN | {"nobody"}


@dataclass(frozen=True)
class May:
    """Who may read and who may write at a route; ``write`` None: as ``read``."""

    read: frozenset[str]
    write: frozenset[str] | None = None

    def at(self, method: str) -> frozenset[str]:
        return self.read if method == "GET" or self.write is None else self.write


PUBLIC = May(ALL)

WHO_MAY = {
    # --- public pages and API ---
    "accreditations_api": PUBLIC,
    "app": PUBLIC,
    "operations": PUBLIC,
    "policies": PUBLIC,
    "policies_api": PUBLIC,
    "public_registers_api": PUBLIC,
    "presentations": PUBLIC,
    "registers": PUBLIC,
    "registry": PUBLIC,
    "share": PUBLIC,  # who has the link: tried in verify/test_sharing.py
    "statistics": PUBLIC,
    "statistics_api": PUBLIC,
    "verify": PUBLIC,
    "wallet_api": PUBLIC,  # who has a code: tried in verify/test_wallet.py
    "wallet_api.credential": May(NOBODY),  # who has the access token of an offer
    "verify_api": PUBLIC,
    # --- sign-in and one's own account ---
    "issuers.sign_in": PUBLIC,
    "issuers.sign_in_post": PUBLIC,
    "issuers.sign_in_code": PUBLIC,
    "issuers.sign_in_code_post": PUBLIC,
    "issuers.sign_out": PUBLIC,
    "account": May(SIGNED_IN),
    "account.reset": PUBLIC,
    "account.reset_post": PUBLIC,
    # --- the assessor's console and API ---
    "issuers": May(ASSESSOR),
    "certificates": May(BUREAU | ASSESSOR),
    "certificates.suspend": May(ASSESSOR | REGISTRAR),
    "certificates.lift": May(SIGNER | REGISTRAR),
    "certificates.revoke": May(SIGNER | REGISTRAR),
    "reissues": May(SIGNER),
    "many": May(ASSESSOR | REGISTRAR),
    "many.approve": May(SIGNER | REGISTRAR),
    "report_desk": May(ASSESSOR),
    "session_desk": May(ASSESSOR),
    "paper": May(ASSESSOR),
    "accreditations": May(ASSESSOR),
    "own_keys": May(ASSESSOR, SIGNER),
    "own_keys_api": May(ASSESSOR_TOKEN),
    "accreditations.apply": May(SIGNER),
    "accreditations.apply_post": May(SIGNER),
    "notices": May(ASSESSOR),
    "batches": May(ASSESSOR),
    "batches.approve": May(SIGNER),
    "bureau_batches": May(BUREAU),
    "batch_results": May(ASSESSOR),
    "batches_api": May(ASSESSOR_TOKEN),
    "notices.contact": May(SIGNER),
    "issuers_api": May(ASSESSOR_TOKEN),
    "issuers_api.revocation": May(ASSESSOR_TOKEN | REGISTRY_TOKEN),
    "issuers_api.suspension": May(ASSESSOR_TOKEN | REGISTRY_TOKEN),
    "issuers_api.lifting": May(ASSESSOR_TOKEN | REGISTRY_TOKEN),
    "registers_api.record_session": May(ASSESSOR_TOKEN),
    "registers_api.publish_report": May(ASSESSOR_TOKEN),
    # --- the registrar's pages and API; inspectors read and draw ---
    "registrar": May(BUREAU, REGISTRAR),
    "accounts": May(BUREAU, REGISTRAR),
    "committee": May(BUREAU, REGISTRAR),
    "key_desk": May(BUREAU, REGISTRAR),
    "committee.apply": May(REGISTRAR),
    "audit": PUBLIC,
    "trail": May(BUREAU),
    "trail.own_trail": May(ASSESSOR),
    "archives": May(BUREAU, REGISTRAR),
    "archives.find": May(BUREAU),
    "archives.new_entry": May(REGISTRAR),
    "archives.merge_form": May(REGISTRAR),
    "holders": May(BUREAU, REGISTRAR),
    "inspection_desk": May(BUREAU, REGISTRAR),
    "inspection_desk.announce_draw": May(BUREAU),
    "inspection_desk.reveal_draw": May(BUREAU),
    "ledgers": May(BUREAU, REGISTRAR),
    "ledgers.claim": May(REGISTRAR),
    "access": May(BUREAU, REGISTRAR),
    "credits": May(BUREAU, REGISTRAR),
    "published": May(BUREAU, REGISTRAR),
    "register_desk": May(BUREAU, REGISTRAR),
    "statements": May(REGISTRAR),
    "metrics": May(REGISTRY_TOKEN),
    "archive_api": May(REGISTRY_TOKEN),
    "employers_api": May(REGISTRY_TOKEN),
    "holders_api": May(REGISTRY_TOKEN),
    "ledger_api": May(REGISTRY_TOKEN),
    "registers_api": May(REGISTRY_TOKEN),
    "statements_api": May(REGISTRY_TOKEN),
    # --- the worker's pages: a session of their own, tried in verify/worker/test_isolation.py ---
    "me_entry": PUBLIC,
    "me": May(NOBODY),
    "me.manifest": PUBLIC,
    "me_requests": May(NOBODY),
    "me_account": May(NOBODY),
    "me_rights": May(NOBODY),
    "me_shares": May(NOBODY),  # tried in verify/worker/test_sharing.py
    "me_wallet": May(NOBODY),
    "display": PUBLIC,
    "helping": May(ASSESSOR | {"registrar"}),
    # --- the employer's pages and API ---
    "employer": May(EMPLOYER),
    "employer_access": May(EMPLOYER),
    "watch": May(EMPLOYER),
    "bulk_api": May(EMPLOYER_TOKEN),
    "bulk_api.verification": PUBLIC,
    "watch_api": May(EMPLOYER_TOKEN),
}

# What stands in the address of these is no id of the owner's: a year, say.
SHARED = frozenset({"registers_api.publish_report", "batches.template"})

# These ask for a password or a code themselves, or end the session: 401 or the sign-in page is their right answer.
PROVES_ITSELF = frozenset(
    {
        "issuers.sign_in_post",
        "issuers.sign_in_code",
        "issuers.sign_in_code_post",
        "issuers.sign_out",
        "me_entry.sign_in_by_password",
        "me_entry.sign_out",
        "account.change_password",
        "account.begin_second_factor",
        "account.confirm_second_factor",
        "account.remove_second_factor",
    }
)

IDS: dict[str, object] = {
    "act": "pause",
    "audit_id": "0" * 24,
    "batch_id": "no-such-batch",
    "many_id": "no-such-change",
    "case": "no-such-case",
    "change": "0" * 24,
    "check_id": "0" * 24,
    "college": "S000022000003",
    "directory": "projects",
    "document_id": "none",
    "draw": "no-such-draw",
    "edition": "2022",
    "employer_id": "acme",
    "entry_id": "0" * 24,
    "form": "csv",
    "filename": "registry.css",
    "id": "S000033000002",
    "assessor_id": "S000033000002",
    "lang": "zh",
    "line_id": "0" * 24,
    "name": "revocation-1",
    "passkey_id": "AAAA",
    "recovery_id": "0" * 24,
    "request_id": "0" * 24,
    "session_id": "0" * 24,
    "token": "A" * 54,
    "row_id": "0" * 24,
    "table": "credit_tiers",
}


def find_row(endpoint: str) -> May | None:
    """The row of an endpoint, the most exact first."""
    return WHO_MAY.get(endpoint) or WHO_MAY.get(endpoint.rpartition(".")[0])

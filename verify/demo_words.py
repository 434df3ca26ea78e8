"""What the demo tells at its start: what runs, where, and links that work; and the same for scripts."""

from __future__ import annotations

import json
import os

from issuers.demo import Demo
from registry.settings import Settings
from verify.qr import draw_terminal

DEMO_FILE = "demo.json"


def describe_demo(settings: Settings, made: Demo) -> str:
    """The lines for the terminal, with the QR of the demo certificate."""
    origin, code = settings.origin, made.certificate.code
    verify_url = f"{origin}/v/{code}"
    return "\n".join(
        (
            draw_terminal(verify_url),
            f"技能等级证书登记 Skills Registry  {origin}",
            f"  验证证书 verify        {verify_url}",
            f"  持证人页 worker        {origin}/w/{code}",
            f"  领取证书 claim         {made.claim_url}",
            f"      {made.holder['name']}  {made.holder['id_number']}",
            f"  评价机构 assessor      {origin}/console/",
            f"  用人单位 employer      {origin}/employer/",
            *(f"      {one.role:<16} {one.name:<10} 密码 password  {one.password}" for one in made.accounts),
            f"  接口文档 API           {origin}/api",
            f"  数据在 data            {settings.data_path}   ({DEMO_FILE}: 供脚本使用 for scripts)",
            "  Ctrl-C 停止 stops everything",
        )
    )


def write_demo_file(settings: Settings, made: Demo) -> None:
    """Write ``DATA_DIR/demo.json`` for scripts, readable by its owner only: it holds a token and a password."""
    document = {
        "base_url": settings.origin,
        "verify_url": f"{settings.origin}/v/{made.certificate.code}",
        "claim_url": made.claim_url,
        "code": made.certificate.code,
        "number": made.certificate.number,
        "holder": made.holder,
        "assessor": made.assessor.id,
        "assessor_token": made.token,
        "registrar_token": made.registrar_token,
        "employer_token": made.employer_token,
        "accounts": [{"name": one.name, "password": one.password, "role": one.role} for one in made.accounts],
    }
    path = settings.data_path / DEMO_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=2)

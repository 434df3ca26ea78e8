"""Public statistics: counts by year with small cells withheld, targets, pass rates, annual reports."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, render_template, request

from issuers.register_view import describe_report
from issuers.registers import directories, figures, name_of_body, reports, sessions
from keys.errors import Refused
from registry.credential import china_date
from registry.http import answer_json
from registry.policy.loading import load_policies
from registry.services import registry
from registry.statistics.charts import Bar, bars
from registry.statistics.figures import Answer, Years
from registry.statistics.naming import Name, name_target, name_value, order_values
from registry.statistics.sessions import rate
from registry.statistics.suppression import THRESHOLD
from registry.statistics.targets import Counts, Progress, progress, progress_document
from registry.view import Json, describe_instant, describe_place

YEAR = len("2026")
PAGE_VIEWS = ("month", "level", "region", "assessor", "occupation", "kind")
SHOWN = 40  # rows of a chart; more stand in the data

statistics_api = Blueprint("statistics_api", __name__, url_prefix="/api/v1")
statistics_pages = Blueprint("statistics", __name__, template_folder="templates")


@statistics_api.get("/statistics")
def get_statistics() -> Response:
    """Counts by level, occupation, region, assessor, kind or month, for whole years, small cells withheld."""
    args = request.args
    found = figures().public(args.get("by", "level"), _read_years(), measure=args.get("measure", "issued"))
    return answer_json(answer_document(found))


@statistics_api.get("/targets")
def get_targets() -> Response:
    """How far the targets of the documents are reached."""
    return answer_json({"targets": [progress_document(one) for one in _progress()]})


@statistics_api.get("/pass-rates")
def get_pass_rates() -> Response:
    """Pass and employment rates of every body in a year (HH-16, JL-11)."""
    year = _read_year("year", registry().clock().year)
    return answer_json({"year": year, "bodies": _rates(year)})


@statistics_api.get("/reports")
def list_reports() -> Response:
    """The colleges' annual reports."""
    return answer_json({"reports": [describe_report(one) for one in reports().all()]})


@statistics_api.get("/reports/<college>/<int:year>")
def one_report(college: str, year: int) -> Response:
    """One annual report."""
    return answer_json(describe_report(reports().find(college, year)))


@statistics_pages.get("/statistics")
def statistics_page() -> str:
    """Certificates issued in a year, by month, level, place and assessor."""
    this_year = china_date(registry().clock()).year
    year = _read_year("year", this_year)
    found = {view: figures().public(view, Years(year, year + 1)) for view in PAGE_VIEWS}
    views = [{"view": view, "answer": one, "bars": _bars(one)} for view, one in found.items()]
    return render_template(
        "verify/statistics.html",
        year=year,
        this_year=this_year,
        views=views,
        threshold=THRESHOLD,
        total=found["month"].table.total,
        as_of=found["month"].as_of,
        targets=[_describe_target(one) for one in _progress() if one.measured],
        rates=_rates(year),
    )


@statistics_pages.get("/reports")
def reports_page() -> str:
    """The colleges' annual reports."""
    return render_template("verify/reports.html", reports=[describe_report(one) for one in reports().all()])


@statistics_pages.get("/reports/<college>/<int:year>")
def report_page(college: str, year: int) -> str:
    """One annual report, to read or to print."""
    return render_template("verify/report.html", report=describe_report(reports().find(college, year)))


def answer_document(found: Answer) -> Json:
    """A public table as JSON. ``total`` null: withheld; ``withheld``: the sum of the merged cells."""
    return {
        "by": found.view,
        "measure": found.measure,
        "from": f"{found.years.first}-01-01",
        "to": f"{found.years.end}-01-01",
        "as_of": describe_instant(found.as_of) if found.as_of else None,
        "total": found.table.total if found.whole else None,
        "withheld": found.table.withheld,
        "threshold": THRESHOLD,
        "rows": [
            {"value": value, **name_of(found.view, value), "count": found.table.rows[value]}
            for value in order_values(found.view, found.table.rows)
        ],
    }


def name_of(view: str, value: str) -> Name:
    """What a value of a view is called; assessors by their names."""
    if view == "assessor":
        name = name_of_body(value)
        return {"zh": name, "en": name}
    return name_value(view, value)


def _bars(found: Answer) -> list[tuple[Name, Bar]]:
    values = order_values(found.view, found.table.rows)[:SHOWN]
    drawn = bars([found.table.rows[value] for value in values])
    return [(name_of(found.view, value), bar) for value, bar in zip(values, drawn, strict=True)]


def _progress() -> list[Progress]:
    counts = Counts(figures(), sessions(), directories(), public=True)
    return progress(load_policies(), counts, on=china_date(registry().clock()))


def _describe_target(found: Progress) -> Json:
    document = found.rule.document
    names = name_target(found.name)
    return progress_document(found) | {
        "zh": names["zh"],
        "en": names["en"],
        "place": describe_place(found.rule.place),
        "document_id": document.id,
        "document": {"zh": document.title, "en": document.title_en},
        "bar": bars([found.percent or 0], whole=100)[0],
    }


def _rates(year: int) -> list[Json]:
    found = [(name_of_body(body), body, sums) for body, sums in sessions().bodies(year).items()]
    return [{"body": body, "name": name, **_rate_document(sums)} for name, body, sums in sorted(found)]


def _rate_document(sums: Counter[str]) -> Json:
    passed, employed = rate(sums["passed"], sums["enrolled"]), rate(sums["employed"], sums["asked"])
    return {
        "sessions": sums["sessions"],
        "passed": {"low": passed.low, "high": passed.high} if passed else None,
        "employed": {"low": employed.low, "high": employed.high} if employed else None,
    }


def _read_years() -> Years:
    this_year = china_date(registry().clock()).year
    first = _read_year("from", this_year)
    return Years(first, _read_year("to", first + 1))


def _read_year(name: str, default: int) -> int:
    """A year, as ``2026`` or its first day. Refused ``statistics.period``: other days would tell small cells."""
    text = request.args.get(name)
    if not text:
        return default
    year, rest = text[:YEAR], text[YEAR:]
    if not (year.isascii() and year.isdecimal() and len(year) == YEAR and rest in ("", "-01-01")):
        raise Refused("statistics.period", field=name)
    return Years(int(year), int(year) + 1).first

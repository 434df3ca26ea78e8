"""The sentences of answers, in Chinese and English. Titles are applied for; education is treatment."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files

from registry.days import write_day
from registry.levels import find_level
from registry.places import lineage, places
from registry.policy.model import Cell, Document, Rule, Strength, Text

_ALLOWANCE: Mapping[Strength, Text] = {
    "must": Text(
        "应每月发放 {amount} 元技能津贴", "a skills allowance of {amount} yuan a month is to be paid"
    ),
    "may": Text("可每月发放 {amount} 元技能津贴", "a skills allowance of {amount} yuan a month may be paid"),
    "encouraged": Text(
        "鼓励企业每月发放 {amount} 元技能津贴（指导标准，不是法定应得）",
        "enterprises are encouraged to pay a skills allowance of {amount} yuan a month "
        "(a guideline, not a legal entitlement)",
    ),
    "target": Text(
        "目标是每月发放 {amount} 元技能津贴", "the aim is a skills allowance of {amount} yuan a month"
    ),
}


def say_allowance(rule: Rule, amount: int) -> Text:
    """The monthly allowance, in yuan, with the force of its rule."""
    return _fill(_ALLOWANCE[rule.strength], amount=amount)


def say_no_figure(rule: Rule, what: Text) -> Text:
    """The document speaks of ``what`` but publishes no figure."""
    cited = cite(rule.document)
    return Text(
        f"{cited.zh}提到{what.zh}，但没有公布数额。",
        f"{cited.en} speaks of {what.en} but publishes no figure.",
    )


def say_not_stated(rule: Rule, level: str) -> Text:
    """The document's table has no row for this level."""
    cited, name = cite(rule.document), name_level(level)
    return Text(f"{cited.zh}没有为{name.zh}列出标准。", f"{cited.en} states nothing for the level {name.en}.")


def say_no_rule(region: str, what: Text) -> Text:
    """No document in the registry speaks of ``what`` there on that day."""
    place = name_place(region)
    return Text(
        f"没有找到该日期在{place.zh}有效的{what.zh}规定；“没有找到”不等于没有。",
        f"No rule on {what.en} was found for {place.en} on this date; it may exist elsewhere.",
    )


def say_title(rule: Rule, row: Mapping[str, Cell], apply_from: date | None) -> Text:
    """From which day, under which document, the holder may apply for a title. A review committee decides."""
    name, step, cited = word("title", str(row["title"])), name_level(str(row["level"])), cite(rule.document)
    years = row.get("years")
    if years is None:
        return Text(
            f"依据{cited.zh}可申报{name.zh}职称，但没有找到取得{step.zh}后所需的年限；由评审委员会评审决定。",
            f"May apply for the title of {name.en} under {cited.en}; the years needed at the level "
            f"{step.en} were not found. A review committee decides.",
        )
    day_zh = (
        f"自{write_day(apply_from, 'zh')}起可申报" if apply_from else f"取得{step.zh}满 {years} 年后可申报"
    )
    day_en = (
        f"from {write_day(apply_from, 'en')}" if apply_from else f"{years} years after reaching the level"
    )
    return Text(
        f"依据{cited.zh}，{day_zh}{name.zh}职称（工程技术领域，取得{step.zh}并从事相应工作满 {years} 年）"
        "；由评审委员会评审决定。",
        f"May apply for the title of {name.en} {day_en} under {cited.en} (in engineering; level {step.en} "
        f"with {years} years of such work). A review committee decides.",
    )


def say_arithmetic(since: date, years: int, reached: date, first: date) -> Text:
    """From which day on the years are reached; ``first`` is the first day of the document."""
    zh, en = ([write_day(day, language) for day in (since, reached, first)] for language in ("zh", "en"))
    return Text(
        f"{zh[0]} + {years} 年 = {zh[1]}；不早于文件生效日{zh[2]}。",
        f"{en[0]} + {years} years = {en[1]}; not before the document's first day, {en[2]}.",
    )


def say_education(treated_as: str, purposes: Iterable[str], *, discretionary: bool) -> Text:
    """The holder is treated as educated to that step, for these purposes and no other."""
    step, aims = word("treated_as", treated_as), join("purpose", purposes)
    verb = Text("可比照", "may be treated as") if discretionary else Text("按相当于", "is treated as")
    tail = Text("学历" if not discretionary else "层次人员", "")
    return Text(
        f"{verb.zh}{step.zh}{tail.zh}对待，用于：{aims.zh}。这是待遇，不是学历证书。",
        f"{verb.en[0].upper()}{verb.en[1:]} {step.en} for: {aims.en}. This is treatment, not a diploma.",
    )


def say_conditional_education(rule: Rule) -> Text:
    """What a class diploma would bring; the certificate alone brings nothing."""
    verb = Text("可比照", "may be treated as") if rule.strength == "may" else Text("按", "treated as")
    pairs = [
        (word("when", str(row["when"])), word("treated_as", str(row["treated_as"]))) for row in rule.rows
    ]
    zh = "；".join(f"{when.zh}的，{verb.zh}{treated.zh}对待" for when, treated in pairs)
    en = "; ".join(f"{when.en}: {verb.en} {treated.en}" for when, treated in pairs)
    return Text(
        f"仅凭本证书不产生学历待遇。符合以下条件的可享受相应待遇：{zh}。",
        f"The certificate alone changes nothing. What a diploma adds: {en}.",
    )


def say_subsidy(rule: Rule) -> Text:
    """What may be claimed, by whom, on which conditions; with the amount or without."""
    kinds = join("subsidy", rule.words.get("subsidies", ("training",)))
    payee, when = join("payee", rule.words["payee"]), join("when", conditions_of(rule))
    amount = rule.figures.get("amount")
    sum_zh = f"{amount} 元" if amount else "数额未在文件中公布"
    sum_en = f"{amount} yuan" if amount else "the document publishes no amount"
    return Text(
        f"{kinds.zh}（发给{payee.zh}）：{sum_zh}。" + (f"条件：{when.zh}。" if when.zh else ""),
        f"{_capital(kinds.en)} (paid to {payee.en}): {sum_en}."
        + (f" Conditions: {when.en}." if when.en else ""),
    )


def conditions_of(rule: Rule) -> tuple[str, ...]:
    """The codes of all conditions a rule names."""
    return tuple(code for name in ("when", "course", "route", "needs") for code in rule.words.get(name, ()))


def say_look_up(region: str, rule: Rule) -> Text:
    """Which places were asked, and which one answered."""
    asked, answered = [name_place(place) for place in lineage(region)], name_place(rule.place)
    return Text(
        f"由近及远查询：{'、'.join(dict.fromkeys(place.zh for place in asked))}；由{answered.zh}的规定回答。",
        f"Looked up in {', '.join(dict.fromkeys(place.en for place in asked))}; a rule of {answered.en} answers.",
    )


def say_rule(rule: Rule) -> Text:
    """Which clause of which document, with what force and from what kind of source."""
    cited, force, grade = cite(rule.document), word("strength", rule.strength), word("grade", rule.grade)
    return Text(
        f"依据 {rule.id}：{cited.zh} {rule.clause}（{force.zh}；来源：{grade.zh}）。",
        f"By {rule.id}: {cited.en}, {rule.clause} ({force.en}; source: {grade.en}).",
    )


def cite(document: Document) -> Text:
    """Title and number of a document."""
    number = f"（{document.number}）" if document.number else ""
    return Text(
        f"《{document.title}》{number}",
        document.title_en + (f" ({document.number})" if document.number else ""),
    )


def name_place(code: str) -> Text:
    """The name of the place, or of the nearest recorded one that contains it."""
    return next(_place_names()[near] for near in lineage(code) if near in _place_names())


def name_level(level: str) -> Text:
    """The level's name."""
    found = find_level(level)
    return Text(found.zh, found.en)


def word(list_name: str, code: str) -> Text:
    """The words of one code; KeyError when ``data/words.toml`` lacks it (a test proves it does not)."""
    return _words()[list_name][code]


def join(list_name: str, codes: Iterable[str]) -> Text:
    """Several codes in one phrase."""
    texts = [word(list_name, code) for code in codes]
    return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))


def _fill(text: Text, **values: object) -> Text:
    return Text(text.zh.format(**values) + "。", _capital(text.en.format(**values)) + ".")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _place_names() -> dict[str, Text]:
    """Code to its latest name: later rows of a code replace earlier ones."""
    return {place.code: Text(place.zh, place.en) for place in places()}


@cache
def _words() -> dict[str, dict[str, Text]]:
    content = tomllib.loads((files("registry.policy") / "data" / "words.toml").read_text("utf-8"))
    return {name: {code: Text(**row) for code, row in rows.items()} for name, rows in content.items()}

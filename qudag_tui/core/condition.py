"""Conditions as people write them: ``error_rate < 0.1%``, ``memory stable within 5%``, ``a < 1% and b > 2 ms``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.unit import SUFFIXES, Unit


class Comparison(StrEnum):
    """The four comparisons; equality of measured numbers means nothing."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="

    def holds(self, value: float, limit: float) -> bool:
        """Whether ``value`` is on the right side of ``limit``; False for NaN."""
        if self is Comparison.BELOW:
            return value < limit
        if self is Comparison.AT_MOST:
            return value <= limit
        if self is Comparison.ABOVE:
            return value > limit
        return value >= limit

    @property
    def wants_low(self) -> bool:
        """Whether smaller values are better."""
        return self in {Comparison.BELOW, Comparison.AT_MOST}


@lean_dataclass(frozen=True, slots=True)
class Threshold:
    """A metric against a number in its base unit."""

    metric: str
    comparison: Comparison
    limit: float
    unit: Unit


class Relation(StrEnum):
    """How a limit is made from a baseline."""

    PERCENT = "percent"
    TIMES = "times"
    PLUS = "plus"


@lean_dataclass(frozen=True, slots=True)
class AgainstBaseline:
    """A metric against its baseline: times ``1 + amount/100``, times ``amount``, or plus ``amount`` (base unit)."""

    metric: str
    comparison: Comparison
    relation: Relation
    amount: float
    unit: Unit = Unit.NUMBER


@lean_dataclass(frozen=True, slots=True)
class Trend:
    """A metric that must be stable within, or is growing beyond, a budget (percent of its level; None: none given)."""

    metric: str
    growing: bool
    budget_percent: float | None = None


@lean_dataclass(frozen=True, slots=True)
class AllOf:
    """Joined by ``and``: the worst verdict counts."""

    terms: tuple[Condition, ...]


@lean_dataclass(frozen=True, slots=True)
class AnyOf:
    """Joined by ``or``: the best verdict counts, each judged at a share of the level."""

    terms: tuple[Condition, ...]


Term = Threshold | AgainstBaseline | Trend
Condition = Term | AllOf | AnyOf


def terms(condition: Condition) -> Iterator[Term]:
    """Every single comparison in a condition, in order."""
    if isinstance(condition, AllOf | AnyOf):
        for term in condition.terms:
            yield from terms(term)
    else:
        yield condition


class ConditionError(ValueError):
    """What is wrong with a condition; ``offset`` is the character of its text at which it was noticed."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?P<suffix>\s?(?:%|[A-Za-z]+(?:/s)?|/s)(?![\w]))?"
    r"|(?P<name>[^\W\d][\w.-]*)|(?P<op><=|>=|<|>)|(?P<sign>[+-])|(?P<bad>\S))"
)
_KEYWORDS = {"and", "or", "baseline", "stable", "within", "growing", "x"}
_MAX_LENGTH = 1000
_MAX_NUMBER = 1e150


@lean_dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int
    suffix: str = ""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            break
        position = match.end()
        kind = match.lastgroup or "bad"
        if match["number"]:
            suffix = (match["suffix"] or "").strip()
            if suffix in _KEYWORDS - {"x"}:
                suffix, position = "", match.end("number")
            found.append(_Token("number", match["number"], match.start("number"), suffix))
        elif match["bad"]:
            message = (
                f"{match['bad']!r} is not part of a condition; allowed are names, < <= > >=, + -, numbers with units"
            )
            raise ConditionError(message, match.start("bad"))
        else:
            found.append(_Token(kind, match[kind], match.start(kind)))
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > _MAX_LENGTH:
            message = f"a condition may have at most {_MAX_LENGTH} characters"
            raise ConditionError(message, _MAX_LENGTH)
        self.text = text
        self.tokens = _tokens(text)
        self.position = 0

    def peek(self) -> _Token:
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return _Token("end", "", len(self.text))

    def take(self) -> _Token:
        token = self.peek()
        self.position += 1
        return token

    def word(self, word: str) -> bool:
        if self.peek().kind == "name" and self.peek().text == word:
            self.position += 1
            return True
        return False

    def expected(self, what: str) -> ConditionError:
        token = self.peek()
        found = repr(token.text + token.suffix) if token.kind != "end" else "the end"
        return ConditionError(f"{what} is expected here, not {found}", token.offset)

    def condition(self) -> Condition:
        alternatives = [self.conjunction()]
        while self.word("or"):
            alternatives.append(self.conjunction())
        if self.peek().kind != "end":
            raise self.expected('"and", "or" or the end')
        return alternatives[0] if len(alternatives) == 1 else AnyOf(tuple(alternatives))

    def conjunction(self) -> Condition:
        parts: list[Condition] = [self.term()]
        while self.word("and"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def term(self) -> Term:
        token = self.peek()
        if token.kind != "name" or token.text in _KEYWORDS:
            raise self.expected("the name of a metric")
        metric = self.take().text
        if self.word("stable"):
            return Trend(metric, growing=False, budget_percent=self.budget("within"))
        if self.word("growing"):
            return Trend(metric, growing=True, budget_percent=self.budget("within"))
        if self.peek().kind != "op":
            raise self.expected('<, <=, >, >=, "stable" or "growing"')
        comparison = Comparison(self.take().text)
        if self.word("baseline"):
            return self.from_baseline(metric, comparison)
        number = self.number()
        if number.suffix == "x" or self.word("x"):
            if not self.word("baseline"):
                raise self.expected('"baseline" after a factor')
            return AgainstBaseline(metric, comparison, Relation.TIMES, float(number.text))
        unit, factor = self.unit(number)
        return Threshold(metric, comparison, float(number.text) * factor, unit)

    def from_baseline(self, metric: str, comparison: Comparison) -> AgainstBaseline:
        if self.peek().kind != "sign":
            return AgainstBaseline(metric, comparison, Relation.PERCENT, 0.0)
        sign = -1.0 if self.take().text == "-" else 1.0
        number = self.number(signed=False)
        if number.suffix == "%":
            return AgainstBaseline(metric, comparison, Relation.PERCENT, sign * float(number.text))
        unit, factor = self.unit(number)
        return AgainstBaseline(metric, comparison, Relation.PLUS, sign * float(number.text) * factor, unit)

    def budget(self, word: str) -> float | None:
        if not self.word(word):
            return None
        number = self.number(signed=False)
        if number.suffix != "%":
            message = "a budget is a percentage, such as 5%"
            raise ConditionError(message, number.offset)
        return float(number.text)

    def number(self, *, signed: bool = True) -> _Token:
        minus = self.take() if signed and self.peek().kind == "sign" and self.peek().text == "-" else None
        if self.peek().kind != "number":
            raise self.expected("a number")
        token = self.take()
        if float(token.text) > _MAX_NUMBER:
            message = f"the number is too large; at most {_MAX_NUMBER:g} is allowed"
            raise ConditionError(message, token.offset)
        return _Token("number", "-" + token.text, minus.offset, token.suffix) if minus else token

    @staticmethod
    def unit(number: _Token) -> tuple[Unit, float]:
        if number.suffix not in SUFFIXES:
            known = ", ".join(suffix for suffix in SUFFIXES if suffix)
            message = f"{number.suffix!r} is not a unit; allowed are {known}"
            raise ConditionError(message, number.offset + len(number.text))
        return SUFFIXES[number.suffix]


def parse_condition(text: str) -> Condition:
    """The condition that ``text`` says; :class:`ConditionError` (with the offset of its place) if it says none.

    ``and`` binds tighter than ``or``. Units are parsed here and held against the metric's where metrics are known.
    """
    return _Parser(text).condition()

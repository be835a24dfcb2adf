"""The language of formulas: references, numbers, arithmetic, comparisons, AND and OR. Parsed here, never `eval`uated.

From weakest to strongest binding: `OR`; `AND`; one of `== != >= <= > <` (`=` means `==`); `+ -`; `* /`; a leading `-`.
Operands are references `{{id:<uuid>}}`, numbers, `TRUE`, `FALSE`, labels in double quotes, and parentheses.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from callscope.core.metric import ValueType

LONGEST_EXPRESSION = 2000
"""Characters."""
DEEPEST_NESTING = 32
"""Parentheses inside parentheses; more would be nobody's formula and could exhaust the stack."""

Operand = float | int | bool | str


class MalformedExpression(ValueError):
    """A text that is no formula; the message says what is wrong and at which character, counted from 1."""


class NoResult(ArithmeticError):
    """A formula that has no result for the values it was given."""


class Kind(StrEnum):
    """What an expression results in."""

    NUMBER = "a number"
    BOOLEAN = "true or false"
    TEXT = "a label"

    @classmethod
    def of(cls, value_type: ValueType) -> "Kind":
        """Return the kind of a metric's values."""
        match value_type:
            case ValueType.BOOLEAN:
                return cls.BOOLEAN
            case ValueType.TEXT | ValueType.CLASSIFICATION:
                return cls.TEXT
            case _:
                return cls.NUMBER

    @classmethod
    def of_value(cls, value: Operand) -> "Kind":
        """Return the kind of one value."""
        if isinstance(value, bool):
            return cls.BOOLEAN
        return cls.TEXT if isinstance(value, str) else cls.NUMBER


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, truth value or label written in the expression."""

    value: Operand


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of another metric."""

    definition_id: UUID


@dataclass(frozen=True, slots=True)
class Negation:
    """A number with its sign turned."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Chain:
    """Numbers joined from left to right by operators that bind alike: `+ -` or `* /`."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Two operands compared."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Junction:
    """Truth values joined by AND or OR."""

    operator: str
    operands: tuple["Node", ...]


Node = Literal | Reference | Negation | Chain | Relation | Junction


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


_TOKEN = re.compile(
    r"(?P<reference>\{\{\s*id:[^{}]*\}\})"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r'|(?P<label>"[^"]*")'
    r"|(?P<relation>==|!=|>=|<=|=|>|<)"
    r"|(?P<sign>[-+*/()])"
    r"|(?P<word>[A-Za-z]+)"
)
_SPACE = re.compile(r"\s*")
_TRUTH = {"TRUE": True, "FALSE": False}
_JUNCTIONS = ("AND", "OR")


@functools.lru_cache(maxsize=1024)
def parse(expression: str) -> Node:
    """Return the expression as a tree.

    Raises:
        MalformedExpression: the text is no expression, or too long or too deep.
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise MalformedExpression(f"A formula has at most {LONGEST_EXPRESSION} characters, got {len(expression)}.")
    parser = _Parser(_tokens(expression))
    tree = parser.junction("OR")
    parser.expect("end", "the end of the formula")
    return tree


def references(node: Node) -> frozenset[UUID]:
    """Return the ids of the metrics an expression refers to."""
    return frozenset(each.definition_id for each in _walk(node) if isinstance(each, Reference))


def kind_of(node: Node, kinds: Mapping[UUID, Kind]) -> Kind:
    """Return what the expression results in, given what its references do.

    Raises:
        MalformedExpression: an operator joins what it cannot.
    """
    match node:
        case Literal(value):
            return Kind.of_value(value)
        case Reference(definition_id):
            return kinds[definition_id]
        case Negation(operand):
            _require(Kind.NUMBER, "-", operand, kinds)
            return Kind.NUMBER
        case Chain(first, rest):
            for operator, operand in ((rest[0][0], first), *rest):
                _require(Kind.NUMBER, operator, operand, kinds)
            return Kind.NUMBER
        case Junction(operator, operands):
            for operand in operands:
                _require(Kind.BOOLEAN, operator, operand, kinds)
            return Kind.BOOLEAN
        case Relation(operator, left, right):
            _require_comparable(operator, kind_of(left, kinds), kind_of(right, kinds))
            return Kind.BOOLEAN


def result_of(node: Node, values: Mapping[UUID, Operand]) -> Operand:
    """Return the result of an expression whose kinds were checked.

    Raises:
        NoResult: it divides by zero.
    """
    match node:
        case Literal(value):
            return value
        case Reference(definition_id):
            return values[definition_id]
        case Negation(operand):
            return -_number(operand, values)
        case Chain(first, rest):
            total = _number(first, values)
            for operator, operand in rest:
                total = _ARITHMETIC[operator](total, _number(operand, values))
            return total
        case Junction(operator, operands):
            joined = all if operator == "AND" else any
            return joined(bool(result_of(operand, values)) for operand in operands)
        case Relation(operator, left, right):
            return _COMPARISONS[operator](result_of(left, values), result_of(right, values))


def _number(node: Node, values: Mapping[UUID, Operand]) -> float:
    result = result_of(node, values)
    if isinstance(result, str):
        raise TypeError("kinds are checked before an expression is computed")
    return result


def _divided(numerator: float, denominator: float) -> float:
    if denominator == 0:
        raise NoResult("The formula divides by zero.")
    return numerator / denominator


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
}
_COMPARISONS: Mapping[str, Callable[..., bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
}
_EQUALITIES = ("==", "!=")


def _require(needed: Kind, operator: str, operand: Node, kinds: Mapping[UUID, Kind]) -> None:
    found = kind_of(operand, kinds)
    if found is not needed:
        raise MalformedExpression(f"{operator!r} joins what is {needed}, but one side of it is {found}.")


def _require_comparable(operator: str, left: Kind, right: Kind) -> None:
    if left is not right:
        raise MalformedExpression(f"{operator!r} compares {left} with {right}, which are never alike.")
    if left is not Kind.NUMBER and operator not in _EQUALITIES:
        raise MalformedExpression(f"What is {left} has no order: compare it with '==' or '!=', not {operator!r}.")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case Negation(operand):
            yield from _walk(operand)
        case Chain(first, rest):
            yield from _walk(first)
            for _, operand in rest:
                yield from _walk(operand)
        case Relation(_, left, right):
            yield from _walk(left)
            yield from _walk(right)
        case Junction(_, operands):
            for operand in operands:
                yield from _walk(operand)


def _tokens(expression: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = _end_of_space(expression, 0)
    while position < len(expression):
        found = _TOKEN.match(expression, position)
        if found is None or found.lastgroup is None:
            raise MalformedExpression(f"Nothing in a formula begins like {expression[position]!r}{_at(position)}")
        tokens.append(_Token(found.lastgroup, found.group(), position))
        position = _end_of_space(expression, found.end())
    return [*tokens, _Token("end", "", len(expression))]


def _end_of_space(expression: str, position: int) -> int:
    found = _SPACE.match(expression, position)
    return position if found is None else found.end()


def _at(position: int) -> str:
    return f" (character {position + 1})."


class _Parser:
    """Reads tokens from left to right, one method a rule of the language."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def junction(self, operator: str) -> Node:
        stronger = self._relation if operator == "AND" else functools.partial(self.junction, "AND")
        operands = [stronger()]
        while self._takes("word", operator):
            operands.append(stronger())
        return operands[0] if len(operands) == 1 else Junction(operator, tuple(operands))

    def expect(self, kind: str, what: str) -> _Token:
        token = self._tokens[self._next]
        if token.kind != kind:
            found = "the formula ends" if token.kind == "end" else f"there is {token.text!r}"
            raise MalformedExpression(f"Expected {what}, but {found}{_at(token.position)}")
        self._next += 1
        return token

    def _relation(self) -> Node:
        left = self._chain("+-")
        if self._tokens[self._next].kind != "relation":
            return left
        operator = self.expect("relation", "a comparison").text
        right = self._chain("+-")
        if self._tokens[self._next].kind == "relation":
            position = self._tokens[self._next].position
            raise MalformedExpression(f"A comparison has two sides: join several by AND{_at(position)}")
        return Relation("==" if operator == "=" else operator, left, right)

    def _chain(self, operators: str) -> Node:
        stronger = functools.partial(self._chain, "*/") if operators == "+-" else self._signed
        first = stronger()
        rest: list[tuple[str, Node]] = []
        while self._tokens[self._next].text in tuple(operators):
            operator = self.expect("sign", "an operator").text
            rest.append((operator, stronger()))
        return Chain(first, tuple(rest)) if rest else first

    def _signed(self) -> Node:
        is_negative = False
        while self._takes("sign", "-"):
            is_negative = not is_negative
        operand = self._operand()
        return Negation(operand) if is_negative else operand

    def _operand(self) -> Node:
        if self._takes("sign", "("):
            return self._parenthesis()
        token = self._tokens[self._next]
        self._next += 1
        match token.kind:
            case "reference":
                return Reference(_definition_id(token))
            case "number":
                return Literal(float(token.text) if "." in token.text else int(token.text))
            case "label":
                return Literal(token.text[1:-1])
            case "word" if token.text.upper() in _TRUTH:
                return Literal(_TRUTH[token.text.upper()])
        self._next -= 1
        self.expect("operand", 'a value: a reference like {{id:…}}, a number, TRUE, FALSE or a "label"')
        raise AssertionError("no token is of that kind")

    def _parenthesis(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise MalformedExpression(f"Parentheses stand at most {DEEPEST_NESTING} deep.")
        inner = self.junction("OR")
        if not self._takes("sign", ")"):
            self.expect(")", "')'")
        self._depth -= 1
        return inner

    def _takes(self, kind: str, text: str) -> bool:
        token = self._tokens[self._next]
        is_it = token.kind == kind and token.text.upper() == text
        self._next += is_it
        return is_it


def _definition_id(token: _Token) -> UUID:
    text = token.text[2:-2].strip().removeprefix("id:").strip()
    try:
        return UUID(text)
    except ValueError as error:
        raise MalformedExpression(f"{text!r} is no metric's id{_at(token.position)}") from error

"""marshmallow fields that accept exactly what their words and bounds allow, and never coerce a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from service.domain.model.instants import DAY_EXPECTED, INSTANT_EXPECTED, parse_day, parse_instant
from service.domain.model.vocabulary import Items, Matching, Whole

UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class WholeNumber(fields.Integer):
    """A whole number within bounds; 1.0, "1" and true are not whole numbers."""

    def __init__(self, bounds: Whole, **options: Any) -> None:
        super().__init__(strict=True, **described(options, minimum=bounds.least, maximum=bounds.most))
        self.bounds = bounds

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not self.bounds.least <= value <= self.bounds.most:
            raise ValidationError(f"Expected {self.bounds.expected}; found {_shown(value)}.")
        return value


class Text(fields.String):
    """A text that fully matches a pattern."""

    def __init__(self, shape: Matching, **options: Any) -> None:
        pattern = f"^(?:{shape.expression})$"
        super().__init__(**described(options, pattern=pattern, maxLength=shape.most, minLength=1))
        self.shape = shape
        self.expression = re.compile(shape.expression)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str) or len(value) > self.shape.most or not self.expression.fullmatch(value):
            raise ValidationError(f"Expected {self.shape.expected}.")
        return value


class OneOf(fields.String):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **options)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value not in self.words or not isinstance(value, str):
            raise ValidationError(f"Expected {' or '.join(self.words)}; found {_shown(value)}.")
        return value


class Truth(fields.Boolean):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise ValidationError(f"Expected true or false; found {_shown(value)}.")
        return value


class InstantField(fields.DateTime):
    """A moment with a zone, to the microsecond."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return parse_instant(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"Expected {INSTANT_EXPECTED}.") from error


class DayField(fields.Date):
    """A date."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return parse_day(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"Expected {DAY_EXPECTED}.") from error


class EventId(fields.UUID):
    """A UUID in its standard form, with hyphens."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
            raise ValidationError("Expected a UUID such as 0190c2a4-7e1b-7c3d-9f00-3b1c2d4e5f60.")
        return value


class ListOf(fields.List[Any]):
    """A list of bounded length, without duplicate items if its bounds say so."""

    def __init__(self, item: fields.Field[Any], bounds: Items, **options: Any) -> None:
        super().__init__(item, **described(options, minItems=bounds.least, maxItems=bounds.most))
        self.bounds = bounds

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, list) or not self.bounds.least <= len(value) <= self.bounds.most:
            raise ValidationError(f"Expected a list of {self.bounds.least} to {self.bounds.most} items.")
        items = super()._deserialize(value, attr, data, **kwargs)
        if self.bounds.unique and any(item in value[:index] for index, item in enumerate(value)):
            raise ValidationError("The list has a duplicate item.")
        return items


def described(options: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """Return a field's options with further metadata for the OpenAPI document."""
    return {**options, "metadata": {**facts, **options.get("metadata", {})}}


def _shown(value: Any) -> str:
    """Return a number or truth value as found, and only the type of any other value, which may be personal data."""
    if isinstance(value, bool | int | float):
        return str(value)[:40].lower()
    return "a text" if isinstance(value, str) else "null" if value is None else f"a {type(value).__name__}"

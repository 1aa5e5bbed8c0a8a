"""Strict JSON: refuses the traps that json.loads accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from service.errors import FieldError, Invalid


class NotJson(Invalid):
    """The body, or a line of it, is not JSON: malformed, nested too deeply, or not UTF-8."""

    code = "not_json"


class JsonTrap(Invalid):
    """The JSON has a duplicate key in an object, NaN or Infinity, or a text with NUL or a lone surrogate."""

    code = "json_trap"


class _DuplicateKey(dict[str, Any]):
    """An object with a duplicate key."""

    key = ""


class _NotFinite:
    """NaN, Infinity or -Infinity."""


class _Trapped(Exception):
    """The JSON has a trap."""


def parse(body: bytes | bytearray) -> Any:
    """Return the JSON value of a body.

    Raises:
        NotJson, JsonTrap.
    """
    try:
        text = body.decode()
        value = _decoded(text)
    except RecursionError as error:
        raise NotJson("The JSON is nested too deeply.", pointer="") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NotJson(f"Expected JSON in UTF-8: {error}.", pointer="") from error
    except ValueError as error:
        raise NotJson("A number in the JSON has too many digits.", pointer="") from error
    if "\\u" in text:
        _refuse_traps(value)
    return value


def _decoded(text: str) -> Any:
    """Return the value of a JSON text. A text with a trap or a syntax error is read again, to report every trap."""
    try:
        return STRICT.decode(text)
    except (_Trapped, json.JSONDecodeError):
        _refuse_traps(json.loads(text, object_pairs_hook=_marked_object, parse_constant=_marked_constant))
        raise AssertionError("the second reading finds what the first one found") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Trapped
    return found


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = _DuplicateKey(found)
    names = [name for name, _value in pairs]
    marked.key = next(name for name in names if names.count(name) > 1)
    return marked


def _marked_constant(_name: str) -> _NotFinite:
    return _NotFinite()


def _refuse_constant(_name: str) -> Any:
    raise _Trapped


# Made once, because json.loads makes a new decoder at each call with hooks.
STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _refuse_traps(value: Any) -> None:
    errors = [FieldError(pointer, detail) for pointer, detail in _traps(value, "")]
    if errors:
        raise JsonTrap(errors[0].detail, errors=errors)


def _traps(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    match value:
        case _NotFinite():
            yield pointer, "Expected a number; NaN and Infinity are not numbers in JSON."
        case str() if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            yield pointer, "Expected a text without NUL and without lone surrogates."
        case dict():
            if isinstance(value, _DuplicateKey):
                yield f"{pointer}/{pointer_step(value.key)}", "Duplicate key in an object."
            for key, member in value.items():
                yield from _traps(key, pointer)
                yield from _traps(member, f"{pointer}/{pointer_step(key)}")
        case list():
            for index, item in enumerate(value):
                yield from _traps(item, f"{pointer}/{index}")


def pointer_step(key: str) -> str:
    """Return a key as a JSON pointer step (RFC 6901), in a form that can be encoded whatever the key holds."""
    printable = key.encode("utf-8", "replace").decode().replace("\0", "?")
    return printable.replace("~", "~0").replace("/", "~1")[:100]

"""JSON without the traps that json.loads lets pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from service.errors import FieldError, Invalid


class NotJson(Invalid):
    """The body, or a line of it, is not JSON: broken, nested too deeply, or not UTF-8."""

    code = "not_json"


class JsonTrap(Invalid):
    """The JSON has a key twice in one object, NaN or Infinity, a NUL or half a surrogate pair in a text."""

    code = "json_trap"


class _TwiceKeyed(dict[str, Any]):
    """An object in which one key stood twice."""

    key = ""


class _NotFinite:
    """NaN, Infinity or -Infinity."""


class _Trapped(Exception):
    """There is a trap in this JSON."""


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
        raise NotJson(f"Wanted JSON in UTF-8: {error}.", pointer="") from error
    except ValueError as error:
        raise NotJson("The JSON has a number of too many digits.", pointer="") from error
    if "\\u" in text:
        _refuse_traps(value)
    return value


def _decoded(text: str) -> Any:
    """Return the value of a JSON text. Only where it has a trap, or is broken, is it read again, to tell all of it."""
    try:
        return STRICT.decode(text)
    except (_Trapped, json.JSONDecodeError):
        _refuse_traps(json.loads(text, object_pairs_hook=_marked_object, parse_constant=_marked_constant))
        raise AssertionError("what was found once is found again") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Trapped
    return found


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _TwiceKeyed(found)
    names = [name for name, _value in pairs]
    twice.key = next(name for name in names if names.count(name) > 1)
    return twice


def _marked_constant(_name: str) -> _NotFinite:
    return _NotFinite()


def _refuse_constant(_name: str) -> Any:
    raise _Trapped


# Made once: json.loads makes a decoder at each call that has hooks.
STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _refuse_traps(value: Any) -> None:
    errors = [FieldError(pointer, detail) for pointer, detail in _traps(value, "")]
    if errors:
        raise JsonTrap(errors[0].detail, errors=errors)


def _traps(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    match value:
        case _NotFinite():
            yield pointer, "Wanted a number; NaN and Infinity are none."
        case str() if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            yield pointer, "Wanted a text without NUL and without half a surrogate pair."
        case dict():
            if isinstance(value, _TwiceKeyed):
                yield f"{pointer}/{pointer_step(value.key)}", "The key stands twice in one object."
            for key, member in value.items():
                yield from _traps(key, pointer)
                yield from _traps(member, f"{pointer}/{pointer_step(key)}")
        case list():
            for index, item in enumerate(value):
                yield from _traps(item, f"{pointer}/{index}")


def pointer_step(key: str) -> str:
    """Return a key as a step of a JSON pointer (RFC 6901), in a form that can be sent back whatever it holds."""
    printable = key.encode("utf-8", "replace").decode().replace("\0", "?")
    return printable.replace("~", "~0").replace("/", "~1")[:100]

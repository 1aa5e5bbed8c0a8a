"""Templates are compiled once for all processes of a run of the tests: compiling all takes three seconds."""

from jinja2 import FileSystemBytecodeCache

from service.web.site import rendering


def keep_compiled_templates(folder: str) -> None:
    """Let the apps of this process keep compiled templates in the folder of this run, and take them from there."""
    rendering.JINJA_OPTIONS["bytecode_cache"] = FileSystemBytecodeCache(folder)

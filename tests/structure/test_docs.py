"""The documentation matches the code: generated pages are current and complete, and every link and path exists."""

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
GUIDES, PICTURES = ROOT / "docs" / "guides", ROOT / "docs" / "pictures"
PAGES = ROOT / "service" / "web"
MOST_BYTES_OF_A_PICTURE, MOST_BYTES_OF_ALL_PICTURES = 150_000, 1_500_000
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+\.png)\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# A word on a page, such as the name of a button; and those that a page puts together.
PAGE_WORDS = re.compile(r"(?<![*\w])\*([^*\s][^*]*)\*(?![*\w])")
CODE_SPAN = re.compile(r"`[^`\n]*`")
COMPOSED_WORDS = {
    "Compare this event with the latest",
    "Compare this moment with the latest",
    "Open Operation Spring",
    "Publication 1",
    "Publish final figures",
    "Publish provisional figures",
    "Record this arrest",
    "Show this moment",
}
# The words of spreadsheets and spreadsheet programs.
OTHER_WORDS = {"CSV UTF-8", "Domestic", "Tools", "White"}
# The guide to signing in is about the pages of other services too.
GUIDES_OF_PAGES = [ROOT / "README.md", *(path for path in sorted(GUIDES.glob("*.md")) if path.stem != "signing-in")]
CODE_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PATH_IN_CODE = re.compile(r"`((?:docs|migrations|seeds|service|tests)/[\w./-]*|[\w-]+\.(?:md|toml|yml))`")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
CODE_OF_AN_ERROR = re.compile(r'^    code = "([a-z_]+)"$', re.MULTILINE)


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = generator()
# Without the folders at the top that are hidden: .venv has thousands.
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/*.md"))
    if not any(step.startswith(".") for step in path.relative_to(ROOT).parts)
)


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GENERATE.PAGES)
def test_a_generated_page_matches_the_code(name: str) -> None:
    assert page(name) == GENERATE.text_of(GENERATE.PAGES[name]), "run `make docs`"


def test_every_error_is_listed() -> None:
    codes = sorted(code for text in sources() for code in CODE_OF_AN_ERROR.findall(text))
    assert len(codes) > 50, "the codes were not found"
    assert len(set(codes)) == len(codes), "a code is used for two errors"
    listed = re.findall(r"^\| `([a-z_]+)` \|", page("errors.md"), re.MULTILINE)
    assert sorted(listed) == codes


def test_every_event_is_described() -> None:
    source = (ROOT / "service/domain/model/events.py").read_text(encoding="utf-8")
    wire_types = re.findall(r'wire_type: ClassVar\[str\] = "([a-z.]+)"', source)
    kinds = re.findall(r'PropertyLine, .*tag="([a-z.]+)"', source)
    assert len(wire_types) > 10
    assert sorted(re.findall(r"^### ([a-z.]+)$", page("events.md"), re.MULTILINE)) == sorted(wire_types)
    assert sorted(re.findall(r'A line of `"kind": "(\w+)"`', page("events.md"))) == sorted(kinds)


def test_every_measure_is_listed() -> None:
    catalogue = tomllib.loads((ROOT / "service/domain/model/reference/measures.toml").read_text(encoding="utf-8"))
    measures = [row["measure"] for row in catalogue["measures"]]
    assert re.findall(r"^\| `(\w+)` \|", page("measures.md"), re.MULTILINE) == measures


SETTING = r"^    (\w+): \w+(?: \| None)? = _setting\("


def test_every_setting_is_listed() -> None:
    source = (ROOT / "service/config.py").read_text(encoding="utf-8")
    names = [f"OPRECORD_{name.upper()}" for name in re.findall(SETTING, source, re.MULTILINE)]
    assert len(names) > 5
    assert re.findall(r"^\| `(\w+)` \|", page("configuration.md"), re.MULTILINE) == names


def test_every_command_is_described() -> None:
    described = re.findall(r"^## oprecord ?(.*)$", page("cli.md"), re.MULTILINE)
    assert set(described) >= {
        "",
        *("init", "serve", "replay", "totals", "verify", "export", "import"),
        *("credential issue", "credential list", "credential revoke"),
        *("projections status", "projections rebuild", "projections verify"),
    }


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
    for number, name in enumerate(names, start=1):
        text = (ROOT / "docs/decisions" / name).read_text(encoding="utf-8")
        assert HEADING.findall(text)[0].startswith(f"{number}. ")
        assert HEADING.findall(text)[1:] == ["Context", "Decision", "Consequence"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_has_a_target(document: Path) -> None:
    text = CODE_BLOCK.sub("", (ROOT / document).read_text(encoding="utf-8"))
    broken = [target for target in LINK.findall(text) if not has_target(document, target)]
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_named_file_exists(document: Path) -> None:
    text = CODE_BLOCK.sub("", (ROOT / document).read_text(encoding="utf-8"))
    places = (ROOT, (ROOT / document).parent, REFERENCE)
    missing = [path for path in PATH_IN_CODE.findall(text) if not any((place / path).exists() for place in places)]
    assert not missing


def test_every_picture_exists_and_is_described_and_named_once() -> None:
    named: list[Path] = []
    for document in DOCUMENTS:
        for alternative, target in PICTURE.findall((ROOT / document).read_text(encoding="utf-8")):
            assert len(alternative) > len("A page"), f"{document}: {target} has no description"
            named.append(((ROOT / document).parent / target).resolve())
    assert sorted(named) == sorted(PICTURES.iterdir())


@pytest.mark.parametrize("guide", GUIDES_OF_PAGES, ids=lambda path: path.stem)
def test_what_a_guide_names_is_on_a_page(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    named = {" ".join(words.split()) for words in PAGE_WORDS.findall(CODE_SPAN.sub("", CODE_BLOCK.sub("", text)))}
    written = [path.read_text(encoding="utf-8") for path in PAGES.rglob("*") if path.suffix in {".jinja", ".py"}]
    pages = " ".join(" ".join(written).split())
    assert not {words for words in named - COMPOSED_WORDS - OTHER_WORDS if words not in pages}


def test_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]
    assert max(sizes) < MOST_BYTES_OF_A_PICTURE
    assert sum(sizes) < MOST_BYTES_OF_ALL_PICTURES


def has_target(document: Path, target: str) -> bool:
    """Return whether a link leads to a file in the checkout and, if it has an anchor, to a heading in that file."""
    if re.match(r"[a-z]+:", target):
        return True
    path, _, anchor = target.partition("#")
    file = (ROOT / document).parent / path if path else ROOT / document
    if not file.exists():
        return False
    return not anchor or anchor in anchors(file.read_text(encoding="utf-8"))


def anchors(text: str) -> Iterator[str]:
    """Yield the anchors of a page's headings: lower case, hyphens for spaces, no other punctuation."""
    for heading in HEADING.findall(CODE_BLOCK.sub("", text)):
        yield re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")


def sources() -> Iterator[str]:
    """Yield the text of every module of the service."""
    for path in (ROOT / "service").rglob("*.py"):
        yield path.read_text(encoding="utf-8")

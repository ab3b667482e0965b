"""What all pages have in common: the way around, the place for content, style and script."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nicegui import ui

from tablekeeper.desk.desk import Visit
from tablekeeper.desk.telling import staff
from vault.config import Action

HERE = Path(__file__).parent
STATIC = HERE / "static"
PAGES: tuple[tuple[str, str, tuple[Action, ...]], ...] = (
    ("/find", "查找", ()),
    ("/enter", "录入", ("enter",)),
    ("/import", "导入", ("enter",)),
    ("/status", "状态", ("operate", "approve")),
)
"""Address, name, and the rights of which a person needs one to be led there."""
HEAD = '<link rel="stylesheet" href="/static/desk.css"><script defer src="/static/desk.js"></script>'

NEVER_KEPT = "autocomplete=off autocorrect=off autocapitalize=off spellcheck=false"
"""What browsers must not remember of what is typed."""

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,  # Whatever a cell holds is text.
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_templates.filters["staff"] = staff


def rendered(template: str, **values: object) -> str:
    """One of our templates, everything put into it escaped."""
    return _templates.get_template(template).render(**values)


@contextmanager
def frame(visit: Visit, title: str, *, here: str = "") -> Iterator[None]:
    """The page around its content."""
    ui.page_title(f"{title} · {visit.desk.archive.config.archive.name}")
    ui.add_head_html(HEAD)
    pages = [(url, name) for url, name, rights in PAGES if not rights or any(map(visit.access.may, rights))]
    top = rendered(
        "top.html", pages=pages, here=here, user=visit.user, archive=visit.desk.archive.config.archive
    )
    ui.html(top, sanitize=False, tag="div").classes("top")
    with ui.element("div").classes("page"):
        yield


def text(markup: str, *, tag: str = "div") -> ui.html:
    """Markup of our own templates, which has escaped what was put into it."""
    return ui.html(markup, sanitize=False, tag=tag)


DELEGATE = (
    "(event) => { const button = event.target.closest('[data-act]'); "
    "if (button) emit(button.dataset.act, button.dataset.of || ''); }"
)
"""One listener for all buttons of a piece of markup: a listener per button would cost a page most of its time."""

"""Gives the scripts of NiceGUI's page template the answer's nonce: in the template's own text, before any data is in it."""

from collections.abc import Callable

from jinja2 import BaseLoader, Environment
from nicegui import client

WITHOUT, WITH = "<script", '<script nonce="{{ request.state.nonce }}"'


class Nonces(BaseLoader):
    """Loads what another loader loads, with nonces."""

    def __init__(self, inner: BaseLoader) -> None:
        self._inner = inner

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """As jinja2 asks for it."""
        source, name, fresh = self._inner.get_source(environment, template)
        return source.replace(WITHOUT, WITH), name, fresh


def give_nonces() -> None:
    """For every page that NiceGUI renders from now on."""
    environment = client.templates.env
    if environment.loader is not None and not isinstance(environment.loader, Nonces):
        environment.loader = Nonces(environment.loader)

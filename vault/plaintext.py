"""The one type in which plaintext of a sensitive value travels. Whatever would put it into words by mistake refuses."""

from typing import Generic, NoReturn, TypeVar

Content = TypeVar("Content", covariant=True)


class PlaintextRefused(TypeError):
    """Plaintext was about to be turned into text, pickled or copied. The message says nothing of it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"plaintext does not go into {what}; whoever means it calls expose()")


class Plaintext(Generic[Content]):
    """A sensitive value in memory. `expose()` is the only way to it, so that a search for the word finds every place.

    Equal to another of the same content, and to the content itself. Its repr shows nothing. Not a dataclass: orjson would
    write one out, fields and all; of this class every writer of JSON, every driver and pydantic say that they do not know it.
    """

    __slots__ = ("_content",)

    def __init__(self, content: Content) -> None:
        self._content = content

    def expose(self) -> Content:
        """The value itself. It must end in the vault, in a check in memory, or before the eyes of who may see it."""
        return self._content

    def __eq__(self, other: object) -> bool:
        return bool(self._content == (other._content if isinstance(other, Plaintext) else other))

    def __hash__(self) -> int:
        return hash(self._content)

    def __repr__(self) -> str:
        return "Plaintext(…)"

    def __str__(self) -> NoReturn:
        raise PlaintextRefused("a text")

    def __format__(self, form: str) -> NoReturn:
        raise PlaintextRefused("a text")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise PlaintextRefused("a pickle or a copy")

"""The form of a backup: a tar of files behind a manifest, encrypted with age. `age -d FILE | tar x` opens it without us."""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import orjson
import pyrage

from jobs.backup_errors import BackupDamaged, IdentityWrong, full_disk_told

FORM = 1
MANIFEST = "manifest.json"
PARTIAL = ".partial"
CHUNK = 1 << 20
Kind = Literal["archive", "keys", "file"]
Progress = Callable[[int, int], None]
CUT = "it is cut short, was edited, or is no backup of Tablekeeper"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `rows` are counts by file and table; `id` is that of both halves of one backup."""

    kind: Kind
    id: str
    at: str
    release: str
    vault_id: str
    files: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    form: int = FORM


def write_backup(
    target: Path, manifest: Manifest, files: Mapping[str, Path], recipients: Sequence[str], progress: Progress
) -> int:
    """Encrypt the files into `target`, which appears whole or not at all; its size. Raises DiskFull, OSError."""
    keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    partial = target.with_name(target.name + PARTIAL)
    try:
        with full_disk_told(target.parent):
            descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb", buffering=CHUNK) as out:
                with io.BufferedReader(_TarStream(manifest, files, progress), CHUNK) as reader:
                    pyrage.encrypt_io(reader, out, keys)
                out.flush()
                os.fsync(out.fileno())
            partial.replace(target)
            sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def read_backup(
    file: Path, identity: str, into: Path, progress: Progress = lambda done, total: None
) -> Manifest:
    """Decrypt a backup into an empty folder. Raises IdentityWrong, BackupDamaged, DiskFull."""
    packed = into / "packed.tar"
    try:
        with full_disk_told(into):
            _decrypt(file, identity, packed, progress)
            with tarfile.open(packed) as tar:
                _unpack(tar, into)
    except (tarfile.TarError, EOFError):
        raise BackupDamaged(f"{file}: {CUT}", "take another backup") from None
    finally:
        packed.unlink(missing_ok=True)
    return _checked_manifest(file, into)


def _unpack(tar: tarfile.TarFile, into: Path) -> None:
    """The files of a tar, none of them outside the folder: before Python 3.11.4 `extractall` has no filter for that."""
    for member in tar:
        content, target = tar.extractfile(member) if member.isfile() else None, into / member.name
        if content is None or not target.resolve().is_relative_to(into.resolve()):
            raise tarfile.TarError
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with content, os.fdopen(descriptor, "wb") as out:
            shutil.copyfileobj(content, out, CHUNK)


def _decrypt(file: Path, identity: str, packed: Path, progress: Progress) -> None:
    key = pyrage.x25519.Identity.from_str(identity)
    descriptor = os.open(packed, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with (
        io.BufferedReader(_Sealed(file, progress), CHUNK) as sealed,
        os.fdopen(descriptor, "wb", buffering=CHUNK) as out,
    ):
        try:
            pyrage.decrypt_io(sealed, out, [key])
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                raise IdentityWrong(
                    f"{file} was not encrypted for this identity",
                    "use the identity of one of `backup.recipients`, for keys of `backup.key_recipients`",
                ) from None
            raise BackupDamaged(f"{file}: {CUT}", "take another backup") from None
        except OSError as error:
            # The library tells a chunk that does not authenticate as an error of the file, without a number.
            if error.errno is None:
                raise BackupDamaged(f"{file}: {CUT}", "take another backup") from None
            raise


def _checked_manifest(file: Path, folder: Path) -> Manifest:
    try:
        manifest = Manifest(**orjson.loads((folder / MANIFEST).read_bytes()))
    except (OSError, ValueError, TypeError):
        raise BackupDamaged(f"{file}: {CUT}", "take another backup") from None
    if manifest.form != FORM:
        raise BackupDamaged(
            f"{file} has form {manifest.form}, which this release does not know", "install a later release"
        )
    for name, size in manifest.files.items():
        if not (folder / name).is_file() or (folder / name).stat().st_size != size:
            raise BackupDamaged(f"{file}: {name} in it is not what its manifest says", "take another backup")
    return manifest


class _Sealed(io.FileIO):
    """A backup that tells how far it was read."""

    def __init__(self, file: Path, progress: Progress) -> None:
        super().__init__(file)
        self._done, self._total, self._progress = 0, file.stat().st_size, progress

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        count = super().readinto(buffer)
        self._done += count
        self._progress(self._done, self._total)
        return count


class _TarStream(io.RawIOBase):
    """The tar as it is read, so that no second copy of it ever lies on the disk."""

    def __init__(self, manifest: Manifest, files: Mapping[str, Path], progress: Progress) -> None:
        self._total = sum(path.stat().st_size for path in files.values())
        self._done, self._progress = 0, progress
        self._pieces = self._made(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2), files)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._pieces.close()
        super().close()

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _made(self, manifest: bytes, files: Mapping[str, Path]) -> Generator[bytes]:
        yield _header(MANIFEST, len(manifest)) + manifest + _padding(len(manifest))
        for name, path in files.items():
            size = path.stat().st_size
            yield _header(name, size)
            yield from self._content(path, size)
            yield _padding(size)
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _content(self, path: Path, size: int) -> Iterator[bytes]:
        for chunk in _read(path):
            size -= len(chunk)
            self._done += len(chunk)
            self._progress(self._done, self._total)
            yield chunk
        if size:
            raise OSError(f"{path}: {size} bytes were not read")


def _read(path: Path) -> Iterator[bytes]:
    """A file in pieces, by a process of its own: if this one closed a database's file, all its locks on it would be gone.

    See sqlite.org/howtocorrupt.html, 2.2.
    """
    command = ["cat", "--", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pipesize=CHUNK, bufsize=0) as child:
        assert child.stdout
        while piece := child.stdout.read(CHUNK):
            yield piece


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf()


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def sync_folder(folder: Path) -> None:
    """Make a new or renamed name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

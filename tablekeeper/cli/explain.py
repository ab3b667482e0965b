"""What each error means to whoever typed the command: a message, what to do, an exit code. Never a traceback, never a value."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

import typer
from sqlalchemy.exc import DBAPIError

from jobs.backup_errors import ArchivePaused, BackupError, BackupRefused, BackupUnset, IdentityWrong
from sync.errors import BudgetSpent, LeaseTaken, Misconfigured, ServiceError, SyncError, Unavailable
from sync.reconfigure import ChangeRefused
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.logs import where
from vault.errors import (
    BudgetReached,
    ClockSetBack,
    JournalAhead,
    JournalDamaged,
    KeyUnreadable,
    PurposeUnknown,
    Refused,
    RoleRefuses,
    SignInClosed,
    SignInRefused,
    SuiteUnknown,
    UserDisabled,
    UserExpired,
    UserInvalid,
    UserUnknown,
    VaultDamaged,
    VaultError,
    VaultExists,
    VaultInUse,
    VaultMissing,
    VaultNewer,
    VaultUnavailable,
    WorkUnfinished,
    WrongKey,
)

DONE, FAILED, USAGE, UNAVAILABLE, WAITS = 0, 1, 2, 3, 4


class Ended(Exception):
    """A command ends here, with something to tell. Without a message it has been told already."""

    code = FAILED

    def __init__(self, message: str = "", *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Failed(Ended):
    """Something failed."""


class Misused(Ended):
    """The command was given what it cannot work with, or a person has to mend the settings."""

    code = USAGE


class Away(Ended):
    """A service is not available."""

    code = UNAVAILABLE


class Waits(Ended):
    """The command has done what it may; the rest waits for a person."""

    code = WAITS


@dataclass(frozen=True, slots=True)
class Told:
    """The end of a command that did not go through. `more` goes into the JSON object."""

    code: int
    message: str
    advice: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


def explain(error: Exception) -> Told:
    """What to tell about an error."""
    match error:
        case Ended():
            return Told(error.code, str(error), error.advice)
        case ConfigProblems():
            return Told(USAGE, str(error), more={"problems": [*map(error.describe, error.problems)]})
        case ServiceError():
            return Told(_service_code(error), str(error), error.advice)
        case LeaseTaken():
            return Told(FAILED, str(error), "stop the other one, or wait until it is done")
        case ChangeRefused():
            return Told(USAGE, str(error), "tablekeeper check --diff")
        case SyncError():
            return Told(FAILED, str(error))
        case BackupError():
            return Told(_backup_code(error), str(error), error.advice)
        case VaultError():
            return _of_the_vault(error)
        case DBAPIError():
            return _of_the_hub(error)
        case OSError(filename=str(path)):
            return Told(USAGE, f"{path}: {error.strerror}", "check the path and who may use it")
    return _of_the_command_line(error)


def _service_code(error: ServiceError) -> int:
    match error:
        case BudgetSpent() | Unavailable():
            return UNAVAILABLE
        case Misconfigured():
            return USAGE
    return FAILED


def _backup_code(error: BackupError) -> int:
    match error:
        case BackupUnset() | BackupRefused() | IdentityWrong():
            return USAGE
        case ArchivePaused():
            return WAITS
    return FAILED


_VAULT: tuple[tuple[type[VaultError], int, str], ...] = (
    (
        WrongKey,
        USAGE,
        "set TABLEKEEPER_PASSPHRASE, or the file in TABLEKEEPER_PASSPHRASE_FILE, to what it was made with; if that is "
        "lost, `tablekeeper vault recover --identity FILE` sets a new one",
    ),
    (KeyUnreadable, USAGE, "`age-keygen` makes an identity file and prints its recipient"),
    (
        VaultMissing,
        USAGE,
        "run `tablekeeper setup`; if there was a vault, let TABLEKEEPER_HOME name its folder, or restore the last backup",
    ),
    (VaultExists, USAGE, "use it as it is; another archive needs another TABLEKEEPER_HOME"),
    (VaultNewer, USAGE, "install the release that wrote it, or a later one"),
    (VaultUnavailable, UNAVAILABLE, "try again; if it stays so, check the disk of TABLEKEEPER_HOME"),
    (VaultInUse, FAILED, "stop the other one; two archives must not share a vault"),
    (
        ClockSetBack,
        WAITS,
        "set the clock of this machine; if it is right now and was wrong then, `tablekeeper vault accept-clock`",
    ),
    (JournalAhead, WAITS, "`tablekeeper vault replay FILE` brings the vault up to it"),
    (JournalDamaged, FAILED, "use another copy of the journal, or the backup alone"),
    (SuiteUnknown, FAILED, "install the release that wrote it; if there is none, restore the last backup"),
    (VaultDamaged, FAILED, "stop the daemon, keep the file as it is, and restore the last backup"),
    (WorkUnfinished, WAITS, "run that command first; it goes on where it was"),
    (PurposeUnknown, USAGE, "the list is `purposes` in the section `vault` of config.yaml"),
    (UserDisabled, WAITS, "whoever runs the archive: tablekeeper vault user enable"),
    (UserExpired, WAITS, "whoever runs the archive: tablekeeper vault user renew"),
    (SignInClosed, WAITS, "wait, or get a new key: tablekeeper vault user key"),
    (SignInRefused, FAILED, "who may use the vault: tablekeeper vault user list"),
    (UserUnknown, FAILED, "who there is: tablekeeper vault user list"),
    (UserInvalid, USAGE, ""),
    (RoleRefuses, FAILED, "what each role may do is `vault.roles` in config.yaml"),
    (BudgetReached, WAITS, "it is full again tomorrow; `vault.budgets` in config.yaml sets it"),
    (Refused, FAILED, ""),
)


def _of_the_vault(error: VaultError) -> Told:
    for kind, code, advice in _VAULT:
        if isinstance(error, kind):
            return Told(code, f"vault: {error}", advice)
    return Told(FAILED, f"vault: {error}")


def _of_the_hub(error: DBAPIError) -> Told:
    """SQLite's own words name no value; other drivers quote rows."""
    words = str(error.orig) if isinstance(error.orig, sqlite3.Error) else type(error.orig).__name__
    advice = "try again; if it stays so, check the disk and the rights of TABLEKEEPER_HOME"
    return Told(UNAVAILABLE, f"the hub's database cannot be used: {words}", advice)


def _of_the_command_line(error: Exception) -> Told:
    if isinstance(error, typer.Abort):
        return Told(FAILED, "stopped")
    if (code := getattr(error, "exit_code", None)) is not None:  # Usage errors of the command line library.
        show = getattr(error, "format_message", None)
        return Told(code, show() if show else str(error))
    place = f"{type(error).__name__} at {where(error)}"
    return Told(FAILED, f"internal error {place}", "please report this line")

"""The command vault verify: every row of the vault, the audit chain, and the tokens that the hub names; its report for an auditor."""

from collections import Counter
from collections.abc import Set
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from sync.named_tokens import named_tokens
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import FAILED
from tablekeeper.cli.main import out, print_json
from tablekeeper.cli.opening import NEXT_RECOVERY, actor, opened
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.cli.rotations import bar
from tablekeeper.cli.vaults import vault
from vault import audit, envelopes
from vault.report import KeyReport, key_report
from vault.values import Sealed
from vault.verifying import Verified, verify_rows

SHOWN_MAX = 20
LOST = "lost"
"""A value that was destroyed though its person was not erased."""
NO_MODULE = (
    "AES and SM4 run in software here: no certified cryptographic module (FIPS 140-3, GM/T 0028). "
    "Certification needs an HSM or KMS as the root key."
)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that verify looked at."""

    rows: Verified
    chain: audit.AuditReport
    hub_tokens: dict[str, int]
    named: int
    tokens: dict[str, int]
    subjects: int
    recipients: list[str]
    keys: KeyReport

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. Tokens of erased people are as they should be.

        A record that names a cleared token would lose its value when the vault is purged; one that names a destroyed value of
        somebody who was not erased has lost it.
        """
        broken = sum(self.hub_tokens.get(state, 0) for state in ("unknown", "cleared", LOST))
        return self.chain.ok and not broken and not self.rows.faults

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "audit_entries": self.chain.entries,
            "audit_faults": [{"entry": fault.n, "kind": fault.kind} for fault in self.chain.faults],
            "hub_tokens": self.hub_tokens,
            "vault_tokens": self.tokens,
            "subjects": self.subjects,
            "values_opened": self.rows.values,
            "erased_people": len(self.rows.erased),
            "row_faults": [asdict(fault) for fault in self.rows.faults],
            "recovery": self.recipients,
        }

    def report(self) -> dict[str, Any]:
        """What `--report` adds."""
        return {
            "values_by_suite": dict(self.rows.suites),
            "data_keys_by_version": {str(version): count for version, count in self.rows.versions.items()},
            **asdict(self.keys),
            "certified_module": False,
        }


@vault.command()
def verify(
    report: Annotated[bool, typer.Option("--report", help="Add suites, key versions and dates.")] = False,
    json: JsonOption = False,
) -> None:
    """Whether every value still opens, the audit chain is whole, and the vault knows every token that the hub names."""
    with opened() as archive, bar("rows") as progress:
        tokens = _tokens(archive)
        counts = archive.vault.counts()
        rows = verify_rows(archive.vault, actor=actor(), progress=progress)
        found = Findings(
            rows=rows,
            chain=audit.verify(archive.vault),
            hub_tokens=_states(archive, tokens, rows.erased),
            named=len(tokens),
            tokens=counts["tokens"],
            subjects=counts["subjects"],
            recipients=envelopes.recipients(archive.vault),
            keys=key_report(archive.vault),
        )
    if json:
        print_json({**found.as_json(), **({"report": found.report()} if report else {})})
    else:
        _print(found)
        if report:
            _print_report(found)
    if not found.ok:
        raise typer.Exit(FAILED)


def _print(found: Findings) -> None:
    faults, chain = found.rows.faults, found.chain
    told = "every one opens and agrees" if not faults else f"{len(faults)} FAULT(S)"
    out.print(f"values in the vault: {found.rows.values}, {told}")
    for fault in faults[:SHOWN_MAX]:
        out.print(f"  {fault.kind}: {fault.name}")
    out.print(
        f"audit chain: {chain.entries} entries, {'whole' if chain.ok else f'{len(chain.faults)} FAULT(S)'}"
    )
    states = [f"{count} {state}" for state, count in found.hub_tokens.items()]
    out.print(f"tokens in the hub: {', '.join([str(found.named), *states])}")
    out.print(f"live tokens in the vault: {sum(found.tokens.values())}, of {found.subjects} people")
    if found.rows.erased:
        out.print(
            f"erased people: {len(found.rows.erased)}, their keys and values are gone as they should be"
        )
    recovery = ", ".join(found.recipients) or f"NONE: losing the root key loses everything → {NEXT_RECOVERY}"
    out.print(f"recovery: {recovery}", soft_wrap=True)


def _print_report(found: Findings) -> None:
    made = table("what", "which", "how many or when")
    told = found.report()
    for what in ("values_by_suite", "data_keys_by_version"):
        for which, count in told[what].items():
            add_row(made, (what.replace("_", " "), which, count))
    for name, at in asdict(found.keys).items():
        add_row(made, (name.replace("_", " "), "", at or ("nothing" if name == "unfinished" else "never")))
    out.print(made)
    out.print(NO_MODULE, soft_wrap=True)


def _tokens(archive: Archive) -> set[str]:
    """Every token that a standing record or a held field names."""
    with archive.hub.reading() as unit:
        replicas = [replica.name for replica in archive.engine.replicas]
        return {one.token for one in named_tokens(unit, archive.config, replicas)}


def _states(archive: Archive, tokens: Set[str], erased: Set[str]) -> dict[str, int]:
    """How many of the tokens are live, cleared, moved, unknown to the vault, erased with their person, or lost without."""
    known = archive.vault.look_up(tokens)
    states = (_state(known[token], erased) if token in known else "unknown" for token in tokens)
    return dict(sorted(Counter(states).items()))


def _state(sealed: Sealed, erased: Set[str]) -> str:
    return LOST if sealed.state == "erased" and sealed.subject not in erased else sealed.state

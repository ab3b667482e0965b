"""The command exposure: plaintext that the daemon found in the tables, and people whose plain fields stand abroad."""

from dataclasses import asdict

from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.exposure import Exposure, note_exposure
from tablekeeper.exposure import exposure as count


@app.command()
def exposure(json: JsonOption = False) -> None:
    """Plaintext found in the tables and how long it stood; people whose plain fields stand abroad, against the legal thresholds."""
    with opened() as archive:
        found = count(archive)
        note_exposure(archive, found)
    if json:
        reached = [{**asdict(one), "reached": one.reached} for one in found.thresholds]
        print_json({**asdict(found), "thresholds": reached})
    else:
        _print(found)


def _print(found: Exposure) -> None:
    made = table(
        "replica", "field", "found", "standing", "seconds", "longest", title="plaintext found in cells"
    )
    for cell in found.cells:
        add_row(
            made,
            (cell.replica, cell.field, cell.found, cell.standing, round(cell.seconds), round(cell.longest_s)),
        )
    out.print(made if found.cells else "no plaintext of a sensitive field was ever found in a table")
    out.print(f"{found.year}: people whose plain fields stand abroad", style="bold")
    out.print(
        f"  declared (abroad:)  {found.declared:,}, of them sensitive (under 14)  {found.declared_sensitive:,}"
    )
    out.print(f"  stray, then masked  {found.stray:,}, of them sensitive  {found.stray_sensitive:,}")
    for one in found.thresholds:
        said = f"reached: the law asks for {one.asks}" if one.reached else "not reached"
        style = "red" if one.reached else "green"
        out.print(f"  {one.people:,} of {one.limit:,} ({one.name}): {said}", style=style)

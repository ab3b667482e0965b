"""The command digest: the mails that say what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from html import escape
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.due import Failure
from jobs.mail import Mail
from jobs.outbox import Outbox
from jobs.preview import Preview
from jobs.preview import preview as preview_mails
from jobs.send_digests import DigestReport, send_digests
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import Away, Failed
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption, day
from tablekeeper.mailing import digest_archive

digest = typer.Typer(help="The summary mails: look at them, or send them now.", no_args_is_help=True)
app.add_typer(digest, name="digest")

On = Annotated[
    str, typer.Option("--on", metavar="DATE", help="The day, like 2026-11-23; today if not given.")
]


@digest.command()
def preview(
    on: On = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the mails as one page.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """The mails of a day as their readers would get them, weekly and monthly ones too. Sends and stores nothing."""
    with opened() as archive:
        wanted = the_day(archive, on)
        found = preview_mails(digest_archive(archive), today=wanted)
    if html:
        html.write_text(_page(found.mails), encoding="utf-8")
    if json:
        print_json(_preview_as_json(found, wanted))
    else:
        _print_preview(found, wanted)


@digest.command()
def send(on: On = "", json: JsonOption = False) -> None:
    """Store the mails of a day, weekly and monthly ones too, and send what waits, on a day off too. What was sent once is not sent again."""
    with opened() as archive:
        outbox = Outbox(archive.hub, archive.engine.clock)
        report = send_digests(
            digest_archive(archive),
            today=the_day(archive, on),
            outbox=outbox,
            mailer=archive.mailer(),
            on_any_day=True,
        )
    answer = _report_as_json(report)
    if json:
        print_json(answer)
    else:
        out.print(
            f"{answer['new']} new mail(s), {answer['known']} stored before; "
            f"{answer['sent']} sent, {answer['waiting']} waiting, {answer['refused']} refused, "
            f"{answer['uncertain']} of unknown fate"
        )
        print_left_out(report.unaddressed, report.failures)
    _end(report)


def the_day(archive: Archive, on: str) -> date:
    """The day that an option names, or today."""
    return day(on) if on else archive.engine.today()


def _page(mails: Sequence[Mail]) -> str:
    """All mails below each other, each in a frame of its own, because each is a whole page."""
    frames = "\n".join(
        f"<h2>{escape(mail.recipient)} · {escape(mail.subject)}</h2>\n"
        f'<iframe sandbox srcdoc="{escape(mail.html)}" style="width:100%;height:80vh"></iframe>'
        for mail in mails
    )
    return f'<!doctype html>\n<html lang="zh-CN"><meta charset="utf-8"><title>digest preview</title>\n{frames}\n</html>\n'


def _preview_as_json(found: Preview, on: date) -> dict[str, object]:
    mails = [
        {
            "id": mail.id,
            "digest": mail.digest,
            "to": mail.recipient,
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
        }
        for mail in found.mails
    ]
    return {
        "on": on,
        "mails": mails,
        "unaddressed": dict(found.unaddressed),
        "failures": failures_as_json(found.failures),
    }


def _report_as_json(report: DigestReport) -> dict[str, Any]:
    delivery = report.delivery
    return {
        "on": report.day,
        "working_day": report.working,
        "calendar_unknown": report.calendar_unknown,
        "new": len(report.stored),
        "known": len(report.skipped),
        "sent": len(delivery.sent),
        "waiting": len(delivery.stored),
        "refused": len(delivery.refused),
        "uncertain": len(delivery.uncertain),
        "unaddressed": dict(report.unaddressed),
        "failures": failures_as_json(report.failures),
    }


def _end(report: DigestReport) -> None:
    delivery = report.delivery
    if delivery.stored:
        what = f"{len(delivery.stored)} mail(s) could not be sent now; they stay in the outbox"
        raise Away(what, advice="run `tablekeeper check`, then `tablekeeper digest send` again")
    if lost := len(delivery.refused) + len(delivery.uncertain):
        what = f"{lost} mail(s) were refused or may not have arrived; they are not sent again"
        raise Failed(what, advice="the mail server's log tells; `tablekeeper digest preview` shows them")
    if report.failures:
        raise Failed(f"{len(report.failures)} record(s) could not be judged by a reminder: see above")


def failures_as_json(failures: Sequence[Failure]) -> list[dict[str, str]]:
    """Records that a reminder could not judge."""
    return [asdict(failure) for failure in failures]


def _print_preview(found: Preview, on: date) -> None:
    for mail in found.mails:
        out.rule(f"{mail.recipient} · {mail.subject}", align="left")
        out.print(mail.text, soft_wrap=True)
    out.print(f"{on}: {len(found.mails)} mail(s)", style="bold")
    print_left_out(found.unaddressed, found.failures)


def print_left_out(unaddressed: Mapping[str, int], failures: Sequence[Failure]) -> None:
    """What reached nobody, and what could not be judged."""
    for name, count in unaddressed.items():
        if count:
            advice = "give their owners, or somebody in their department, an e-mail address"
            out.print(f"{name}: {count} item(s) have no reader: {advice}", style="yellow")
    for failure in failures:
        out.print(f"{failure.reminder}: {failure.table} {failure.uid}: {failure.reason}", style="yellow")

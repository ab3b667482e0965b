"""How an archive stands, in figures and in one diagnosis. The same for the command, 系统状态 and the desk."""

from dataclasses import asdict, dataclass, field

from sync.store.records import State
from tablekeeper.archive import Archive


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts by table name; nothing personal."""

    records: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    deletions: int = 0
    tokens: int = 0

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self)


def standing(archive: Archive) -> Standing:
    """Count what the hub and the vault hold."""
    records: dict[str, int] = {}
    held: dict[str, int] = {}
    waiting: dict[str, int] = {}
    with archive.hub.unit() as unit:
        for table, config in archive.config.tables.items():
            counts = unit.records.count(table)
            records[config.name] = sum(
                count for state, count in counts.items() if state is not State.ARCHIVED
            )
            waiting[config.name] = counts.get(State.WAITING, 0)
            held[config.name] = len(
                {
                    uid
                    for replica in archive.engine.replicas
                    for uid in unit.seen.with_held(replica.name, table)
                }
            )
        lists = unit.lists.counts()
    tokens = sum(archive.vault.counts()["tokens"].values())
    return Standing(records, held, waiting, lists["conflicts"], lists["deletions"], tokens)


def figures(archive: Archive) -> dict[str, str]:
    """The lines of 系统状态 beside its stamp."""
    now = standing(archive)
    return {
        "记录总数": str(sum(now.records.values())),
        "未生效的行": str(sum(now.held.values())),
        "等待中的行": str(sum(now.waiting.values())),
        "未解决的冲突": str(now.conflicts),
        "待确认的删除": str(now.deletions),
    }

"""The section `sync` of `config.yaml`: replicas, waiting times, limits."""

from typing import Literal

from pydantic import Field, field_validator

from validators.schema import FieldKey, Section, TableKey


class ReplicaConfig(Section):
    """One base or spreadsheet. Without `tables` it holds every table; without `fields` every field of them."""

    name: str = Field(pattern=r"^[\w-]{1,40}$")
    service: Literal["airtable", "sheets"]
    place: str | None = None
    """Base id or spreadsheet id; by default the one the environment names."""
    tables: tuple[TableKey, ...] | None = None
    calls_per_s: int = Field(default=5, ge=0)
    """Calls to an Airtable base in a second; past five the real service locks out for 30 s. 0: no limit, for emulators."""
    fields: dict[TableKey, tuple[FieldKey, ...]] = Field(default_factory=dict)


class SyncConfig(Section):
    """How the engine works. Times in seconds."""

    replicas: tuple[ReplicaConfig, ...] = Field(
        default=(
            ReplicaConfig(name="airtable", service="airtable"),
            ReplicaConfig(name="sheets", service="sheets"),
        ),
        min_length=1,
    )
    interval_s: float = Field(default=5, gt=0)
    settle_s: float = Field(default=5, ge=0)
    """A row must stand still this long before it is read: Airtable saves every keystroke."""
    settle_partial_s: float = Field(default=60, ge=0)
    """The same for a number that is still too short."""
    delete_grace_s: float = Field(default=600, ge=0)
    deletes_max: int = Field(default=20, ge=0)
    """More deletions of one table at once wait for a person."""
    clears_max: int = Field(default=50, ge=0)
    max_lag_s: float = Field(default=60, gt=0)
    full_read_every_s: float = Field(default=900, gt=0)
    status_every_s: float = Field(default=1800, gt=0)

    @field_validator("replicas")
    @classmethod
    def _names_differ(cls, replicas: tuple[ReplicaConfig, ...]) -> tuple[ReplicaConfig, ...]:
        names = [replica.name for replica in replicas]
        if len(set(names)) < len(names):
            raise ValueError("two replicas have the same name")
        return replicas

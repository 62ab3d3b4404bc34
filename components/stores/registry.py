"""The model registry (MLflow): versions with their lineage, and the aliases `challenger` and `champion`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from components.contracts.errors import ConflictError, StoreError
from components.contracts.release import Release
from components.stores.runs import Runs

CHAMPION = "champion"
CHALLENGER = "challenger"


@dataclass(frozen=True)
class Version:
    """One model of a use case."""

    number: str
    digest: str
    address: str
    """Where its folder is: immutable, named by digest."""
    lineage: str
    """Digest of all that made it; the same lineage gives the same model."""
    replaced: str
    """The champion that it took the place of; empty when it was the first, or never became champion."""
    run: str
    """The pipeline run that made it first."""
    snapshot: str
    """Digest of the rows it was trained on."""
    withdrawn: str
    """When it was rolled back; empty when it was not, or was brought back."""


class Registry:
    """Versions of one use case's model."""

    def __init__(self, runs: Runs, use_case: str) -> None:
        self._runs = runs
        self._client = runs.client
        self.name = use_case

    def champion(self) -> Version | None:
        """The version that serves, if any does."""
        return self._aliased(CHAMPION)

    def challenger(self) -> Version | None:
        """The latest version that passed all that does not depend on the champion."""
        return self._aliased(CHALLENGER)

    def version(self, number: str) -> Version:
        """The version of that number.

        Raises:
            StoreError: There is none.
        """
        try:
            return _version(self._client.get_model_version(self.name, number))
        except MlflowException as error:
            raise StoreError(
                f"{self.name} has no version {number}; `evergreen history {self.name}` lists them"
            ) from error

    def release(self, version: Version) -> Release:
        """A version as what may serve."""
        return Release(
            use_case=self.name,
            version=version.number,
            digest=version.digest,
            address=version.address,
            run=version.run,
            snapshot=version.snapshot,
        )

    def register(self, address: str, run_id: str, tags: Mapping[str, str]) -> Version:
        """The version of a model folder; the same model keeps the number it had.

        Args:
            address: Where the folder is; its last part is its digest.
            run_id: The MLflow run that made it.
            tags: Its lineage and what else is known of it.
        """
        with self._runs.exclusively():
            self._make()
            known = self._client.search_model_versions(f"name = '{self.name}' and source_path = '{address}'")
            if known:
                return _version(known[0])
            made = self._client.create_model_version(
                self.name,
                address,
                run_id,
                tags={"digest": address.rpartition("/")[2], **tags},
                description=f"Evergreen model {address.rpartition('/')[2][:12]}",
            )
            return _version(made)

    def challenge(self, version: Version) -> None:
        """Give a version the alias `challenger`."""
        with self._runs.exclusively():
            self._client.set_registered_model_alias(self.name, CHALLENGER, version.number)

    def promote(self, version: Version, standing: str) -> None:
        """Make a version the champion, if the champion is still the one it was compared with.

        Args:
            version: The new champion.
            standing: Number of the champion when the comparison began; empty when there was none.

        Raises:
            ConflictError: Another run made another champion meanwhile.
        """
        with self._runs.exclusively():
            now = self._number()
            if now != standing:
                raise ConflictError(
                    f"the champion of {self.name} became version {now or 'none'} while this run compared "
                    f"its model with {f'version {standing}' if standing else 'none'}; run again to compare with the new one"
                )
            self._tag(version, "replaced", standing)
            self._tag(version, "promoted", _present())
            self._client.set_registered_model_alias(self.name, CHAMPION, version.number)

    def restore(self, version: Version, standing: str) -> None:
        """Make an earlier version the champion again, in place of one that is withdrawn.

        A withdrawn version is not promoted again when a run makes the same model; restoring it ends that.

        Args:
            version: The champion from now on.
            standing: Number of the champion that it is to replace.

        Raises:
            ConflictError: A run made another champion meanwhile.
        """
        with self._runs.exclusively():
            now = self._number()
            if now != standing:
                raise ConflictError(
                    f"the champion of {self.name} became version {now or 'none'} while version {standing} was being "
                    f"rolled back; look at `evergreen history {self.name}` and decide again"
                )
            self._tag(self.version(standing), "withdrawn", _present())
            self._tag(version, "withdrawn", "")
            self._client.set_registered_model_alias(self.name, CHAMPION, version.number)

    def _number(self) -> str:
        champion = self.champion()
        return champion.number if champion else ""

    def _tag(self, version: Version, name: str, value: str) -> None:
        self._client.set_model_version_tag(self.name, version.number, name, value)

    def _make(self) -> None:
        try:
            self._client.get_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            self._client.create_registered_model(self.name, description="Kept fresh by Evergreen")

    def _aliased(self, alias: str) -> Version | None:
        try:
            return _version(self._client.get_model_version_by_alias(self.name, alias))
        except MlflowException as error:
            # Neither the model nor the alias need exist yet; a store that fails is no empty one.
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise StoreError(f"the registry cannot tell the {alias} of {self.name}: {error}") from error
            return None


def _version(found: ModelVersion) -> Version:
    return Version(
        number=str(found.version),
        digest=found.tags.get("digest", ""),
        address=found.source,
        lineage=found.tags.get("lineage", ""),
        replaced=found.tags.get("replaced", ""),
        run=found.tags.get("run", ""),
        snapshot=found.tags.get("snapshot", ""),
        withdrawn=found.tags.get("withdrawn", ""),
    )


def _present() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

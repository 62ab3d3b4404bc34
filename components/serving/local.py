"""Serving on this machine: one predictor per use case, on the loopback address."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from components.contracts.errors import EvergreenError, RolloutError
from components.contracts.release import Deployment, Release
from components.contracts.serving import Serving
from components.serving import processes
from components.serving.endpoint import Endpoint
from components.serving.launch import address, launch, launched
from components.serving.local_state import ServerState, ServerStates, code_digest
from components.serving.processes import Process
from components.serving.replay import require_golden
from components.serving.rollout import Status
from components.settings import Settings

PORT = 8080
"""Where the first use case serves, unless something else is there."""


class LocalRollout:
    """Predictors of this machine."""

    def __init__(self, settings: Settings, serving: Serving) -> None:
        self._settings = settings
        self._serving = serving
        self._states = ServerStates(settings.home.resolve() / "serving")

    def use_cases(self) -> tuple[str, ...]:
        """Those that serve here, or did."""
        return self._states.names()

    def current(self, use_case: str) -> Deployment | None:
        """What serves now; None when nothing does."""
        found = self.status(use_case)
        return None if found.problem else found.deployment

    def status(self, use_case: str) -> Status:
        """What serves, and why nothing does if so."""
        server = self._states.read(use_case)
        if server is None:
            return Status(None, "it never served")
        if server.process is None:
            return Status(server.deployment, "it was taken down")
        if not server.runs:
            problem = f"its process (pid {server.process.pid}) ended without being asked to"
        elif not _answers(server):
            problem = "its process does not answer"
        else:
            return Status(server.deployment)
        return Status(server.deployment, f"{problem}; see {self._states.log(use_case)}", is_broken=True)

    def deploy(self, release: Release) -> Deployment:
        """Serve a release: beside the one that serves and then in its place, or in a new process.

        Raises:
            RolloutError: The release does not load, or answers otherwise than it did offline. What served before
                serves on.
        """
        with self._states.alone(release.use_case):
            server = self._states.read(release.use_case)
            if server is None or not _answers(server):
                return self._start(release, server)
            if server.made_of != self._made_of():
                return self._renew(release, server)
            if server.deployment.release == release and _version(server) == release.version:
                return server.deployment
            return self._switch(release, server)

    def stop(self, use_case: str) -> bool:
        """Serve nothing, once what was accepted is answered; says whether anything served."""
        with self._states.alone(use_case):
            server = self._states.read(use_case)
            if server is None or server.process is None:
                return False
            ran = server.process.alive
            server.process.end()
            self._states.write(server.model_copy(update={"process": None}))
            return ran

    def _start(self, release: Release, before: ServerState | None) -> Deployment:
        """Serve by a new process; one that does not prove itself leaves nothing behind."""
        if before is not None and before.process is not None:
            before.process.end()
        process, port = self._launched(release, before.port if before else PORT)
        deployment = _deployment(release, port)
        try:
            with Endpoint(deployment.endpoint, release.use_case) as endpoint:
                require_golden(endpoint, release)
        except EvergreenError:
            process.end()
            raise
        self._states.write(
            ServerState(port=port, deployment=deployment, made_of=self._made_of(), process=process)
        )
        return deployment

    def _launched(self, release: Release, preferred: int) -> tuple[Process, int]:
        port = processes.port(preferred)
        try:
            return launch(release, port, self._states.log(release.use_case), self._environment()), port
        except RolloutError:
            if processes.port(port) == port:
                raise
            return self._launched(release, port)  # somebody else was faster to take it

    def _renew(self, release: Release, server: ServerState) -> Deployment:
        """A process cannot change what it is made of: a new one proves itself on another port before the old one ends."""
        with launched(release, self._states.log(release.use_case), self._environment()) as endpoint:
            require_golden(endpoint, release)
        return self._start(release, server)

    def _switch(self, release: Release, server: ServerState) -> Deployment:
        """The running process loads the release beside the one that serves, and then answers with it."""
        with Endpoint(server.deployment.endpoint, release.use_case) as endpoint:
            endpoint.load(release)
            try:
                require_golden(endpoint, release)
            except EvergreenError:
                endpoint.load(server.deployment.release)
                raise
        deployment = _deployment(release, server.port)
        self._states.write(server.model_copy(update={"deployment": deployment}))
        return deployment

    def _environment(self) -> dict[str, str]:
        """What a predictor of this machine has from us: where things are kept, and the use case's section."""
        settings = self._settings
        return {
            "EVERGREEN_HOME": str(settings.home.resolve()),
            "EVERGREEN_STORE": settings.store_uri(),
            "EVERGREEN_SERVING_LOG": settings.predictions_uri(),
            "EVERGREEN_SERVING_FEATURES": str(settings.features_folder()),
            "EVERGREEN_SERVING_KEEP": self._serving.log.model_dump_json(),
        }

    def _made_of(self) -> str:
        """Digest of what a running process cannot change: its code, its libraries and what it was given."""
        given = json.dumps(self._environment(), sort_keys=True)
        return hashlib.sha256(f"{code_digest()} {given}".encode()).hexdigest()


def _answers(server: ServerState) -> bool:
    if server.process is None or not server.process.listens(server.port):
        return False
    with Endpoint(server.deployment.endpoint, server.deployment.release.use_case, seconds=5) as endpoint:
        return endpoint.ready()


def _version(server: ServerState) -> str:
    with Endpoint(server.deployment.endpoint, server.deployment.release.use_case, seconds=5) as endpoint:
        return endpoint.version()


def _deployment(release: Release, port: int) -> Deployment:
    return Deployment(release=release, since=datetime.now(UTC), endpoint=address(port))

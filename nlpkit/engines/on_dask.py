"""The engine that works on a Dask cluster: one on this machine, or one that is running already.

Every step is a task of its own; what it returns stays with the worker that made it, and goes from worker to
worker where it is needed. A task whose worker is lost, and results that only that worker had, are done again.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import nlpkit
from nlpkit.errors import InputError, NlpkitError
from nlpkit.keeping import fingerprint

__all__ = ["DaskEngine"]

_LOG = logging.getLogger(__name__)
_CONNECT = 10.0  # seconds for which a scheduler is waited for
_PATIENCE = 60.0  # seconds for which a cluster may be without any worker
_LOOK, _PAUSE = 0.5, 0.02  # seconds between two looks at the workers, and at what is done


class DaskEngine:
    """Runs functions as tasks of a Dask cluster. Used in a ``with`` block.

    A cluster of one's own has workers of one thread each, as processes on this machine. So a script that
    makes one keeps what it does under ``if __name__ == "__main__":``, as for any work in processes.

    Args:
        scheduler: the address of a running cluster ("tcp://10.0.0.5:8786"); its own without one.
        workers: of a cluster of its own, how many; as many as there are processors if 0.
        patience: seconds for which the cluster may be without any worker.

    Raises:
        NlpkitError: Dask is not installed; the workers have another nlpkit.
        InputError: the scheduler cannot be reached, or has no workers.
    """

    apart = True

    def __init__(self, scheduler: str = "", workers: int = 0, *, patience: float = _PATIENCE) -> None:
        self._scheduler = scheduler
        self._asked = workers
        self._patience = patience
        self._open = ExitStack()
        self._client: Any = None
        self.workers = 1

    def __enter__(self) -> DaskEngine:
        try:
            import distributed
        except ImportError:
            raise NlpkitError(
                "The engine 'dask' needs Dask, which is not installed. "
                "Install it: pip install 'nlpkit[dask]'."
            ) from None
        try:
            self._client = self._connect(distributed)
            self.workers = len(self._client.scheduler_info(n_workers=-1)["workers"])
            self._check_workers()
            self._client.subscribe_topic("all", self._heard)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None and self._client.status == "running":
            self._client.unsubscribe_topic("all")
        self._client = None
        self._open.close()

    def put(self, value: Any) -> Any:
        """A handle for a value; the scheduler keeps it, so that the loss of a worker doesn't lose it."""
        return self._client.submit(_same, value, pure=False)

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """A handle for ``function(*given)``, which is done when a worker is free."""
        return self._client.submit(function, *given, pure=False)

    def pick(self, handle: Any, piece: Hashable) -> Any:
        """A handle for one of the pieces."""
        return self._client.submit(_piece, handle, piece, pure=False)

    def take(self, handle: Any) -> Any:
        """What a handle stands for, once it is done.

        Raises:
            NlpkitError: what the function raised, or the cluster could not finish it.
        """
        self.wait([handle], _nobody)
        return handle.result()

    def wait(self, handles: Sequence[Any], done: Callable[[int], None]) -> None:
        """Wait until all are done, and see that there are workers to do it."""
        left = list(handles)
        seen = told = time.monotonic()
        done(0)
        while left:
            before = len(left)
            left = [handle for handle in left if not handle.done()]
            self._raise_failed(handles)
            if len(left) < before:
                done(len(handles) - len(left))
            now = time.monotonic()
            if now - told > _LOOK:
                told = now
                if self._there():
                    seen = now
                elif now - seen > self._patience:
                    raise NlpkitError(
                        "The cluster has lost all of its workers, and none came back within "
                        f"{self._patience:.0f} seconds. Start workers, and score again."
                    )
            if left:
                time.sleep(_PAUSE)

    def forget(self, handles: Iterable[Any]) -> None:
        """Let the workers drop these."""
        for handle in handles:
            handle.release()

    # -- the cluster ---------------------------------------------------------------------------

    def _connect(self, distributed: Any) -> Any:
        if not self._scheduler:
            number = self._asked or os.cpu_count() or 1
            cluster = distributed.LocalCluster(
                n_workers=number,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.ERROR,
            )
            self._open.enter_context(cluster)
            return self._open.enter_context(distributed.Client(cluster, set_as_default=False))
        try:
            client = distributed.Client(self._scheduler, timeout=_CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler can be reached there ({type(error).__name__})",
                source=self._scheduler,
                remedy="Check the address, and that the scheduler runs ('dask scheduler' says its own).",
            ) from None
        self._open.enter_context(client)
        try:
            client.wait_for_workers(1, timeout=_CONNECT)
        except TimeoutError:
            raise InputError(
                "the scheduler has no workers",
                source=self._scheduler,
                remedy=f"Start some: dask worker {self._scheduler}.",
            ) from None
        return client

    def _check_workers(self) -> None:
        """Refuse workers that would judge otherwise."""
        try:
            found: Mapping[str, Any] = self._client.run(_about, on_error="return")
        except Exception as error:  # what does not understand the question has another Dask or Python
            raise NlpkitError(f"The workers cannot be asked for their nlpkit ({error}). {_ALIKE}") from error
        own = _here()
        for address, said in sorted(found.items()):
            if isinstance(said, BaseException):
                raise NlpkitError(f"The worker {address} cannot load nlpkit ({said}). {_ALIKE}")
            if said[:2] != own[:2]:
                raise NlpkitError(
                    f"The worker {address} has nlpkit {said[0]} on Python {said[1]}, "
                    f"here is nlpkit {own[0]} on Python {own[1]}. {_ALIKE}"
                )
            if said != own:
                raise NlpkitError(
                    f"The worker {address} has another build of nlpkit {own[0]}, or other libraries "
                    f"beneath it, and could judge otherwise. {_ALIKE}"
                )

    def _there(self) -> bool:
        return self._client.status == "running" and bool(
            self._client.scheduler_info(n_workers=-1).get("workers")
        )

    def _heard(self, event: Any) -> None:
        """Say what the scheduler tells of workers."""
        told = event[1] if isinstance(event, tuple) else event
        if not isinstance(told, Mapping) or told.get("action") != "remove-worker" or told.get("expected"):
            return
        again = len(told.get("processing-tasks") or ()) + len(told.get("lost-computed-tasks") or ())
        _LOG.warning("The worker %s was lost; %d steps are done again by others", told.get("worker"), again)

    def _raise_failed(self, handles: Sequence[Any]) -> None:
        # "lost" is no failure: the step is done again.
        failed = next((handle for handle in handles if handle.status in ("error", "cancelled")), None)
        if failed is None:
            return
        error = failed.exception() if failed.status == "error" else None
        if isinstance(error, NlpkitError):
            raise error
        if type(error).__name__ == "KilledWorker":
            raise NlpkitError(
                "A part of the table ended every worker that tried it, most likely for want of memory. "
                "Give the workers more memory, or start fewer on each machine."
            ) from error
        if error is not None:
            raise error
        raise NlpkitError("The cluster has given the work up: its scheduler ended or was restarted.")


_ALIKE = "Give scheduler, workers and this machine the same nlpkit (pip install -c constraints.txt)."


def _about() -> tuple[str, str, str]:
    return nlpkit.__version__, ".".join(map(str, sys.version_info[:3])), fingerprint()


def _here() -> tuple[str, str, str]:
    return _about()


def _same(value: Any) -> Any:
    return value


def _piece(pieces: Any, name: Hashable) -> Any:
    return pieces.get(name)


def _nobody(done: int) -> None:
    pass

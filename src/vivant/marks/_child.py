"""The child that gives credentials to the C2PA library; started by `vivant.marks.reading`.

    python -m vivant.marks._child

Each job names a file, its media type, a sidecar and trust anchors. While the library looks at the
file, no other can be opened, and no connection either (where the system has such limits).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import c2pa

from vivant import confined
from vivant.errors import MarkError
from vivant.marks.library import context
from vivant.marks.reading import HARMLESS, UNTRUSTED

MEMORY: Final = 4 << 30
"""Bytes of address space."""
_MAX_SIDECAR: Final = 64 << 20
"""Bytes."""


def task(job: dict[str, Any]) -> dict[str, Any]:
    """Read the credentials of one file: `found`, `none` or `unreadable`, whatever happens."""
    try:
        with ExitStack() as stack:
            file = stack.enter_context(open(job["path"], "rb"))  # noqa: PTH123 - job has no Path
            manifest = _manifest(job["sidecar"])
            settings = context(job["anchors"])
            stack.enter_context(_nothing_opened())
            reader = stack.enter_context(c2pa.Reader(job["kind"], file, manifest, context=settings))
            return {"found": _judged(json.loads(reader.json()))}
    except c2pa.C2paError.ManifestNotFound:
        return {"none": "there are no credentials"}
    except Exception as error:  # noqa: BLE001 - readers of strange files fail in every way there is
        if str(error).startswith("Remote"):  # the library has no type of its own for it
            elsewhere = "its credentials are kept elsewhere on the network; vivant does not "
            return {"none": elsewhere + "fetch them"}
        return {"unreadable": f"{type(error).__name__.lstrip('_')}: {error}"[:400]}


def _manifest(sidecar: str | None) -> bytes | None:
    """Return the sidecar; one that is too long to be one is cut, and then fails to parse."""
    if sidecar is None:
        return None
    with open(sidecar, "rb") as file:  # noqa: PTH123
        return file.read(_MAX_SIDECAR) or b"empty"  # the library refuses to look at nothing


@contextmanager
def _nothing_opened() -> Iterator[None]:
    """Let no code of this process open a file or a connection, native code included."""
    try:
        import resource
    except ImportError:  # Windows; there the library's own settings are the only guard
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _judged(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `reading.Credentials` holds, as plain values."""
    state = report.get("validation_state")
    failures = [
        (status["code"], str(status.get("url") or ""), place, str(status.get("explanation") or ""))
        for place, results in _results(report)
        for status in results.get("failure", [])
    ]
    codes = {code for code, *_ in failures}
    manifests = report.get("manifests", {})
    return {
        "intact": state in ("Valid", "Trusted") or (bool(codes) and codes <= HARMLESS),
        "trusted": state == "Trusted",
        "failures": sorted({one for one in failures if one[0] != UNTRUSTED}),
        "active": manifests.get(report.get("active_manifest"), {}),
        "manifests": manifests,
    }


def _results(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield where it was looked (empty: in the file's own manifest) and what was found."""
    validation = report.get("validation_results") or {}
    yield "", validation.get("activeManifest") or {}
    for delta in validation.get("ingredientDeltas") or []:
        yield str(delta.get("ingredientAssertionURI", "")), delta.get("validationDeltas") or {}


def main() -> None:
    """Serve until nobody asks any more."""
    context(None).close()  # loads what is loaded on first use
    confined.restrict(
        memory=MEMORY, refuse=lambda what: MarkError(f"reading tried more than to read ({what})")
    )
    confined.serve(task)


if __name__ == "__main__":
    main()

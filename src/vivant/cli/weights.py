"""`vivant weights`: add the files that learned engines need, and see what is there."""

# Without postponed annotations: the parser reads the options from the live signatures.

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from vivant import engines
from vivant.cli.output import Json, show_columns, show_json
from vivant.errors import AskedWrongly
from vivant.weights import compiled, known, store
from vivant.weights.compiled import Compiled, Precision, folder
from vivant.weights.store import Record

EXAMPLES: Final = """\
Examples:
  Add the First Order Motion Model's public file, and LivePortrait's folder of five:
    vivant weights add vox-cpk.pth.tar --as fomm/vox-256
    vivant weights add pretrained_weights/liveportrait --as liveportrait/human

  Add a training of your own, with the configuration it was trained by:
    vivant weights add 00000099-checkpoint.pth.tar --as fomm/mine --config mine.yaml

  Make them faster on a CPU, and independent of torch:
    vivant weights compile fomm/vox-256

  What is there, and is it still what was added?
    vivant weights list
    vivant weights verify

vivant downloads nothing by itself: vivant engines fomm says where its authors publish
what it needs. Files are read in a process of their own that may run nothing."""

LINES: Final = {
    "add": "Take weights in as their authors publish them, checked and converted.",
    "list": "List the weights that were added.",
    "verify": "Check that added weights are still what was added.",
    "compile": "Compile the networks of weights for the CPU; they need no torch then.",
    "remove": "Remove added weights.",
}


def app(line: str, words: Sequence[str]) -> App:
    """Build the command with its parts."""
    command = App(name="weights", help=line, help_epilogue=EXAMPLES)
    parts: dict[str, Any] = {
        "add": _add, "list": _list, "verify": _verify, "compile": _compile, "remove": _remove,
    }  # fmt: skip
    for name, part in parts.items():
        command.command(part, name=name, help=LINES[name])
    return command


def _add(
    source: Path,
    /,
    *,
    label: Annotated[str | None, Parameter(name="--as", metavar="ENGINE/NAME")] = None,
    config: Annotated[Path | None, Parameter(metavar="YAML")] = None,
    licence: str | None = None,
    origin: str | None = None,
    replace: bool = False,
    json: Json = False,
) -> None:
    """Take weights in as their authors publish them, checked and converted.

    Args:
        source: the file, or the folder of files: .pth, .pth.tar, .pt, .safetensors, .onnx.
        label: Whose weights they are, and their name, such as fomm/vox-256.
        config: The configuration they were trained by, where vivant does not know it.
        licence: Under which conditions they may be used, where vivant does not know it.
        origin: Where they come from, where vivant does not know it.
        replace: Put them in the place of those of that name.
    """
    if label is None:
        raise AskedWrongly("say whose weights they are: --as ENGINE/NAME, such as fomm/vox-256.")
    found = store.add(source, label, config=config, licence=licence, origin=origin, replace=replace)
    if json:
        show_json(_plain(found))
    else:
        print(f"{found.label}  {_size(found)}  licence: {found.licence}  {found.file}")
        if found.engine in engines.names():
            _tell(f"faster on a CPU after: vivant weights compile {found.label}")


def _list(*, json: Json = False) -> None:
    """List the weights that were added."""
    found = store.records()
    if json:
        show_json({"weights": [_plain(one) for one in found]})
    else:
        show_columns([_row(one) for one in found] or [("no weights were added",)])


def _verify(*labels: str, json: Json = False) -> int:
    """Check that added weights are still what was added.

    Args:
        labels: ENGINE/NAME of some; without any, all.
    """
    found = [store.record(label) for label in labels] if labels else store.records()
    told = {one.label: _state(one) for one in found}
    if json:
        show_json({"weights": [{**_plain(one), "state": told[one.label]} for one in found]})
    else:
        show_columns(
            [(told[one.label], *_row(one)) for one in found] or [("no weights were added",)]
        )
    return 0 if all(state == "intact" for state in told.values()) else 1


def _compile(*wanted: str, precision: Precision = "f32", json: Json = False) -> None:
    """Compile the networks of weights for the CPU; they need no torch then.

    They are checked against torch and lie beside the weights; engines on a CPU take them.

    Args:
        wanted: An engine, or ENGINE/NAME of added weights.
        precision: What they calculate in: f32 (exact), bf16 (pictures only; where places are
            worked out stays exact), or auto: bf16 where the processor has it.
    """
    found = list({one.label: one for each in wanted for one in _meant(each)}.values())
    if not found:
        raise AskedWrongly("name the weights to compile, such as fomm/vox-256, or an engine.")
    from vivant.engines.layers.loading import compile_weights

    told = []
    for one in found:
        made = compile_weights(one.engine, Path(one.file), precision, _tell)
        told.append({"label": one.label, **asdict(made), "folder": str(folder(Path(one.file)))})
        if not json:
            _tell_made(one.label, made)
    if json:
        show_json({"compiled": told})


def _meant(label: str) -> list[Record]:
    """Return the added weights that a word means: all of an engine, or one."""
    engine = label.partition("/")[0]
    known.method(engine)
    if engine not in engines.names():
        raise AskedWrongly(f"{engine} is no engine; only engines' weights are compiled.")
    if "/" in label:
        return [store.record(label)]
    found = [one for one in store.records() if one.engine == label]
    if not found:
        raise AskedWrongly(f"no weights of {label} were added. {known.advice(label)}")
    return found


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _tell_made(label: str, made: Compiled) -> None:
    worst = max(made.parts, key=lambda part: part.difference)
    print(
        f"{label}  compiled  {made.precision}  {made.bytes / 1e6:.1f} MB  "
        f"at most {worst.difference:.1e} of the peak from torch ({worst.name}, "
        f"{worst.psnr:.0f} dB)"
    )


def _remove(*labels: str, json: Json = False) -> None:
    """Remove added weights.

    Args:
        labels: ENGINE/NAME of each.
    """
    if not labels:
        raise AskedWrongly("name the weights to remove, such as fomm/vox-256.")
    found = [store.record(label) for label in dict.fromkeys(labels)]
    for one in found:
        store.remove(one.label)
    if json:
        show_json({"removed": [_plain(one) for one in found]})
    else:
        for one in found:
            print(f"{one.label}  removed")


def _state(found: Record) -> str:
    if not found.sha256:
        return "not recorded"
    if not store.intact(found):
        return "changed"
    quick = _compiled(found)
    if quick is not None and not compiled.intact(Path(found.file), quick):
        return "compiled: changed"
    return "intact"


def _compiled(found: Record) -> Compiled | None:
    return compiled.found(Path(found.file), found.engine) if found.engine else None


def _plain(found: Record) -> dict[str, Any]:
    return {"label": found.label, **asdict(found), "compiled": _compiled(found) is not None}


def _row(found: Record) -> tuple[str, ...]:
    quick = _compiled(found)
    state = f"compiled: {quick.precision}" if quick else ""
    if not quick and compiled.told(Path(found.file)):
        state = "compiled: for other weights"
    licence = f"licence: {found.licence}"
    return found.label, _size(found), found.added[:10], state, licence, found.origin


def _size(found: Record) -> str:
    return f"{found.bytes / 1e6:.1f} MB"

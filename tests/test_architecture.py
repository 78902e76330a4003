"""The house as `docs/architecture.md` draws it: which room may use which, and the house rules."""

from __future__ import annotations

import ast
import hashlib
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "vivant"
MODULES = sorted(SOURCE.rglob("*.py"))

MAY_USE = {
    "types": {"errors"},
    "errors": set(),
    "settings": {"errors"},
    "configurations": {"errors"},
    "landmarks": set(),
    "home": set(),
    "confined": set(),
    "action_units": {"landmarks", "errors"},
    "threads": set(),
    "pixels": set(),
    "samples": set(),
    "weights": {"home", "confined", "landmarks", "errors"},
    "media": {"confined", "types", "errors", "threads"},
    "faces": {"weights", "landmarks", "pixels", "types", "errors", "settings"},
    "motion": {"weights", "landmarks", "types", "errors"},
    "engines": {
        "action_units", "configurations", "weights", "landmarks", "pixels", "types", "errors",
        "settings",
    },
    "marks": {"home", "confined", "media", "settings", "types", "errors", "weights"},
    "metrics": {"action_units", "configurations", "weights", "landmarks", "types", "errors"},
    "forensics": {
        "configurations", "engines", "faces", "media", "weights", "types", "errors",
    },
    "studies": {
        "animation", "engines", "faces", "forensics", "motion", "media", "marks", "metrics",
        "weights", "action_units", "landmarks", "pixels", "threads", "settings", "types", "errors",
    },
    "desktop": {"live", "types", "errors"},
    "live": {
        "animation", "engines", "faces", "motion", "media", "marks", "threads", "types", "errors",
    },
    "training": {
        "engines", "faces", "motion", "media", "weights", "landmarks", "types", "errors",
    },
    "animation": {
        "engines", "faces", "motion", "media", "marks", "weights",
        "landmarks", "pixels", "threads", "settings", "types", "errors",
    },
    "web": {"marks", "types", "errors"},
    "__init__": {"animation", "engines", "forensics", "marks", "motion", "types", "errors"},
    "__main__": {"cli"},
}  # fmt: skip
"""Room to the rooms that it may use besides itself; `cli` may use all, nothing uses `cli`."""

HEAVY = ("torch", "openvino", "PySide6", "PyQt5", "PyQt6", "cv2", "av", "c2pa", "cryptography")
"""Packages that `import vivant` and `vivant --help` leave alone."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, anywhere in it, by its full name."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            module = node.module or ""
            if module in ("vivant", "vivant.engines"):
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def room(path: Path) -> str:
    if path.stem == "__main__":  # a command is a front, wherever it lies
        return "__main__"
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """Return the files of the repository, or all of its source where git is not there."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return [path for path in (ROOT / "src").rglob("*") if path.is_file()]
    return [path for item in listing.split("\0") if item and (path := ROOT / item).is_file()]


def test_arrows_point_one_way():
    wrong = []
    for path in MODULES:
        here = room(path)
        if here == "cli":
            continue
        assert here in MAY_USE, f"give the room {here!r} its line in MAY_USE"
        for module in imports(path):
            top, *rest = module.split(".")
            if top != "vivant" or not rest or rest == ["__version__"]:
                continue
            if rest[0] not in MAY_USE[here] | {here}:
                wrong.append(f"{name(path)} -> {module}")
    assert not wrong, wrong


def test_engines_do_not_know_one_another():
    shared = {"base", "layers"}
    wrong = []
    for path in (SOURCE / "engines").rglob("*.py"):
        inside = path.relative_to(SOURCE / "engines").parts
        engine = inside[0] if len(inside) > 1 else None
        for module in imports(path):
            parts = module.split(".")
            if parts[:2] == ["vivant", "engines"] and len(parts) > 2 and engine is not None:
                other = parts[2]
                if (SOURCE / "engines" / other).exists() and other not in shared | {engine}:
                    wrong.append(f"{name(path)} -> {module}")
    assert not wrong, wrong


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("openvino", "weights/runtime.py"),
        ("c2pa", "marks/"),
        ("cryptography", "marks/"),
        ("av", "media/"),
        ("cyclopts", "cli/"),
        ("rich", "cli/"),
    ],
)
def test_a_package_has_one_home(package, home):
    users = {
        path.relative_to(SOURCE).as_posix()
        for path in MODULES
        for module in imports(path)
        if module.split(".")[0] == package
    }
    assert all(user.startswith(home) for user in users), users


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node, node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def banned(path: Path) -> Iterator[str]:
    """Yield what a file does that no file may do."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Global):
            yield f"{name(path)}:{node.lineno}: global"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{name(path)}:{node.lineno}: bare except"
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield f"{name(path)}:{node.lineno}: star import"
    for module in imports(path):
        if module.split(".")[0] in ("pickle", "marshal", "shelve", "dill", "joblib"):
            yield f"{name(path)}: imports {module}"


def banned_calls(path: Path) -> Iterator[str]:
    """Yield every call in a file that no file, or none outside the command line, may make."""
    for call, called in calls(parsed(path)):
        where = f"{name(path)}:{call.lineno}"
        if called in ("print", "exit") and room(path) not in ("cli", "__main__"):
            yield f"{where}: {called}()"
        if called in ("eval", "exec") and isinstance(call.func, ast.Name):
            yield f"{where}: {called}()"
        for keyword in call.keywords:
            given = getattr(keyword.value, "value", None)
            starts = called in ("run", "Popen", "call", "check_call", "check_output")
            if given is not False and keyword.arg == "shell" and starts:
                yield f"{where}: shell=True"
            if given is not False and keyword.arg == "allow_pickle":
                yield f"{where}: allow_pickle=True"


def test_what_is_never_done_is_not_done():
    wrong = [fault for path in MODULES for fault in (*banned(path), *banned_calls(path))]
    assert not wrong, wrong


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    told = function.body[0] if ast.get_docstring(function) else None
    spared = 0 if told is None else (told.end_lineno or 0) - told.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - spared


def test_files_have_at_most_500_lines_and_functions_80():
    wrong = []
    for path in MODULES:
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > 500:
            wrong.append(f"{name(path)}: {lines} lines")
        wrong += [
            f"{name(path)}: {node.name} has {length(node)} lines"
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > 80
        ]
    assert not wrong, wrong


def test_half_of_the_files_have_at_most_130_lines():
    lengths = [path.read_text(encoding="utf-8").count("\n") for path in MODULES]
    assert statistics.median(lengths) <= 130


def test_no_tracked_file_names_a_machine_or_an_index():
    forbidden = re.compile(
        rb"\.\./" + rb"shared|(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/|"
        rb"--(?:extra-)?index-" + rb"url|pypi\.org/" + rb"simple"
    )
    binary = {
        ".jpg", ".png", ".mp4", ".task", ".tflite", ".npz", ".webp", ".gif", ".safetensors",
    }  # fmt: skip
    wrong = [
        f"{name(path)}: {found.group().decode()}"
        for path in tracked()
        if path.suffix not in binary and name(path) != ".ci/run"
        if (found := forbidden.search(path.read_bytes()))
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("folder", ["weights/files", "samples", "marks/texts"])
def test_every_carried_file_is_listed_with_its_sha256(folder):
    here = SOURCE / folder
    notes = [path for path in here.iterdir() if path.suffix == ".txt" or path.name == "NOTICE"]
    told = "\n".join(path.read_text(encoding="utf-8") for path in notes)
    carried = [
        path for path in here.iterdir()
        if path.is_file() and path not in notes and path.suffix != ".py"
    ]  # fmt: skip
    assert carried
    for path in carried:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.name in told, f"{path.name} is not listed in {folder}"
        assert digest in told, f"{path.name}: its sha256 {digest} is not the one listed"


def run(code: str) -> str:
    """Run `code` in a fresh interpreter and return what it printed."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import vivant",
        "import vivant; vivant.Frame; vivant.AnimateSettings; vivant.errors; vivant.__version__",
        "from vivant.cli import main; main(['--help'])",
        "from vivant.cli import main; main(['--version'])",
        "from vivant.cli import main; main(['engines'])",
    ],
)
def test_a_light_start_loads_nothing_heavy(code):
    report = f"import sys; print('loaded:', *[m for m in {HEAVY!r} if m in sys.modules])"
    assert run(f"{code}\n{report}").splitlines()[-1].strip() == "loaded:"


def seconds(code: str, runs: int = 5) -> float:
    """Return the least processor time that a fresh interpreter takes for `code`."""
    ask = "import time; print(time.process_time())"
    return min(float(run(f"{code}\n{ask}")) for _ in range(runs))


def test_import_costs_less_than_300_ms():
    # Processor time, and no more than numpy's where even that is slow: the one large
    # package that the nouns need.
    limit = max(0.3, 1.2 * seconds("import numpy"))
    assert seconds("import vivant") < limit
    assert seconds("import vivant; vivant.Frame") < limit

"""The sdist, the wheel and the editable install, each built from a copy of the tree and tried from elsewhere.

Builds take the setuptools and cffi of this interpreter, installs its other packages: nothing is fetched.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]
NOT_SOURCE = (".git", ".venv", "build", "dist", "*.egg-info", "*.so", "__pycache__", ".*_cache")
CANNOT_BUILD = "boardcore: cannot build the C part: "


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run to success; its whole output."""
    status, output = attempt(*command, cwd=cwd, env=env)
    assert status == 0, output
    return output


def attempt(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(
        command, cwd=cwd, env=clean | dict(env or {}), text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def copy_tree(target: Path) -> Path:
    """The sources as they are now, committed or not, without anything built."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    tree = copy_tree(tmp_path_factory.mktemp("sdist") / "tree")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, cwd=tree)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def wheel_names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def make_venv(folder: Path) -> Path:
    """The Python of a new environment that finds this one's packages, but not its editable boardcore."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    # A .pth file only adds a folder; the .pth files in it, that of an editable install too, are not read.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(borrowed))
    return folder / "bin/python"


def install(python: Path, *what: str | Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    run(*pip, "--no-deps", "--no-build-isolation", *what, cwd=python.parent)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel in it."""
    python = make_venv(tmp_path_factory.mktemp("installed") / "venv")
    install(python, wheel)
    return python


def test_wheel_serves_every_python_from_3_11(wheel: Path, wheel_names: list[str]) -> None:
    assert re.fullmatch(r"boardcore-[\w.]+-cp311-abi3-linux_\w+\.whl", wheel.name)
    assert [name for name in wheel_names if name.endswith(".so") and "_native" in name] == [
        "boardcore/_native.abi3.so"
    ]


def test_wheel_claims_only_our_names(wheel_names: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    foreign = {top for top in tops if not re.fullmatch(r"boardcore(_\w+)?|boardcore-[\w.]+\.dist-info", top)}
    assert not foreign


def test_wheel_has_every_module_and_data_file(wheel_names: list[str]) -> None:
    wanted = {
        str(path.relative_to(root))
        for root in (ROOT, ROOT / "drivers", ROOT / "simulators")
        for package in root.glob("boardcore*/__init__.py")
        for pattern in ("*.py", "*.pyi", "py.typed", "prompts/**/*.*")
        for path in package.parent.rglob(pattern)
    }
    assert {"boardcore/py.typed", "boardcore_sim/py.typed", "boardcore_simulators/py.typed"} <= wanted
    assert not wanted - set(wheel_names)


ABI = "boardcore_simulators/vendor_abi/dialogic"


def test_wheel_has_no_sources(wheel_names: list[str]) -> None:
    """But for the headers against which programs for a vendor's API are compiled."""
    found = [name for name in wheel_names if name.endswith((".c", ".h", ".inc", ".o", ".mk"))]
    assert sorted(found) == [f"{ABI}/include/dxxxlib.h", f"{ABI}/include/srllib.h"]


def test_wheel_has_the_vendors_libraries(wheel_names: list[str]) -> None:
    wanted = {f"{ABI}/{name}.so" for name in ("libsrl", "libsrl64", "libdxxx", "libdxxxdm364")}
    assert {name for name in wheel_names if name.startswith(ABI) and name.endswith(".so")} == wanted


@pytest.mark.parametrize("names", [["libdxxx"], ["libsrl64", "libdxxxdm364"]])
def test_vendors_libraries_of_the_wheel_load(installed: Path, tmp_path: Path, names: list[str]) -> None:
    """Under either name; both libraries then share one event queue."""
    (folder,) = run(installed.with_name("boardcore"), "abi-path", "dialogic", cwd=tmp_path).splitlines()
    probe = f"""
import ctypes
libraries = [ctypes.CDLL(f"{folder}/{{name}}.so", mode=ctypes.RTLD_GLOBAL) for name in {names!r}]
print(libraries[-1].dx_close(5), libraries[-1].sr_waitevt(0), libraries[0].ATDV_LASTERR(0))
"""
    assert run(installed, "-c", probe, cwd=tmp_path).strip() == "-1 -1 3"  # ESR_TMOUT, of the one queue


def test_installed_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    probe = "import boardcore, boardcore._native as n; print(boardcore.__file__); print(n.lib.BC_RATE_HZ)"
    where, rate = run(installed, "-c", probe, cwd=tmp_path).splitlines()
    assert Path(where).is_relative_to(installed.parents[1])
    assert rate == "8000"


def test_command_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    plain = {"NO_COLOR": "1", "COLUMNS": "100"}
    assert "demo" in run(installed.with_name("boardcore"), "--help", cwd=tmp_path, env=plain)


def test_sdist_has_what_a_packager_needs(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    for name in ("Makefile", "LICENSE", "CHANGELOG.md", "dsp/build.py", "dsp/sources.mk", "tests"):
        assert (tree / name).exists(), name
    assert not [path for path in tree.rglob("*") if path.suffix in {".so", ".o", ".pyc"}]


def test_editable_install_follows_the_sources(tmp_path: Path) -> None:
    tree, away = copy_tree(tmp_path / "tree"), tmp_path / "away"
    away.mkdir()
    python = make_venv(tmp_path / "venv")
    install(python, "--editable", tree)
    (tree / "simulators/boardcore_simulators/added_later.py").write_text("here = __file__\n")
    probe = (
        "import boardcore._native as n, boardcore_sim, boardcore_simulators.added_later as a;"
        "print(n.__file__, boardcore_sim.__file__, a.here)"
    )
    found = run(python, "-c", probe, cwd=away).split()
    assert all(Path(where).is_relative_to(tree) for where in found), found


@pytest.fixture
def lacking(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, str], str]:
    """The environment of a machine that lacks a part of the C build, and what the message must name."""
    if request.param == "compiler":
        return {"CC": "/nonexistent/cc"}, "apt-get install gcc"
    wrapper = tmp_path / "cc"
    wrapper.write_text(
        "#!/bin/sh\n# A compiler on a machine without Python's headers.\n"
        'for source; do case $source in *.c) if grep -q "<Python.h>" "$source"; then\n'
        '    echo "$source:1:10: fatal error: Python.h: No such file or directory" >&2; exit 1\n'
        'fi;; esac; done\nexec cc "$@"\n'
    )
    wrapper.chmod(0o755)
    return {"CC": str(wrapper)}, "apt-get install python3-dev"


@pytest.mark.parametrize("lacking", ["compiler", "Python.h"], indirect=True)
@pytest.mark.parametrize("tool", ["setup.py", "pip"])
def test_what_the_build_lacks_is_said_in_one_line(
    tool: str, lacking: tuple[dict[str, str], str], tmp_path: Path
) -> None:
    environment, advice = lacking
    tree = copy_tree(tmp_path / "tree")
    arguments = {
        "setup.py": ["setup.py", "-q", "build_ext"],
        "pip": ["-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", "out", "."],
    }
    status, output = attempt(sys.executable, *arguments[tool], cwd=tree, env=environment)
    said = [line for line in output.splitlines() if "cannot build" in line]
    assert status != 0
    assert len(said) == 1, output
    assert said[0].strip().startswith(CANNOT_BUILD)
    assert advice in said[0]
    assert "Traceback" not in output

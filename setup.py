"""Packages by folder and the C part; everything else is in pyproject.toml."""

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_ext import build_ext


def missing_tool() -> str | None:
    """Say in one line what the C build lacks, or None."""
    cc = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    include = sysconfig.get_path("include")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        for text, lack in (
            ("#include <stdint.h>\n#include <pthread.h>\nint main(void) { return 0; }\n",
             f"no working C compiler ({cc[0]!r}): install one, on Debian `apt-get install gcc libc6-dev`"),
            ("#include <Python.h>\nint main(void) { return 0; }\n",
             f"no Python.h in {include}: install Python's headers, on Debian `apt-get install python3-dev`"),
        ):
            source.write_text(text)
            command = [*cc, "-c", str(source), "-I", include, "-o", str(Path(folder) / "probe.o")]
            try:
                if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                    return lack
            except OSError:
                return lack
    return None


class BuildExt(build_ext):
    """build_ext that names what is missing before the compiler's own errors scroll by."""

    def run(self) -> None:
        lack = missing_tool()
        if lack:
            sys.exit(f"boardcore: cannot build the C part: {lack}")
        super().run()


packages: dict[str, str] = {}
for name in find_packages(".", include=["boardcore", "boardcore.*"]):
    packages[name] = name.replace(".", "/")
for root in ("drivers", "simulators"):
    for name in find_packages(root, include=["boardcore_*"]):
        packages[name] = f"{root}/{name.replace('.', '/')}"
setup(
    packages=list(packages),
    package_dir=packages,
    package_data={
        "": ["py.typed", "*.pyi"],
        "boardcore": ["prompts/*/*.wav", "prompts/*/*.toml", "prompts/*.md"],
    },
    include_package_data=False,
    cffi_modules=["dsp/build.py:ffibuilder"],
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)

"""Packages by folder and the C part; everything else is in pyproject.toml."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, find_packages, setup
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
    """build_ext that names what is missing before the compiler's own errors scroll by.

    It also compiles on every core, and only what changed: setuptools would compile everything, one file at a
    time, after each edit.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.editable_mode:  # pip would take a throw-away folder: share that of `build_ext --inplace`
            self.build_temp = f"build/temp.{self.plat_name}-{sys.implementation.cache_tag}"

    def run(self) -> None:
        lack = missing_tool()
        if lack:
            sys.exit(f"boardcore: cannot build the C part: {lack}")
        super().run()
        in_place = bool(self.inplace) or self.editable_mode
        self.announce("building the vendors' libraries")
        build_dialogic((Path("simulators") if in_place else Path(self.build_lib)) / ABI_PACKAGE / "dialogic", in_place)

    def build_extension(self, ext: Extension) -> None:
        """Compile what is older than its source or any header, then let setuptools link."""
        # Another compiler or other CFLAGS get a folder of their own.
        folder = Path(self.build_temp) / f"{zlib.crc32(repr(self.compiler.compiler_so).encode()):08x}"
        described = max(Path(p).stat().st_mtime for p in [*ext.depends, "setup.py", "dsp/build.py"])

        def compile_one(source: str) -> str:
            target: str = self.compiler.object_filenames([source], output_dir=str(folder))[0]
            changed = max(described, Path(source).stat().st_mtime)
            if not Path(target).exists() or Path(target).stat().st_mtime < changed:
                self.compiler.compile(
                    [source],
                    output_dir=str(folder),
                    macros=ext.define_macros,
                    include_dirs=ext.include_dirs,
                    extra_postargs=ext.extra_compile_args,
                )
            return target

        sources = ext.sources
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            objects = list(workers.map(compile_one, sources))
        ext.sources, ext.extra_objects, ext.depends = [], objects, objects
        super().build_extension(ext)  # pyright: ignore[reportUnknownMemberType]  # untyped in setuptools
        ext.sources = sources


VENDOR_ABI = Path("simulators/vendor_abi")
ABI_PACKAGE = Path("boardcore_simulators/vendor_abi")
ABI_FLAGS = [
    "-O2", "-g", "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-fvisibility=hidden", "-ffunction-sections", "-pthread",
]  # fmt: skip
# nodelete: what runs at the end of a thread and in fork() must be there though a program has closed the library.
ABI_LINK = ["-shared", "-Wl,--gc-sections", "-Wl,-z,defs", "-Wl,-z,nodelete", "-Wl,-rpath,$ORIGIN"]
# WAVE heads are parsed by the media library's own code.
ABI_MEDIA = [f"dsp/src/{name}.c" for name in ("wav", "base", "g711", "x86/g711_avx2", "x86/g711_avx512")]


def build_dialogic(target: Path, links: bool) -> None:
    """Build the libraries that export Dialogic's API, with their headers, into a folder.

    The 64-bit names are links to them, or copies (a wheel holds no links) of the same SONAME.
    """
    root = VENDOR_ABI / "dialogic"
    cc = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    include = [f"-I{folder}" for folder in (root / "include", root / "src", "dsp/include", "dsp/src")]
    srl = sorted(map(str, (root / "src").glob("srl_*.c")))
    dxxx = sorted(set(map(str, (root / "src").glob("*.c"))) - set(srl))
    shutil.rmtree(target / "include", ignore_errors=True)
    shutil.copytree(root / "include", target / "include")
    for name, alias, sources, needs in (
        ("libsrl.so", "libsrl64.so", srl, []),
        ("libdxxx.so", "libdxxxdm364.so", [*dxxx, *ABI_MEDIA], [f"-L{target}", "-lsrl"]),
    ):
        out, other = target / name, target / alias
        command = [*cc, *ABI_FLAGS, *include, *sources, *ABI_LINK, f"-Wl,-soname,{name}", *needs, "-o", str(out)]
        subprocess.run(command, check=True)
        other.unlink(missing_ok=True)
        if links:
            other.symlink_to(name)
        else:
            shutil.copy(out, other)


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
        "boardcore_simulators.vendor_abi": ["dialogic_functions.txt"],
        "boardcore": ["prompts/*/*.wav", "prompts/*/*.toml", "prompts/*.md"],
    },
    include_package_data=False,
    cffi_modules=["dsp/build.py:ffibuilder"],
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)

"""Build description of the one extension, `boardcore._native` (cffi API mode, abi3).

The cdef is cut from the C headers between `/* CDEF */` and `/* END CDEF */`, so that nothing is typed twice.
Each source in a folder named after an instruction set carries its own function attributes; there are no
per-file compiler flags and no `-march`.
"""

import re
from pathlib import Path

from cffi import FFI

DSP = Path("dsp")
LINE_MODEL = Path("simulators/line_model")
CFLAGS = ["-O3", "-std=gnu11", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-pthread"]

headers = sorted((DSP / "include").glob("*.h")) + sorted(LINE_MODEL.glob("*.h"))
cut = re.compile(r"/\* CDEF \*/\n(.*?)/\* END CDEF \*/", re.S)


def in_order(paths: list[Path]) -> list[Path]:
    """Headers, those that others include first."""
    names = {p.name: p for p in paths}
    done: list[Path] = []

    def visit(path: Path) -> None:
        if path in done:
            return
        for name in re.findall(r'#include "(\w+\.h)"', path.read_text()):
            if name in names:
                visit(names[name])
        done.append(path)

    for path in paths:
        visit(path)
    return done


public = [p for p in in_order(headers) if cut.search(p.read_text())]
declarations = "\n".join(part for p in public for part in cut.findall(p.read_text()))
constants = dict(re.findall(r"^#define (BC_\w+) \(?(-?\d+)", declarations, re.M))
# The compiler knows the constants; only array lengths need theirs here.
declarations = re.sub(r"^#define (BC_\w+) .*$", r"#define \1 ...", declarations, flags=re.M)
declarations = re.sub(r"\[(BC_\w+)\]", lambda m: f"[{constants[m[1]]}]", declarations)
ffibuilder = FFI()
ffibuilder.cdef(declarations)
ffibuilder.set_source(
    "boardcore._native",
    "\n".join(f'#include "{p.name}"' for p in public),
    sources=sorted(str(p) for root in (DSP / "src", DSP / "engine", LINE_MODEL) for p in root.rglob("*.c")),
    depends=sorted(str(p) for root in (DSP, LINE_MODEL) for end in ("*.h", "*.inc") for p in root.rglob(end)),
    include_dirs=[str(DSP / "include"), str(DSP / "src"), str(LINE_MODEL)],
    extra_compile_args=CFLAGS,
    extra_link_args=["-pthread"],
    libraries=["m"],
)

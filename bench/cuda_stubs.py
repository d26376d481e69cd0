"""Let a CUDA build of PyTorch import on a machine without the CUDA libraries, for CPU work only.

On Linux the package index carries PyTorch only as a CUDA build, whose loader insists on about 2 GB of
libraries (cuBLAS, cuDNN, NCCL ...) that CPU work never calls. This script writes empty stand-ins for the
missing ones beside `libtorch.so`: each has the right name, the symbol versions that PyTorch asks for, and
functions that return 1, which every CUDA library reads as an error. `torch.cuda.is_available()` stays
False and the CPU code is untouched, so timings are those of the same wheel.

Usage: python cuda_stubs.py     (with the virtual environment's own interpreter; needs cc, ldd and readelf)
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path


def run(*command: object) -> str:
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def missing_libraries(files: list[Path]) -> list[str]:
    """Sonames that the loader cannot find, apart from the driver's own (it is opened lazily)."""
    found = re.findall(r'^\s*(\S+) => not found', run('ldd', *files), re.MULTILINE)
    return sorted(set(found) - {'libcuda.so.1'})


def wanted_versions(files: list[Path]) -> dict[str, set[str]]:
    """The symbol versions asked of each library: soname -> names of version nodes."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for file in files:
        soname = ''
        for line in run('readelf', '-VW', file).splitlines():
            if match := re.search(r'Version: \d+\s+File: (\S+)', line):
                soname = match[1]
            elif soname and (match := re.search(r'Name: (\S+)\s+Flags:', line)):
                wanted[soname].add(match[1])
    return wanted


def wanted_symbols(files: list[Path]) -> dict[str, dict[str, str]]:
    """Undefined symbols by version node, '' for none: version -> {symbol: FUNC | OBJECT | NOTYPE}."""
    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    pattern = re.compile(r'(FUNC|OBJECT|NOTYPE) +\S+ +\S+ +UND (\w+)(?:@(\S+))?')
    for file in files:
        for kind, symbol, version in pattern.findall(run('readelf', '--dyn-syms', '-W', file)):
            wanted[version][symbol] = kind
    return wanted


def stub(soname: str, versions: set[str], symbols: dict[str, dict[str, str]]) -> tuple[str, str]:
    """C source and linker version script of one stand-in. A library without versions (NCCL, cuFile,
    cuSPARSELt) owns the unversioned symbols that start with its name."""
    stem = re.sub(r'^lib|\.so.*$', '', soname).lower()
    plain = {s: kind for s, kind in symbols[''].items() if s.lower().startswith(stem)}
    owned = plain | {s: kind for v in versions for s, kind in symbols[v].items()}
    source = [f'long {s}[8];' if kind == 'OBJECT' else f'int {s}(void) {{ return 1; }}' for s, kind in owned.items()]
    script = [f'{v} {{ global: {" ".join(f"{s};" for s in sorted(symbols[v])) or "*;"} }};' for v in sorted(versions)]
    return '\n'.join(source), '\n'.join(script)


def main() -> None:
    spec = importlib.util.find_spec('torch')
    if spec is None or spec.origin is None:
        sys.exit('cuda_stubs: PyTorch is not installed in this interpreter')
    lib = Path(spec.origin).parent / 'lib'
    files = sorted(lib.glob('libtorch*.so')) + sorted(lib.glob('libc10*.so'))
    versions, symbols = wanted_versions(files), wanted_symbols(files)
    for soname in missing_libraries(files):
        source, script = stub(soname, versions[soname], symbols)
        with tempfile.TemporaryDirectory() as folder:
            code, map_file = Path(folder, 'stub.c'), Path(folder, 'stub.map')
            code.write_text(source)
            map_file.write_text(script)
            flags = ['-shared', '-fPIC', '-w', f'-Wl,-soname,{soname}']
            if script:
                flags.append(f'-Wl,--version-script={map_file}')
            run('cc', *flags, '-o', lib / soname, code)
        print(f'stand-in for {soname} ({len(source.splitlines())} symbols)', file=sys.stderr)


if __name__ == '__main__':
    main()

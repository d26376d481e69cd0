"""How golden files are written: arrays as flat decimal lists that read back to the same bits."""

import json
import math
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / 'golden'
LIMIT = 200_000  # bytes; golden files live in git

_DTYPES = {'float64': 'f64', 'float32': 'f32', 'int32': 's32', 'int64': 's64', 'uint32': 'u32', 'uint8': 'u8', 'bool': 'bool'}


class Array:
    """One array of a golden file: {"dtype", "shape", "data"}, the data flat in row-major order."""

    def __init__(self, values, dtype: str | None = None):
        if hasattr(values, 'detach'):
            values = values.detach().cpu().numpy()
        self.values = np.asarray(values, dtype=dtype)
        if self.values.dtype.name not in _DTYPES:
            raise TypeError(f'no golden form for {self.values.dtype}')


def small(rng: np.random.Generator, shape, scale: float = 1.0, centre: float = 0.0) -> np.ndarray:
    """Normal numbers rounded to three decimals, so that an input is short and the same in f32 and f64 files."""
    return np.round(rng.normal(centre, scale, shape), 3) + 0.0  # + 0.0 turns -0.0 into 0.0


def _number(x, kind: str) -> str:
    """The shortest decimal that reads back to the same number (at most 17 digits, for f32 at most 9)."""
    if kind not in ('f32', 'f64'):
        return json.dumps(x.item())
    if not math.isfinite(x):
        raise ValueError(f'JSON has no {x}')
    if kind == 'f64':
        return repr(float(x))
    text = np.format_float_scientific(x, unique=True, trim='-') if 0 < abs(x) < 1e-4 else np.format_float_positional(x, unique=True, trim='-')
    if np.float32(float(text)) != x:  # read as a double, then rounded, as JavaScript does
        raise ValueError(f'{text} does not read back to the same f32')
    return text


def _text(value, indent: int) -> str:
    pad, inner = ' ' * indent, ' ' * (indent + 1)
    if isinstance(value, Array):
        kind = _DTYPES[value.values.dtype.name]
        data = ','.join(_number(x, kind) for x in value.values.ravel())
        return f'{{"dtype":"{kind}","shape":{json.dumps(list(value.values.shape))},"data":[{data}]}}'
    if isinstance(value, dict):
        if not value:
            return '{}'
        rows = ',\n'.join(f'{inner}{json.dumps(str(k))}: {_text(v, indent + 1)}' for k, v in value.items())
        return f'{{\n{rows}\n{pad}}}'
    if isinstance(value, (list, tuple)):
        if any(isinstance(v, (dict, list, tuple, Array)) for v in value):
            rows = ',\n'.join(inner + _text(v, indent + 1) for v in value)
            return f'[\n{rows}\n{pad}]'
        return '[' + ', '.join(_text(v, indent) for v in value) + ']'
    if isinstance(value, np.float32):
        return _number(value, 'f32')
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f'JSON has no {value}')
    return json.dumps(value, ensure_ascii=False)


def render(name: str, packages: list[str], made_by: dict[str, str], content: dict) -> str:
    """The text of a golden file. `made_by` says which function made which part."""
    manifest = {
        'script': 'test/oracle/generate.py',
        'name': name,
        'made_by': made_by,
        'packages': {p: version(p) for p in packages} | {'python': platform.python_version()},
    }
    text = _text({'manifest': manifest, **content}, 0) + '\n'
    json.loads(text)
    if len(text) > LIMIT:
        raise ValueError(f'{name}.json would be {len(text)} bytes; the limit is {LIMIT}')
    return text

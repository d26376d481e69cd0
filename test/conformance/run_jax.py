"""Runs modules that lowerToJax printed: reads a manifest, writes the results' types and bytes beside it."""

import importlib.util
import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np


def dtype(name):
    return jnp.bfloat16 if name == "bfloat16" else np.dtype(name)


def run(folder, job):
    spec = importlib.util.spec_from_file_location(job["module"], folder / f"{job['module']}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    raw = (folder / f"{job['module']}.in").read_bytes()
    args = [
        jnp.asarray(np.frombuffer(raw, dtype(x["dtype"]), x["count"], x["offset"]).reshape(x["shape"]))
        for x in job["inputs"]
    ]
    results = jax.jit(getattr(module, job["function"]))(*args)
    arrays = {name: np.asarray(value) for name, value in results.items()}
    ordered = [arrays[name] for name in job["outputs"]]
    (folder / f"{job['module']}.out").write_bytes(b"".join(a.tobytes() for a in ordered))
    return [{"dtype": str(a.dtype), "shape": a.shape} for a in ordered]


def main():
    folder = Path(sys.argv[1])
    jobs = json.loads((folder / "jobs.json").read_text())
    (folder / "types.json").write_text(json.dumps([run(folder, job) for job in jobs]))


main()

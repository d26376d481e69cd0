/** Words that Python or the module itself has taken. */
const TAKEN = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield jax jnp lax'
  ).split(' '),
)

/** A name that is a Python identifier: `vision/blocks/0` becomes `vision_blocks_0`. */
const identifier = (name: string): string =>
  name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?![A-Za-z_])/, '_')

/** Gives out Python names, each once. */
export class PythonNames {
  private readonly used = new Set(TAKEN)
  private values = 0

  /** The name itself as an identifier, or with the first number that makes it free. */
  fresh(name: string): string {
    const stem = identifier(name)
    let chosen = stem
    for (let n = 2; this.used.has(chosen); n++) chosen = `${stem}_${n}`
    this.used.add(chosen)
    return chosen
  }

  /** The next of `v0`, `v1` …, for what has no name of its own. */
  value(): string {
    let chosen: string
    do chosen = `v${this.values++}`
    while (this.used.has(chosen))
    this.used.add(chosen)
    return chosen
  }
}

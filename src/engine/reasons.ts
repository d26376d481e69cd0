import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../data/atomic.ts'

const FILE = 'keys.json'

const keysFile = z.object({
  format: z.literal('diptych-keys'),
  version: z.literal(1),
  nodes: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number()]))),
})

/** What a node's result depends on, part by part: hashes, or short values. */
export type KeyParts = Readonly<Record<string, string | number>>

/** How the parts are called; see `PARTS` of checkpoints for those of a Train. */
const WORDS: Readonly<Record<string, string>> = {
  code: 'its code',
  params: 'its parameters',
  inputs: 'its inputs',
  files: 'its files',
  weights: 'the weights it measures',
  program: 'the model',
  seed: 'the seed',
  engine: 'the engine',
  machine: 'the machine',
}

export type ByNode = Readonly<Record<string, KeyParts>>

/**
 * Why each node of a run runs: by comparing its key, part by part, with the run before of the same graph file. The
 * keys are kept in the run's folder, for the next run and for whoever verifies this one.
 */
export class Reasons {
  private readonly run: string
  private readonly before: ByNode | undefined
  private readonly nodes: Record<string, KeyParts>
  private saved = true

  private constructor(run: string, before: ByNode | undefined, nodes: ByNode) {
    this.run = run
    this.before = before
    this.nodes = { ...nodes }
  }

  static async open(run: string): Promise<Reasons> {
    const own = await readKeys(run)
    return new Reasons(
      run,
      own ?? (await keysOfRunBefore(dirname(run), graphOf(basename(run)), run)),
      own ?? {},
    )
  }

  /** Notes a node's key and says why it has to run. `words`: what the parts are called. */
  note(node: string, key: KeyParts, fresh: boolean, words = WORDS): string {
    this.nodes[node] = key
    this.saved = false
    return reasonFor(ownKey(this.before, node), key, fresh, words)
  }

  async save(): Promise<void> {
    if (this.saved) return
    this.saved = true
    const keys = { format: 'diptych-keys', version: 1, nodes: this.nodes }
    await writeFileAtomic(join(this.run, FILE), `${JSON.stringify(keys, null, 2)}\n`)
  }
}

/** What a run has noted of a node; undefined where it has not. */
export const ownKey = (keys: ByNode | undefined, node: string): KeyParts | undefined =>
  keys && Object.hasOwn(keys, node) ? keys[node] : undefined

/** Why a node with this key has to run, `before` being its key in the run before. */
export function reasonFor(
  before: KeyParts | undefined,
  key: KeyParts,
  fresh: boolean,
  words: Readonly<Record<string, string>> = WORDS,
): string {
  if (fresh) return 'asked to run again'
  if (!before) return 'first run'
  const changed = Object.keys(key).filter(part => key[part] !== before[part])
  if (changed.length === 0) return 'no longer in the cache'
  return `${listed(changed.map(part => words[part] ?? part))} changed`
}

function listed(items: readonly string[]): string {
  const last = items.at(-1)!
  return items.length === 1 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/** The keys that a run has noted; undefined where there are none. */
export async function readKeys(run: string): Promise<ByNode | undefined> {
  try {
    return keysFile.parse(JSON.parse(await readFile(join(run, FILE), 'utf8'))).nodes
  } catch {
    return undefined
  }
}

/** A run's folder is called `2026-01-31T12-00-00-<graph>-<random>`. */
const graphOf = (run: string): string =>
  run.replace(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-/, '').replace(/-[0-9a-f]+$/, '')

/** How many runs are looked at to find the newest that has keys. */
const LOOKS = 20

/** The keys of the newest run of a graph in a folder of runs, but for the run `except`. */
export async function keysOfRunBefore(
  folder: string,
  graph: string,
  except?: string,
): Promise<ByNode | undefined> {
  const own = except && basename(except)
  const names = await readdir(folder).catch(() => [] as string[])
  const same = names.filter(name => name !== own && graphOf(name) === graph).sort()
  // Names tell the second; runs of one second are told apart by when they wrote their keys.
  const written = await Promise.all(
    same.slice(-LOOKS).map(async name => {
      const stats = await stat(join(folder, name, FILE)).catch(() => undefined)
      return { name, at: stats?.mtimeMs ?? 0 }
    }),
  )
  const newest = written.filter(w => w.at > 0).sort((a, b) => b.at - a.at)[0]
  return newest && readKeys(join(folder, newest.name))
}

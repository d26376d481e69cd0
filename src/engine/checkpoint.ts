import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isAlive, syncFolder } from '../data/atomic.ts'
import { DataError, systemCode } from '../data/error.ts'
import type { Edit } from '../protocol/messages.ts'
import type { HostArray } from '../runtime/backend.ts'
import { encodeSafetensors, readSafetensors } from './safetensors.ts'

/** What a stage's result depends on, part by part, so that a mismatch can be named. */
export interface StageKey {
  /** Hash of the printed step: model, objective, optimizer, schedule. */
  readonly program: string
  readonly data: string
  readonly start: string
  readonly seed: number
  readonly steps: number
  readonly engine: string
  /** The Train whose data order and random keys it takes, where they are not its own. */
  readonly order?: string
}

/** How the parts of a key are called. */
export const PARTS: Readonly<Record<keyof StageKey, string>> = {
  program: 'the model, objective, optimizer or schedule',
  data: 'the data or the tokenizer',
  start: 'the starting weights',
  seed: 'the seed',
  steps: 'the number of steps',
  engine: 'the engine or its version',
  order: 'the Train it is paired with',
}

const stateFile = z.strictObject({
  format: z.literal('diptych-checkpoint'),
  version: z.literal(1),
  train: z.string(),
  step: z.int().min(0),
  key: z.strictObject({
    program: z.string(),
    data: z.string(),
    start: z.string(),
    seed: z.number(),
    steps: z.int(),
    engine: z.string(),
    order: z.string().optional(),
  }),
  edits: z
    .array(z.strictObject({ step: z.int().min(0), node: z.string(), param: z.string(), value: z.unknown() }))
    .optional(),
  origin: z.string().optional(),
  files: z.record(z.string(), z.string()),
})

export interface Checkpoint {
  readonly train: string
  /** Steps taken: training goes on with this step. */
  readonly step: number
  readonly key: StageKey
  /** What was changed while it trained, in order. */
  readonly edits?: readonly Edit[]
  /** Hash of what made the steps before, where that is not what the key says: of the run that it was forked from. */
  readonly origin?: string
  readonly weights: ReadonlyMap<string, HostArray>
  readonly optimizer: ReadonlyMap<string, HostArray>
}

/**
 * Commits a checkpoint as `folder/step-N`: written under a temporary name, every file and the folder synced,
 * then renamed, so that after a crash at any point the newest `step-N` is whole. A whole `step-N` that is there
 * already is kept where it says the same, which the checkpoint of a repeated step does; only a damaged one gives way.
 */
export async function writeCheckpoint(folder: string, c: Checkpoint): Promise<string> {
  await mkdir(folder, { recursive: true })
  await removeStale(folder)
  const { train, step, key, origin } = c
  const edits = c.edits?.length ? c.edits : undefined
  const path = join(folder, `step-${step}`)
  const contents = [
    ['weights.safetensors', encodeSafetensors(c.weights)],
    ['optimizer.safetensors', encodeSafetensors(c.optimizer)],
  ] as const
  const files = Object.fromEntries(contents.map(([name, chunks]) => [name, hashOfChunks(chunks)]))
  const state = { format: 'diptych-checkpoint', version: 1, train, step, key, edits, origin, files }
  const stateText = `${JSON.stringify(state, null, 2)}\n`
  if (await holds(path, stateText)) return path
  const temporary = join(folder, `.step-${step}.${process.pid}.tmp`)
  const aside = join(folder, `.step-${step}.${process.pid}.old`)
  try {
    await mkdir(temporary)
    for (const [name, chunks] of contents) await writeSynced(join(temporary, name), chunks)
    await writeSynced(join(temporary, 'state.json'), [Buffer.from(stateText)])
    await syncFolder(temporary)
    await rename(path, aside).catch(e => {
      if (systemCode(e) !== 'ENOENT') throw e
    })
    await rename(temporary, path)
    await syncFolder(folder)
    await rm(aside, { recursive: true, force: true })
  } catch (e) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {
      // The next commit sweeps it.
    })
    await rename(aside, path).catch(() => {
      // Nothing was set aside, or the new one is in place.
    })
    if (systemCode(e) === 'ENOSPC')
      throw new DataError(
        `The disk is full: no room for a checkpoint in ${folder}. Earlier checkpoints are whole; free some space and resume.`,
      )
    throw e
  }
  return path
}

/** Whether a whole checkpoint with this very state, and so with these very tensors, is there. */
async function holds(path: string, stateText: string): Promise<boolean> {
  const found = await readFile(join(path, 'state.json'), 'utf8').catch(() => undefined)
  if (found !== stateText) return false
  return readCheckpoint(path).then(
    () => true,
    () => false,
  )
}

/** Removes what killed processes have left half written, and this one's own from an earlier failure. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /^\.step-\d+\.(\d+)\.(?:tmp|old)$/.exec(name) ?? []
    if (pid && (Number(pid) === process.pid || !isAlive(Number(pid))))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

function hashOfChunks(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

async function writeSynced(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for (const chunk of chunks) await file.writeFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
}

const damaged = (path: string, why: string): DataError =>
  new DataError(`The checkpoint ${path} is damaged: ${why}. Resume from an earlier one.`)

/** What a checkpoint says of itself; its arrays are not read. */
export async function readCheckpointState(path: string): Promise<z.infer<typeof stateFile>> {
  let text: string
  try {
    text = await readFile(join(path, 'state.json'), 'utf8')
  } catch {
    throw new DataError(`${path} is not a checkpoint: it has no state.json.`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw damaged(path, 'state.json is not JSON')
  }
  const parsed = stateFile.safeParse(json)
  if (!parsed.success) throw damaged(path, `state.json: ${parsed.error.issues[0]?.message}`)
  return parsed.data
}

/** Reads a checkpoint folder; every file must have the hash that its state names. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const state = await readCheckpointState(path)
  for (const [name, hash] of Object.entries(state.files)) {
    const bytes = await readFile(join(path, name)).catch(() => {
      throw damaged(path, `${name} is missing`)
    })
    if (createHash('sha256').update(bytes).digest('hex') !== hash)
      throw damaged(path, `${name} has other content`)
  }
  return {
    train: state.train,
    step: state.step,
    key: state.key,
    ...(state.edits && { edits: state.edits }),
    ...(state.origin && { origin: state.origin }),
    weights: await readSafetensors(join(path, 'weights.safetensors')),
    optimizer: await readSafetensors(join(path, 'optimizer.safetensors')),
  }
}

/** Committed checkpoints in a folder, newest first. */
export async function listCheckpoints(folder: string): Promise<{ step: number; path: string }[]> {
  const names = await readdir(folder).catch(() => [] as string[])
  const found: { step: number; path: string }[] = []
  for (const name of names) {
    const m = /^step-(\d+)$/.exec(name)
    if (m && (await stat(join(folder, name))).isDirectory())
      found.push({ step: Number(m[1]), path: join(folder, name) })
  }
  return found.sort((a, b) => b.step - a.step)
}

/** Says in words which parts of two keys differ. */
export function differences(a: StageKey, b: StageKey): string[] {
  return (Object.keys(PARTS) as (keyof StageKey)[]).filter(k => a[k] !== b[k]).map(k => PARTS[k])
}

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PackAbsent } from '../../data/pack.ts'
import type { CheckedGraph, CheckedNode } from '../../graph/check.ts'
import type { TrainStep } from '../../graph/compile/train-step.ts'
import type { Wire } from '../../graph/document.ts'
import type { HostValue } from '../../graph/host.ts'
import { wireOf } from '../../graph/slice.ts'
import { readCheckpointState, type StageKey } from '../checkpoint.ts'
import type { EngineContext } from '../context.ts'
import type { KeyParts } from '../reasons.ts'
import { type BuiltStage, dataWires, openFeed, stageFields } from '../train.ts'
import type { Outlook, Part } from './expect.ts'

/** A Train's key before the run. */
export interface PlannedStage {
  readonly step: TrainStep
  readonly parts: Readonly<Record<string, Part>> & { readonly data: Part }
  /** Without the data where that is pending. */
  readonly key: StageKey
  /** Whether what its data is packed from is known. */
  readonly isDataKnown: boolean
}

/** The parts of a stage's key; its data by the headers of its packs, where they are there. */
export async function planStage(
  graph: CheckedGraph,
  node: CheckedNode,
  built: BuiltStage,
  values: ReadonlyMap<Wire, HostValue>,
  outlook: Outlook,
  context: EngineContext,
): Promise<PlannedStage> {
  const wires = dataWires(graph, node)
  const isDataKnown = !wires.some(w => outlook.isPending(w))
  const hash = isDataKnown ? await packedHash(graph, node, built, values, context) : undefined
  const batches = [...new Set(stageFields(graph, node).map(f => f.batch))]
  const data: Part =
    isDataKnown && hash === undefined
      ? { pending: { by: batches, same: false } }
      : outlook.part(wires, () => hash!)
  const start = wireOf(node, 'weights')
  const bound = built.step.bound.flatMap(w => w.bound?.wire ?? [])
  const key = built.key(hash ?? '')
  const parts: Record<string, Part> = {}
  for (const [name, value] of Object.entries(key)) parts[name] = { value }
  // Assigned, so that they keep their place among the others.
  parts.data = data
  parts.start = outlook.part([...(start ? [start] : []), ...bound], () => key.start)
  return { step: built.step, parts: { ...parts, data }, key, isDataKnown }
}

/** The hash of a stage's data; undefined where a pack has to be made first. */
async function packedHash(
  graph: CheckedGraph,
  node: CheckedNode,
  built: BuiltStage,
  values: ReadonlyMap<Wire, HostValue>,
  context: EngineContext,
): Promise<string | undefined> {
  try {
    const feed = await openFeed(graph, node, values, built, context)
    await feed.close()
    return feed.hash
  } catch (e) {
    if (e instanceof PackAbsent) return undefined
    throw e
  }
}

const folderOf = (cacheDir: string): string => join(cacheDir, 'train')

/** Whether a stage with this hash is kept. Its files are not read: one that is damaged would be trained again. */
export async function hasStage(cacheDir: string, hash: string): Promise<boolean> {
  const folder = join(folderOf(cacheDir), hash)
  try {
    const { files } = await readCheckpointState(folder)
    await Promise.all(Object.keys(files).map(name => stat(join(folder, name))))
    return true
  } catch {
    return false
  }
}

/** The hash of a stage of a Train that is kept and whose key has these parts, whatever its others are. */
export async function stageLike(
  cacheDir: string,
  train: string,
  parts: KeyParts,
): Promise<string | undefined> {
  const folder = folderOf(cacheDir)
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const found = await readCheckpointState(join(folder, name)).catch(() => undefined)
    if (found?.train !== train) continue
    const key: Partial<Record<string, string | number>> = { ...found.key }
    if (Object.entries(parts).every(([part, value]) => key[part] === value)) return name
  }
  return undefined
}

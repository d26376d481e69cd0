import { join } from 'node:path'
import { checkGraph } from '../../graph/check.ts'
import { buildTrainStep } from '../../graph/compile/train-step.ts'
import { threefry } from '../../ir/threefry.ts'
import { byteLength } from '../../ir/types.ts'
import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import { median } from '../../nodes/evaluation/retrieval.ts'
import type { HostArray } from '../../runtime/backend.ts'
import { openBackend } from '../backends.ts'
import type { EngineContext } from '../context.ts'
import { TrainLoop } from '../train-loop.ts'
import { startingValue } from '../weights.ts'
import { clipBenchGraph, SIZE } from './clip.ts'
import { Peer, peerPython } from './peer.ts'

const PEERS = [
  { name: 'jax', args: ['clip_jax.py'] },
  { name: 'torch_eager', args: ['clip_torch.py', 'eager'] },
  { name: 'torch_compiled', args: ['clip_torch.py', 'compiled'] },
] as const

const WARM_UP = 2

export interface BenchResult {
  readonly text: string
  readonly json: {
    readonly bench: 'clip'
    /** Median milliseconds of a step. */
    readonly ms: Readonly<Record<string, number>>
    /** Diptych's time over each peer's. */
    readonly ratio: Readonly<Record<string, number>>
    /** Share of a step that is not spent in the XLA call. */
    readonly outside_xla: number
    readonly missing: Readonly<Record<string, string>>
    readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

/**
 * Measures one CLIP training step against its peers: all are started and warmed up first, then take turns for
 * `rounds` rounds of a few steps each, so that a slow moment of the machine hits all alike.
 */
export async function benchClip(
  rounds: number,
  stepsPerRound: number,
  root: string,
  context: EngineContext,
): Promise<BenchResult> {
  const graph = checkGraph(clipBenchGraph, context.registry)
  const optimizer: OptimizerValue = {
    kind: 'adamw',
    beta1: 0.9,
    beta2: 0.98,
    eps: 1e-6,
    weightDecay: 0.2,
    schedule: { kind: 'constant', base: 5e-4, warmupSteps: 0, totalSteps: 1, final: 0 },
  }
  const step = buildTrainStep(graph, 'train', [optimizer])
  const backend = await openBackend('xla', context.cacheDir, message =>
    context.emit({ type: 'log', level: 'warning', message }),
  )
  const missing: Record<string, string> = {}
  const versions: Record<string, Record<string, string>> = {}
  const peers: Peer[] = []
  try {
    const executable = await backend.compile(step.program, { donate: step.donate })
    const batches = Array.from({ length: 4 }, (_, i) => step.batch.map(b => randomBatch(b.raw, b.type, i)))
    const weights = new Map(step.weights.map(w => [w.name, startingValue(w, 0, undefined)]))
    const feed = async (at: number): Promise<HostArray[]> => batches[at % batches.length]!
    const loop = new TrainLoop(
      step,
      backend,
      executable,
      feed,
      { step: 0, weights, optimizer: new Map() },
      [0, 0],
    )
    for (let i = 0; i < WARM_UP; i++) await loop.advance('train', true)
    for (const { name, args } of PEERS) {
      context.emit({ type: 'log', level: 'info', message: `starting ${name}` })
      const [script, ...rest] = args
      const path = join(root, 'bench', 'peers', script)
      const started = await Peer.start(name, peerPython(context.cacheDir), [path, ...rest])
      if (started.peer) peers.push(started.peer)
      else missing[name] = started.reason ?? 'unknown'
      if (started.versions) versions[name] = started.versions
    }
    const times = new Map<string, number[]>([
      ['diptych', []],
      ...peers.map(p => [p.name, []] as [string, number[]]),
    ])
    const before = loop.callMs
    let wall = 0
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < stepsPerRound; i++) {
        const from = performance.now()
        await loop.advance('train', true)
        const ms = performance.now() - from
        wall += ms
        times.get('diptych')!.push(ms)
      }
      for (const peer of peers) times.get(peer.name)!.push(...(await peer.steps(stepsPerRound)))
      context.emit({ type: 'progress', node: 'train', what: 'rounds', done: round + 1, total: rounds })
    }
    const inside = loop.callMs - before
    await loop.free()
    executable.free()
    return present(times, 1 - inside / wall, missing, versions)
  } finally {
    for (const p of peers) p.quit()
    backend.close()
  }
}

/** Seeded bytes for pictures; ids below the vocabulary with the end of each text in range. */
function randomBatch(raw: string, type: HostArray['type'], index: number): HostArray {
  const bytes = new Uint8Array(byteLength(type))
  const words = new Uint32Array(bytes.buffer)
  for (let i = 0; i < words.length; i++) {
    const [bits] = threefry(index, 0, i, 0)
    words[i] =
      raw === 'pixels' ? bits : raw === 'ids' ? bits % SIZE.vocabulary : 4 + (bits % (SIZE.length - 4))
  }
  return { type, bytes }
}

function present(
  times: ReadonlyMap<string, number[]>,
  outside: number,
  missing: Readonly<Record<string, string>>,
  versions: BenchResult['json']['versions'],
): BenchResult {
  const ms = Object.fromEntries([...times].map(([name, t]) => [name, median(t)]))
  const own = ms.diptych!
  const ratio = Object.fromEntries(
    Object.entries(ms).flatMap(([name, t]) => (name === 'diptych' ? [] : [[name, own / t]])),
  )
  const lines = Object.entries(ms).map(([name, t]) => {
    const beside = ratio[name] === undefined ? '' : `   diptych takes ${ratio[name].toFixed(2)} × as long`
    return `${name.padEnd(16)} ${t.toFixed(0).padStart(6)} ms/step${beside}`
  })
  for (const [name, why] of Object.entries(missing))
    lines.push(`${name.padEnd(16)} ${'–'.padStart(6)}   ${why}`)
  lines.push(`outside the XLA call: ${(outside * 100).toFixed(2)} % of a step`)
  return {
    text: lines.join('\n'),
    json: { bench: 'clip', ms, ratio, outside_xla: outside, missing, versions },
  }
}

import { DataError } from '../../data/error.ts'
import { findBinding } from '../../runtime/tfjs/load.ts'
import type { EngineContext } from '../context.ts'
import type { ClipSize } from './clip.ts'
import { Contender } from './contender.ts'
import { PeerFault } from './peer.ts'

/** Diptych's own steps on TensorFlow.js, in this process: what those have who have no XLA. */
export const TFJS_RIVAL = { name: 'tfjs_node' } as const

/** What takes its turns in a benchmark. */
export interface Rival {
  /** Milliseconds of each of n steps. */
  steps(n: number): Promise<readonly number[]>
  quit(): void
  kill(): void
}

/**
 * Compiles the step for TensorFlow's library and warms up. Throws a `PeerFault` where that is not set up; on
 * WebAssembly a step takes too long to wait for.
 */
export async function startTfjs(
  size: ClipSize,
  context: EngineContext,
): Promise<{ readonly peer: Rival; readonly versions: Readonly<Record<string, string>> }> {
  if (!findBinding('node', context.cacheDir))
    throw new PeerFault('not installed (npm run setup:tfjs-node sets it up)')
  const contender = await Contender.start(size, context, 'tfjs').catch(e => {
    throw e instanceof DataError ? new PeerFault(e.message) : e
  })
  let taken = 0
  const end = () => void contender.close()
  const steps = async (n: number) => {
    await contender.steps(n)
    const { ms } = contender.measured()
    const last = ms.slice(taken)
    taken = ms.length
    return last
  }
  return { peer: { steps, quit: end, kill: end }, versions: contender.versions }
}

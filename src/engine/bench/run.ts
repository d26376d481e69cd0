import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataError } from '../../data/error.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import { BENCHMARK_NAMES, type Command } from '../../protocol/messages.ts'
import type { HostArray } from '../../runtime/backend.ts'
import type { EngineContext } from '../context.ts'
import { encodeSafetensors } from '../safetensors.ts'
import type { Benchmark } from './contender.ts'
import { Field } from './field.ts'
import { BENCHMARKS } from './index.ts'
import { type PeerCommand, peersOf } from './peer.ts'
import { type BenchResult, present } from './present.ts'

export interface BenchOptions {
  readonly rounds: number
  /** Calls a round; the benchmark's own number where undefined. */
  readonly calls?: number
  /** Engines of ours that take part: all others are compared with the first. */
  readonly engines: readonly EngineName[]
  /** The peers, given the file that holds their weights and inputs. */
  readonly peers: (file: string) => readonly PeerCommand[]
}

/** Carries out `diptych bench` for one benchmark. */
export async function bench(
  { name, rounds, stepsPerRound: calls, peers: wanted }: Extract<Command, { type: 'bench' }>,
  context: EngineContext,
): Promise<BenchResult> {
  const benchmark = BENCHMARKS.find(b => b.name === name)
  if (!benchmark)
    throw new DataError(`there is no benchmark "${name}"; there are: ${BENCHMARK_NAMES.join(', ')}`)
  // A peer of any benchmark may be named: several are asked for at once.
  const known = [...new Set(BENCHMARKS.flatMap(b => Object.keys(b.peers)))]
  const strange = wanted?.find(w => !known.includes(w))
  if (strange !== undefined)
    throw new DataError(`there is no peer "${strange}"; there are: ${known.join(', ')}`)
  const peers = (file: string) =>
    peersOf(benchmark, context.cacheDir, file).filter(p => wanted?.includes(p.name) ?? true)
  return runBenchmark(benchmark, { rounds, calls, engines: benchmark.engines, peers }, context)
}

/**
 * Measures one benchmark: all that take part are started and warmed up first, then take turns for `rounds`
 * rounds of a few calls each, so that a slow moment of the machine hits all alike. A peer that is missing, fails, or
 * turns out to do other work (another number of parameters, another first result) is left out, with the reason.
 */
export async function runBenchmark(
  benchmark: Benchmark,
  options: BenchOptions,
  context: EngineContext,
): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'diptych-bench-'))
  const field = new Field(benchmark, context)
  try {
    const setup = benchmark.setUp(context)
    const file = join(folder, 'given.safetensors')
    await writeArrays(file, setup.arrays)
    for (const engine of options.engines) await field.enterEngine(engine, setup)
    for (const command of options.peers(file)) await field.enterPeer(command, setup)
    // They have read it, and an interrupted run would leave it behind.
    rmSync(folder, { recursive: true, force: true })
    for (let round = 0; round < options.rounds; round++) {
      await field.round(options.calls ?? benchmark.calls)
      context.emit({
        type: 'progress',
        node: 'bench',
        what: 'rounds',
        done: round + 1,
        total: options.rounds,
      })
    }
    return present(benchmark, field.outcome())
  } finally {
    await field.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeArrays(path: string, arrays: ReadonlyMap<string, HostArray>): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for (const part of encodeSafetensors(arrays)) await file.writeFile(part)
  } finally {
    await file.close()
  }
}

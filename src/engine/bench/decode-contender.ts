import { performance } from 'node:perf_hooks'
import { byteLength, type TensorType } from '../../ir/types.ts'
import type { Backend, DeviceArray, Executable, HostArray } from '../../runtime/backend.ts'
import { scalarArray, toNumbers } from '../../runtime/host-array.ts'
import type { EngineContext } from '../context.ts'
import type { Contender } from './contender.ts'
import type { DecodeChunk, DecodeSize } from './decode.ts'

/** The token that every sequence begins with. */
const BEGIN = 1

/** Greedy decoding: the device makes a chunk of tokens a call, the caches are donated from call to call. */
export class DecodeContender implements Contender {
  private state: readonly DeviceArray[]
  private readonly executable: Executable
  private readonly weights: readonly DeviceArray[]
  private readonly backend: Backend
  private readonly chunks: number
  first = 0

  private constructor(
    backend: Backend,
    executable: Executable,
    weights: readonly DeviceArray[],
    state: readonly DeviceArray[],
    chunks: number,
  ) {
    this.backend = backend
    this.executable = executable
    this.weights = weights
    this.state = state
    this.chunks = chunks
  }

  static async start(
    size: DecodeSize,
    { program, cacheTypes }: DecodeChunk,
    weights: readonly HostArray[],
    backend: Backend,
    context: EngineContext,
  ): Promise<DecodeContender> {
    context.emit({ type: 'log', level: 'info', message: 'compiling the loop' })
    // The token and the place are small; the caches are what must not be copied.
    const donate = cacheTypes.map((_, i) => weights.length + 2 + i)
    const executable = await backend.compile(program, { donate })
    const zeros = (type: TensorType) => backend.upload({ type, bytes: new Uint8Array(byteLength(type)) })
    const contender = new DecodeContender(
      backend,
      executable,
      weights.map(w => backend.upload(w)),
      cacheTypes.map(zeros),
      size.tokens / size.chunk,
    )
    const tokens = await contender.decode()
    contender.first = tokens.reduce((sum, token, i) => sum + token * (i + 1), 0)
    return contender
  }

  /** A whole sequence; what the last one left in the caches is seen by none. */
  private async decode(): Promise<number[]> {
    const { backend } = this
    const tokens: number[] = []
    let place = [backend.upload(scalarArray('s32', BEGIN)), backend.upload(scalarArray('s32', 0))]
    for (let chunk = 0; chunk < this.chunks; chunk++) {
      const results = await this.executable.run([...this.weights, ...place, ...this.state])
      for (const p of place) p.free()
      place = results.slice(0, 2)
      this.state = results.slice(2, -1)
      const made = results.at(-1)!
      tokens.push(...toNumbers(await made.toHost()))
      made.free()
    }
    for (const p of place) p.free()
    return tokens
  }

  async calls(n: number): Promise<readonly number[]> {
    const ms: number[] = []
    for (let i = 0; i < n; i++) {
      const from = performance.now()
      await this.decode()
      ms.push(performance.now() - from)
    }
    return ms
  }

  facts(): readonly [] {
    return []
  }

  async close(): Promise<void> {
    for (const a of [...this.weights, ...this.state]) a.free()
    this.executable.free()
  }
}

import { performance } from 'node:perf_hooks'
import type { Program } from '../../ir/program.ts'
import type { Backend, DeviceArray, Executable, HostArray } from '../../runtime/backend.ts'
import { view } from '../../runtime/host-array.ts'
import type { EngineContext } from '../context.ts'
import type { Contender } from './contender.ts'

/**
 * A program that is called with the same arguments again and again. Its last result is a scalar that is read, which
 * waits for the whole call; what it is in the first call is compared with the peers'.
 */
export class CallContender implements Contender {
  readonly first: number
  private readonly executable: Executable
  private readonly args: readonly DeviceArray[]

  private constructor(executable: Executable, args: readonly DeviceArray[], first: number) {
    this.executable = executable
    this.args = args
    this.first = first
  }

  static async start(
    program: Program,
    given: readonly HostArray[],
    backend: Backend,
    context: EngineContext,
  ): Promise<CallContender> {
    context.emit({ type: 'log', level: 'info', message: 'compiling the program' })
    const executable = await backend.compile(program)
    const args = given.map(a => backend.upload(a))
    const first = await call(executable, args)
    await call(executable, args)
    return new CallContender(executable, args, first)
  }

  async calls(n: number): Promise<readonly number[]> {
    const ms: number[] = []
    for (let i = 0; i < n; i++) {
      const from = performance.now()
      await call(this.executable, this.args)
      ms.push(performance.now() - from)
    }
    return ms
  }

  facts(): readonly [] {
    return []
  }

  async close(): Promise<void> {
    for (const a of this.args) a.free()
    this.executable.free()
  }
}

async function call(executable: Executable, args: readonly DeviceArray[]): Promise<number> {
  const results = await executable.run(args)
  const value = view(await results.at(-1)!.toHost())[0]!
  for (const r of results) r.free()
  return value
}

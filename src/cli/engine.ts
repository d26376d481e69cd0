import { cacheFolder } from '../host/cache-folder.ts'
import { EngineProcess } from '../host/engine-process.ts'
import { onInterrupt, type StopSignal, signalCode } from './interrupts.ts'

/** How long an engine that has nothing more to do may take to end. */
export const SHUTDOWN_MS = 10_000

/** Starts an engine. What it logs is kept for crash reports; `DIPTYCH_DEBUG=1` shows it as it comes. */
export function startEngine(): EngineProcess {
  const shown = process.env.DIPTYCH_DEBUG === '1'
  return new EngineProcess({
    env: { ...process.env, DIPTYCH_CACHE: cacheFolder() },
    onLog: shown ? chunk => process.stderr.write(chunk) : undefined,
  })
}

/** An engine for a question that leaves nothing behind: Ctrl-C ends it at once, and the process with it. */
export async function withEngine<T>(use: (engine: EngineProcess) => Promise<T>): Promise<T | number> {
  const engine = startEngine()
  let stopped: StopSignal | undefined
  const release = onInterrupt(signal => {
    stopped = signal
    void engine.kill()
  })
  try {
    return await use(engine)
  } catch (e) {
    if (stopped) return signalCode(stopped)
    throw e
  } finally {
    release()
    await engine.shutdown(SHUTDOWN_MS)
  }
}

import { readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { EngineGone, EngineMissing } from '../host/engine-process.ts'
import { CliError, EXIT } from './exit.ts'
import { processIo } from './io.ts'
import { buildProgram } from './program.ts'

/** The bundle lies in `out/`, beside package.json's folder. */
function version(): string {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return 'unknown'
  }
}

const io = processIo()

/** The exit code for an error, which is shown on standard error; a trace only with `DIPTYCH_DEBUG=1`. */
function report(e: unknown): number {
  if (e instanceof CommanderError) return e.exitCode === 0 ? EXIT.ok : EXIT.usage
  const known = e instanceof CliError || e instanceof EngineGone || e instanceof EngineMissing
  const message = e instanceof Error ? e.message : String(e)
  io.err.line(`${io.err.style.red('error:')} ${known ? message : `unexpected: ${message}`}`)
  if (process.env.DIPTYCH_DEBUG === '1') console.error(e)
  return e instanceof CliError ? e.code : EXIT.failed
}

const program = buildProgram(version(), io, code => {
  process.exitCode = code
})
await program.parseAsync().catch(e => {
  process.exitCode = report(e)
})

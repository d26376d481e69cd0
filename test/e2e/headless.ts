import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StepEvent } from '../../src/protocol/messages.ts'
import { environment, project } from './server.ts'
import type { Workbench } from './workbench.ts'

const run = promisify(execFile)

/** The loss of every step of a run of the same graph without a window, trained anew. */
export async function headlessLosses({ graph, folder, places }: Workbench): Promise<readonly unknown[]> {
  const { stdout } = await run(
    process.execPath,
    [join(project, 'bin', 'diptych'), 'run', graph, '--json', '--fresh'],
    { cwd: folder, env: environment(places), maxBuffer: 64 << 20 },
  )
  return stdout
    .split('\n')
    .filter(line => line.includes('"train/loss"'))
    .map(line => (JSON.parse(line) as StepEvent)['train/loss'])
}

import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { fileScratch, makePictures, writeToy } from '../engine/toy.ts'
import { eventually, isRunning, makeFolder, TestWindow } from '../host/kit.ts'
import { named } from '../runtime/pjrt-kit.ts'

const scratch = fileScratch()
const program = fileURLToPath(new URL('../../out/cli.mjs', import.meta.url))
const missing = !existsSync(program)
  ? 'the program is not built: node scripts/build.mjs'
  : process.platform === 'linux'
    ? ''
    : 'children are found by /proc'

/** `diptych serve`, with a window that has a run under way. */
async function serveRun(folder: string) {
  const graph = writeToy(folder, { train: { steps: 100_000, checkpointEvery: 50 } })
  const child = spawn(process.execPath, [program, 'serve', graph], {
    env: {
      ...process.env,
      DIPTYCH_CACHE: join(scratch, 'cache'),
      DIPTYCH_CONFIG: makeFolder(),
      DIPTYCH_OFFLINE: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', text => {
      said += text
    })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  await eventually(() => /#token=\S+\n/.test(said), 'an address', 20_000)
  const url = new URL(/http:\S+/.exec(said)![0])
  const token = url.hash.slice('#token='.length)
  const socket = new WebSocket(`ws://${url.host}/host`, ['diptych', `token.${token}`], { origin: url.origin })
  const window = new TestWindow(frame => socket.send(JSON.stringify(frame)))
  socket.on('message', data => {
    const frame = JSON.parse(String(data))
    if (!('session' in frame)) window.take(frame)
  })
  socket.on('error', () => {
    // The server is gone: that is what this is about.
  })
  await new Promise(resolve => socket.on('open', resolve))
  const { welcome } = await window.hello()
  expect(welcome).toBe(graph)
  const { id, text } = await window.open(welcome)
  const run = await window.ask('run.enqueue', {
    document: id,
    text,
    options: { engine: 'reference', fresh: true },
  })
  await window.ask('run.follow', { run: run.id, from: 0 })
  await eventually(() => window.runEvents(run.id).some(e => e.type === 'checkpoint'), 'a checkpoint', 60_000)
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
  const runs = join(folder, '.diptych', 'runs')
  const steps = () => {
    const checkpoints = join(runs, readdirSync(runs)[0]!, 'checkpoints', 'train')
    return readdirSync(checkpoints).map(name => Number(name.slice('step-'.length)))
  }
  const state = () =>
    JSON.parse(readFileSync(join(runs, readdirSync(runs)[0]!, 'run.json'), 'utf8')).state as string
  return { child, ended, engines: children.map(Number), steps, state, said: () => said, socket }
}

describe.skipIf(missing !== '')(named('diptych serve', missing), () => {
  beforeAll(() => makePictures(scratch))
  const inScratch = async () => {
    const folder = makeFolder()
    await makePictures(folder)
    return folder
  }

  test('Ctrl-C commits a checkpoint and leaves no process', async () => {
    const { child, ended, engines, steps, state, said } = await serveRun(await inScratch())
    expect(engines).toHaveLength(1)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(isRunning(engines[0]!)).toBe(false)
    expect(state()).toBe('stopped')
    expect(Math.max(...steps())).toBeGreaterThanOrEqual(50)
    expect(said()).toContain('Stopping the run at the next step, with a checkpoint.')
  }, 120_000)

  test('killed, its engine commits a checkpoint by itself and ends', async () => {
    const { child, ended, engines, steps } = await serveRun(await inScratch())
    const before = Math.max(...steps())
    child.kill('SIGKILL')
    await ended
    await eventually(() => !isRunning(engines[0]!), 'the engine has ended', 30_000)
    expect(Math.max(...steps())).toBeGreaterThanOrEqual(before)
  }, 120_000)
})

import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { registry } from '../nodes/index.ts'
import type { Command, Message, Result } from '../protocol/messages.ts'
import { builtCodeHashes } from './code-hash.ts'
import { Engine } from './engine.ts'
import { cacheFolder } from './paths.ts'

/**
 * The engine process: plain Node, started by the host with an IPC channel. It does one command at a time,
 * listens for stops meanwhile, and ends itself when the host is gone, committing a checkpoint first.
 */
const send = (message: Message): Promise<void> =>
  new Promise(resolve => {
    // An error means that the host is gone, which is heard of as a disconnection.
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })

/** How long an engine that should end may still work on a checkpoint. */
const GRACE_MS = 30_000

const engine = new Engine({
  registry,
  cacheDir: cacheFolder(),
  codeHash: builtCodeHashes(dirname(fileURLToPath(import.meta.url))),
  send,
})

/** Live XLA threads can crash a natural exit, so the process always ends by an explicit one. */
const end = (code: number): void => {
  process.exit(code)
}

process.on('SIGINT', () => {
  // Ctrl-C reaches the whole group of the terminal; the host decides what it means.
})
/** Commits a checkpoint and ends; what takes longer than that (a compile, a hung disk) is not waited for. */
const leave = (): void => {
  setTimeout(() => end(1), GRACE_MS).unref()
  void engine.stopAll('checkpoint').then(() => end(0))
}
process.on('SIGTERM', leave)
process.on('disconnect', leave)
for (const stream of [process.stdout, process.stderr])
  stream.on('error', () => {
    // The host that read it is gone.
  })
/** Commands that are not answered yet. */
const answers = new Set<Promise<void>>()

process.on('message', (command: Command) => {
  if (command.type === 'shutdown') {
    void engine
      .stopAll('checkpoint')
      .then(() => Promise.all(answers))
      .then(() => answer(command.id, { type: 'stopping' }))
      .then(() => process.disconnect())
    return
  }
  const answered = engine.handle(command).then(async result => {
    await answer(command.id, result)
    // A lost device stays lost in this process.
    if (result.type === 'failed' && result.deviceLost) end(0)
  })
  answers.add(answered)
  void answered.then(() => answers.delete(answered))
})

function answer(id: number, result: Result): Promise<void> {
  return send({ type: 'done', id, result })
}

void send({ type: 'ready', version: process.version })

import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const KEPT = 16_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a command without a shell and without input, keeping the end of what it prints.
 * Never throws: `missing` says that there is no such command, `timedOut` that it was killed at `timeoutMs`.
 * When this process is told to stop, the command is stopped with it.
 *
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, onStart?: (pid: number) => void}} options
 * @returns {Promise<{code: number | null, missing: boolean, timedOut: boolean, output: string}>}
 */
export function run(command, args, { cwd, env = process.env, timeoutMs, onStart } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    let output = ''
    let timedOut = false
    const keep = chunk => {
      output = (output + chunk).slice(-KEPT)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)

    const timer = timeoutMs
      ? setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, timeoutMs)
      : undefined
    const stop = signal => {
      child.kill(signal)
      process.exit(128 + constants.signals[signal])
    }
    for (const signal of SIGNALS) process.on(signal, stop)

    let done = false
    const finish = result => {
      if (done) return
      done = true
      clearTimeout(timer)
      for (const signal of SIGNALS) process.off(signal, stop)
      resolve({ timedOut, output, ...result })
    }
    child.on('error', error => {
      keep(error.message)
      finish({ code: null, missing: error.code === 'ENOENT' || error.code === 'EACCES' })
    })
    // A grandchild may hold the pipes open after a kill: then the exit counts, not the end of the pipes.
    child.on('exit', code => timedOut && finish({ code, missing: false }))
    child.on('close', code => finish({ code, missing: false }))
    if (child.pid !== undefined) onStart?.(child.pid)
  })
}

/** The last lines of a command's output that say something, for a message to a person. */
export function lastLines(output, count = 4) {
  const lines = output.split(/\r?\n|\r/).map(line => line.trim())
  return lines.filter(Boolean).slice(-count).join('\n  ')
}

import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What a helper may take; beyond it, it is killed. */
export interface HelperLimits {
  readonly seconds: number
  /** Of memory in all; watched where the system tells (Linux). */
  readonly megabytes: number
}

/** A helper did not answer: why, as half a sentence. */
export class HelperFault extends Error {
  override readonly name = 'HelperFault'
}

/** Between two looks at a helper's memory. */
const WATCH_MS = 100
const PAGE_BYTES = 4096

/** The path of a helper's program beside the engine's bundle; undefined when running from the sources. */
export function helperProgram(name: string): string | undefined {
  const path = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))
  return existsSync(path) ? path : undefined
}

/**
 * A process for work that may take too long, too much memory, or end the process that does it. It starts with the
 * first question, answers one at a time, and starts anew after a fault.
 */
export class Helper<Question extends object, Answer> {
  private child: ChildProcess | undefined
  private last: Promise<unknown> = Promise.resolve()

  private readonly program: string
  private readonly args: readonly string[]
  private readonly limits: HelperLimits

  constructor(program: string, args: readonly string[], limits: HelperLimits) {
    this.program = program
    this.args = args
    this.limits = limits
  }

  /** Rejects with a HelperFault where there is no answer, with the signal's reason where it is aborted. */
  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    const answer = this.last.then(() => this.askNow(question, signal))
    this.last = answer.catch(() => undefined)
    return answer
  }

  /** Ends it, once it has answered what it was asked. */
  async close(): Promise<void> {
    await this.last
    this.kill()
  }

  private kill(): void {
    this.child?.kill('SIGKILL')
    this.child = undefined
  }

  private askNow(question: Question, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted()
    const { seconds, megabytes } = this.limits
    this.child ??= fork(this.program, [...this.args], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${megabytes}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const { child } = this
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        clearInterval(watch)
        signal?.removeEventListener('abort', onAbort)
        child.removeAllListeners()
        settle()
      }
      const fail = (why: unknown) =>
        end(() => {
          this.kill()
          reject(why)
        })
      const tooLarge = () => fail(new HelperFault(`it takes more than ${megabytes} MiB of memory`))
      const onAbort = () => fail(signal?.reason)
      const timer = setTimeout(
        () => fail(new HelperFault(`it takes longer than ${seconds} s`)),
        seconds * 1000,
      )
      const watch = setInterval(async () => {
        if ((await memoryOf(child.pid)) > megabytes * 2 ** 20) tooLarge()
      }, WATCH_MS)
      signal?.addEventListener('abort', onAbort, { once: true })
      child.on('message', answer => end(() => resolve(answer as Answer)))
      // A heap that is full ends the process.
      child.on('exit', tooLarge)
      child.on('error', error => fail(new HelperFault(`it can't be computed: ${error.message}`)))
      child.send(question)
    })
  }
}

/** What the system says a process holds, in bytes; 0 where it doesn't say. */
async function memoryOf(pid: number | undefined): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')
  return (Number(statm.split(' ')[1]) || 0) * PAGE_BYTES
}

/** The other side: answers questions one at a time until its parent is gone. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on('message', async (question: Question) => process.send!(await answer(question)))
  process.on('disconnect', () => process.exit())
}

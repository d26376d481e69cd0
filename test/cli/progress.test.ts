import { expect, test, vi } from 'vitest'
import { Output } from '../../src/cli/io.ts'
import { openRunView } from '../../src/cli/render/run-view.ts'
import type { Event, StepEvent } from '../../src/protocol/messages.ts'

const started: Event[] = [
  { type: 'node', node: 'train', state: 'running', why: 'first run' },
  { type: 'progress', node: 'train', what: 'compiling', done: 0, total: 0 },
  {
    type: 'train',
    node: 'train',
    steps: 40,
    firstStep: 0,
    parameters: 15_000,
    compileSeconds: 1,
    fromCache: false,
  },
]
const step = (n: number): StepEvent => ({ type: 'step', node: 'train', step: n, 'train/loss': 2.5 - n / 40 })

/** What a run view writes to a stream while 20 of 40 steps go by, one every half second. */
function watch(isTTY: boolean, stepAt = step): string {
  vi.useFakeTimers()
  try {
    let text = ''
    const sink = { isTTY, columns: 90, write: (part: string) => (text += part) }
    const view = openRunView(new Output(sink, { TERM: 'xterm', NO_COLOR: '1', LANG: 'en_US.UTF-8' }), [
      'train',
    ])
    for (const event of started) view.event(event)
    for (let n = 0; n < 20; n++) {
      view.event(stepAt(n))
      vi.advanceTimersByTime(500)
    }
    view.close()
    return text
  } finally {
    vi.useRealTimers()
  }
}

test('on a terminal: a bar with the step, the loss, steps/s and the time left, drawn over itself', () => {
  const text = watch(true)
  expect(text).toMatch(/train +\S+ +step 20\/40, loss 2\.0250, 2\.00 steps\/s, 1\d s left/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own codes are what is tested.
  expect(text).toMatch(/\x1b\[1A\r?\x1b\[J/)
  expect(text.endsWith('\x1b[?25h')).toBe(true)
})

test('elsewhere: a plain line every few seconds, without codes', () => {
  const text = watch(false)
  expect(text).not.toContain('\x1b')
  expect(text).toMatch(/^train: step 1\/40, loss 2\.5000/m)
  expect(text.match(/^train: step/gm)!.length).toBeLessThan(6)
  expect(text).toMatch(/2\.00 steps\/s, 1\d s left/)
})

test('the losses of several objectives are told apart, and those that did not act left out', () => {
  const text = watch(false, n => ({
    type: 'step',
    node: 'train',
    step: n,
    'train/loss/judge': 0.5,
    ...(n % 2 === 0 && { 'train/loss/generator': 0.25 }),
  }))
  expect(text).toMatch(/^train: step 1\/40, loss judge 0\.5000, loss generator 0\.2500/m)
  expect(text).toMatch(/loss judge 0\.5000, \d/)
})

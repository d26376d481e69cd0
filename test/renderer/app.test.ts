import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { registry } from '../../src/nodes/index.ts'
import type { RunState } from '../../src/protocol/workbench.ts'
import { fileName, inFolder, shortFolder, wrongName } from '../../src/renderer/app/file-name.ts'
import { readLayout } from '../../src/renderer/app/layout.ts'
import { controlsOf } from '../../src/renderer/app/run-controls.ts'
import { statusOf } from '../../src/renderer/app/run-status.ts'
import { chordOf, showKeys } from '../../src/renderer/commands/chord.ts'
import { type CommandInfo, commandAt, conflictsOf, withKeys } from '../../src/renderer/commands/keymap.ts'
import type { RunView } from '../../src/renderer/state/types.ts'
import { clip, clipSchemas, documentOf, node } from '../graph/fixtures.ts'

const press = (keys: string) => {
  const parts = keys.split('+')
  return {
    key: parts.at(-1)!,
    ctrlKey: parts.includes('Ctrl'),
    metaKey: parts.includes('Cmd'),
    shiftKey: parts.includes('Shift'),
    altKey: parts.includes('Alt'),
  }
}

describe('keys', () => {
  test.each([
    ['Ctrl+Enter', 'Ctrl+Enter'],
    ['Ctrl+z', 'Ctrl+Z'],
    ['Ctrl+Shift+Z', 'Ctrl+Shift+Z'],
    ['Shift+?', '?'],
    ['.', '.'],
    ['Shift+ArrowLeft', 'Shift+ArrowLeft'],
    ['Alt+a', 'Alt+A'],
    ['Cmd+s', undefined],
    ['Ctrl+Control', undefined],
  ])('%s is called %s', (keys, name) => {
    expect(chordOf(press(keys))).toBe(name)
  })

  test('a Mac has its own', () => {
    expect(chordOf(press('Cmd+s'), true)).toBe('Ctrl+S')
    expect(chordOf(press('Ctrl+s'), true)).toBeUndefined()
    // With Option a Mac types another letter.
    expect(chordOf({ ...press('Alt+å'), code: 'KeyA' }, true)).toBe('Alt+A')
    expect(showKeys('Ctrl+Shift+S', true)).toBe('⇧⌘S')
    expect(showKeys('Ctrl+Shift+S', false)).toBe('Ctrl+Shift+S')
    expect(showKeys('Alt+ArrowDown', false)).toBe('Alt+↓')
  })

  const info = (id: string, reach: CommandInfo['reach'], ...keys: string[]): CommandInfo => ({
    id,
    title: id,
    group: 'Edit',
    keys,
    reach,
  })
  const all = [
    info('run', 'anywhere', 'Ctrl+Enter'),
    info('undo', 'window', 'Ctrl+Z'),
    info('mute', 'canvas', 'Ctrl+M'),
  ]
  const at = (chord: string, place: { canvas: boolean; typing: boolean }, own = {}) =>
    commandAt(chord, all, own, place)?.id

  test('are heard where they belong', () => {
    expect(at('Ctrl+M', { canvas: true, typing: false })).toBe('mute')
    expect(at('Ctrl+M', { canvas: false, typing: false })).toBeUndefined()
    expect(at('Ctrl+Z', { canvas: false, typing: false })).toBe('undo')
    expect(at('Ctrl+Z', { canvas: false, typing: true })).toBeUndefined()
    expect(at('Ctrl+Enter', { canvas: false, typing: true })).toBe('run')
  })

  test('can be changed, and say what they share', () => {
    const own = withKeys({}, all[2]!, ['Ctrl+Z', 'X'])
    expect(own).toEqual({ mute: ['Ctrl+Z', 'X'] })
    expect(at('X', { canvas: true, typing: false }, own)).toBe('mute')
    expect(at('Ctrl+M', { canvas: true, typing: false }, own)).toBeUndefined()
    expect(at('Ctrl+Z', { canvas: true, typing: false }, own)).toBe('mute')
    expect([...conflictsOf(all, own)].map(([chord, list]) => [chord, list.map(c => c.id)])).toEqual([
      ['Ctrl+Z', ['undo', 'mute']],
    ])
    expect(withKeys(own, all[2]!, ['Ctrl+M'])).toEqual({})
    expect(at('X', { canvas: true, typing: false }, { mute: [] })).toBeUndefined()
  })
})

const checked = checkGraph(clip(), registry, clipSchemas)
const broken = checkGraph(documentOf({ loss: node('objective.infoNCE') }), registry)

const view = (
  state: RunState,
  more: Partial<RunView['info']> = {},
  rest: Partial<RunView> = {},
): RunView => ({
  info: {
    id: 'r',
    file: null,
    title: '',
    state,
    queuedAt: 0,
    startedAt: 0,
    endedAt: ['completed', 'stopped', 'cancelled', 'failed', 'interrupted'].includes(state) ? 90_000 : null,
    folder: null,
    resumable: false,
    failure: null,
    events: 0,
    attribution: [],
    reports: {},
    ...more,
  },
  revision: 1,
  nodes: new Map(),
  trains: new Map(),
  reports: new Map(),
  log: [],
  pausedAt: null,
  checkpoints: [],
  edits: [],
  weights: null,
  stateHash: null,
  foreign: false,
  ...rest,
})

describe('run controls', () => {
  const controls = (run: RunView | null, more: Partial<Parameters<typeof controlsOf>[0]> = {}) =>
    controlsOf({ checked, empty: false, connection: { state: 'open' }, run, ...more })
  const summary = (run: RunView | null) => {
    const c = controls(run)
    return [c.run.label, c.hold.action, c.step.action, c.stop.action].map((word, i) =>
      [c.run, c.hold, c.step, c.stop][i]!.off === false ? word : `(${word})`,
    )
  }

  test.each<[RunState | null, string[]]>([
    [null, ['Run', '(pause)', 'start', '(stop)']],
    ['waiting', ['Queue', '(pause)', '(step)', 'remove']],
    ['running', ['Queue', 'pause', 'step', 'stop']],
    ['pausing', ['Queue', 'resume', 'step', 'stop']],
    ['paused', ['Queue', 'resume', 'step', 'stop']],
    ['stopping', ['Queue', '(pause)', '(step)', 'cancel']],
    ['completed', ['Run', '(pause)', 'start', '(stop)']],
    ['failed', ['Run', '(pause)', 'start', '(stop)']],
  ])('%s', (state, expected) => {
    expect(summary(state && view(state))).toEqual(expected)
  })

  test('a run with a checkpoint goes on from it', () => {
    const run = view('interrupted', { resumable: true }, { checkpoints: [{ node: 'train', step: 200 }] })
    expect(controls(run).hold).toMatchObject({ action: 'continue', hint: 'Go on from step 200', off: false })
    expect(controls({ ...run, foreign: true }).hold.off).toBe('Nothing is running')
  })

  test('going back needs a training with a step to go back over', () => {
    const train = { ...{ node: 'train', steps: 9, firstStep: 0, reached: 5, kept: [], parameters: 1 } }
    const rest = { compileSeconds: 0, fromCache: false, series: new Map(), rate: null, secondsLeft: null }
    const at = (taken: number, state: RunState = 'paused', node: 'running' | 'done' = 'running') =>
      controls(
        view(
          state,
          {},
          {
            trains: new Map([['train', { ...train, ...rest, taken }]]),
            nodes: new Map([['train', { state: node }]]),
          },
        ),
      ).back.off
    expect(at(5)).toBe(false)
    expect(at(5, 'running')).toBe(false)
    expect(at(0)).toBe('No step was taken yet')
    expect(at(5, 'stopping')).toBe('The run is stopping')
    expect(at(9, 'running', 'done')).toBe('No training is under way')
    expect(at(5, 'completed')).toBe('Nothing is running')
    expect(controls(null).back.off).toBe('Nothing is running')
  })

  test('a run that waits for a word since a restart is let go by Resume', () => {
    const run = view('waiting', { held: true })
    expect(controls(run).hold).toMatchObject({ label: 'Resume', action: 'continue', off: false })
    expect(summary(run)).toEqual(['Queue', 'continue', '(step)', 'remove'])
    expect(statusOf(run, clip()).detail).toBe('waits for you: Resume')
  })

  test('say why the graph can’t run', () => {
    expect(controls(null, { checked: broken }).run.off).toMatch(/^1 problem to solve first\nloss: /)
    expect(controls(null, { empty: true }).run.off).toMatch(/empty/)
    expect(controls(null, { connection: { state: 'lost', tries: 1 } }).run.off).toMatch(/not connected/)
  })
})

describe('the run in one line', () => {
  const train = {
    node: 'train',
    steps: 300,
    firstStep: 0,
    taken: 123,
    reached: 123,
    kept: [],
    parameters: 1,
    compileSeconds: 0,
    fromCache: false,
    series: new Map(),
    rate: 2.34,
    secondsLeft: 62,
  }
  const running = new Map([['train', { state: 'running' } as const]])

  test('training', () => {
    const run = view('running', {}, { trains: new Map([['train', train]]), nodes: running })
    expect(statusOf(run, clip())).toMatchObject({
      state: 'Running',
      detail: 'step 123 / 300 · 2.3 steps/s · 1 min 02 s left',
      fraction: 0.41,
    })
  })

  test('packing', () => {
    const nodes = new Map([['train_emoji', { state: 'running', what: 'packing', fraction: 0.5 } as const]])
    expect(statusOf(view('running', {}, { nodes }), clip())).toMatchObject({
      detail: 'Emoji: packing · 50 %',
      fraction: 0.5,
    })
  })

  test('evaluating after training', () => {
    const done = { ...train, taken: 300 }
    const nodes = new Map([
      ['train', { state: 'done' } as const],
      ['retrieval', { state: 'running' } as const],
    ])
    const run = view('running', {}, { trains: new Map([['train', done]]), nodes })
    expect(statusOf(run, clip()).detail).toBe('Retrieval: working')
  })

  test('interrupted, nobody knows when', () => {
    const run = view('interrupted', { startedAt: 5, endedAt: null }, { trains: new Map([['train', train]]) })
    expect(statusOf(run, clip())).toMatchObject({
      state: 'Interrupted',
      detail: 'step 123 / 300',
      fraction: null,
    })
  })

  test('between two Trains the line is not that of the one that is done', () => {
    const trains = new Map([['train', { ...train, taken: 300 }]])
    const nodes = new Map([['train', { state: 'done' } as const]])
    expect(statusOf(view('running', {}, { trains, nodes }), clip()).detail).toBe('preparing')
    const held = view('paused', {}, { trains, nodes, pausedAt: { node: 'retrieval' } })
    expect(statusOf(held, clip())).toMatchObject({ detail: 'before Retrieval', fraction: null })
  })

  test('a step that is compiled anew says so, and large numbers have their thousands apart', () => {
    const long = { ...train, taken: 1234, steps: 200_000 }
    const what = 'compiling with what was changed'
    const compiling = new Map([['train', { state: 'running', what } as const]])
    const run = view('paused', {}, { trains: new Map([['train', long]]), nodes: compiling })
    expect(statusOf(run, clip()).detail).toBe(`step 1,234 / 200,000 · ${what}`)
  })

  test('what is not a training says how long it will be', () => {
    const works = { state: 'running', what: 'packing', fraction: 0.5, secondsLeft: 75 } as const
    const run = view('running', {}, { nodes: new Map([['train_emoji', works]]) })
    expect(statusOf(run, clip()).detail).toBe('Emoji: packing · 50 % · 1 min 15 s left')
  })

  test('over', () => {
    expect(statusOf(view('completed', {}, { trains: new Map([['train', train]]) }), clip()).detail).toBe(
      'step 123 / 300 · 1 min 30 s',
    )
    const cached = {
      trains: new Map([['train', train]]),
      nodes: new Map([['train', { state: 'cached' } as const]]),
    }
    expect(statusOf(view('completed', {}, cached), clip()).detail).toBe(
      'nothing to train, it was in the cache · 1 min 30 s',
    )
    const failure = { message: 'out of memory', diagnostics: [] }
    expect(statusOf(view('failed', { failure }), clip())).toMatchObject({
      kind: 'bad',
      detail: 'out of memory',
    })
  })
})

test('file names', () => {
  expect(fileName('CLIP on emoji!')).toBe('clip-on-emoji')
  expect(fileName('漢字')).toBe('graph')
  expect(shortFolder('/home/ada/diptych/graphs')).toBe('~/diptych/graphs')
  expect(shortFolder('/home/ada')).toBe('~')
  expect(shortFolder('/home')).toBe('/home')
  expect(shortFolder('C:\\Users\\Ada\\graphs')).toBe('~\\graphs')
  expect(shortFolder('/Users/ada/a/b/c/d/e')).toBe('~/a/…/d/e')
  expect(inFolder('/a/b', 'c.json')).toBe('/a/b/c.json')
  expect(inFolder('C:\\a', 'c.json')).toBe('C:\\a\\c.json')
  expect(wrongName('a/b')).toMatch(/slashes/)
  expect(wrongName(' ')).toMatch(/name/)
  expect(wrongName('fine name.json')).toBeUndefined()
})

test('a layout that makes no sense is not used', () => {
  expect(readLayout(null).inspector).toEqual({ open: true, size: 344 })
  expect(readLayout('{"palette":{"open":false,"size":9999},"runs":{"size":300}}')).toEqual({
    palette: { open: false, size: 232 },
    inspector: { open: true, size: 344 },
    runs: { open: true, size: 300 },
  })
  expect(readLayout('oops').runs.size).toBe(232)
})

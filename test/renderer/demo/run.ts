import type { Report } from '../../../src/graph/host.ts'
import type { Event } from '../../../src/protocol/messages.ts'
import type { RunInfo } from '../../../src/protocol/workbench.ts'
import type { FakeHost } from '../fake-host.ts'

const STEPS = 300
const BATCH_MS = 60

const loss = (step: number) =>
  0.9 + 4 * Math.exp(-step / 60) + 0.12 * Math.sin(step * 12.9898) * Math.cos(step * 4.1)
const rate = (step: number) =>
  step < 30 ? (0.001 * (step + 1)) / 30 : 0.0005 * (1 + Math.cos((Math.PI * (step - 30)) / 270))

const stepEvent = (step: number): Event => ({
  type: 'step',
  node: 'train',
  step,
  'train/loss': loss(step),
  'train/learning_rate': rate(step),
  'train/grad_norm': 0.4 + 2 * Math.exp(-step / 40) + 0.05 * Math.sin(step * 3.7),
})

const GROUPS = ['smileys & emotion', 'people & body', 'animals & nature', 'food & drink', 'travel & places']
const PICTURES = ['🐱', '🍎', '🚗', '🌻', '⚽', '🦊', '🍕', '🚀', '🌙', '🎸']
const NAMES = [
  'cat',
  'red apple',
  'car',
  'sunflower',
  'soccer ball',
  'fox',
  'pizza',
  'rocket',
  'moon',
  'guitar',
]

export const reports: Record<string, Report> = {
  retrieval: {
    metrics: {
      'image_to_text_recall@1': 0.312,
      'image_to_text_recall@5': 0.587,
      'text_to_image_recall@1': 0.287,
      'text_to_image_recall@5': 0.561,
      chance: 0.0053,
    },
    standardErrors: { 'image_to_text_recall@1': 0.034, 'text_to_image_recall@1': 0.033 },
    tables: [
      {
        title: 'Recall',
        columns: ['direction', 'recall@1', 'recall@5', 'recall@10'],
        rows: [
          ['image to text', 0.312, 0.587, 0.702],
          ['text to image', 0.287, 0.561, 0.688],
        ],
      },
    ],
    galleries: [
      {
        title: 'Picture to text',
        items: NAMES.slice(0, 6).map((label, i) => ({
          row: `row-${i}`,
          label,
          picture: `p${i}`,
          matches: [0, 1, 2, 3].map(k => {
            const at = (i + k) % NAMES.length
            return {
              row: `row-${at}`,
              label: NAMES[at]!,
              correct: k === (i % 3 === 0 ? 1 : 0),
              picture: `p${at}`,
            }
          }),
        })),
      },
    ],
  },
  zero_shot: {
    metrics: { top1: 0.54, top5: 0.93, chance: 0.2 },
    standardErrors: { top1: 0.036 },
    matrices: [
      {
        title: 'Confusion',
        rowLabels: GROUPS,
        columnLabels: GROUPS,
        values: GROUPS.map((_, i) => GROUPS.map((_, j) => (i === j ? 21 + 3 * i : (i * 3 + j * 5) % 7))),
      },
    ],
  },
}

const picture = (name: string) => {
  const glyph = PICTURES[Number(name.slice(1)) % PICTURES.length]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><text x="32" y="48" font-size="46" text-anchor="middle">${glyph}</text></svg>`
  return new TextEncoder().encode(svg)
}

/** Runs that move: queued ones "train" on a timer and can be paused, stepped and stopped. */
export function driveRuns(host: FakeHost): void {
  host.bytes = (method, params) =>
    method === 'picture.read' ? picture((params as { name: string }).name) : undefined
  const enqueue = host.answers['run.enqueue']
  host.answers['run.enqueue'] = async params => {
    const info = await enqueue(params)
    setTimeout(() => drive(host, info), 50)
    return info
  }
  const goOn = host.answers['run.continue']
  host.answers['run.continue'] = async params => {
    const info = await goOn(params)
    setTimeout(() => train(host, info, Math.floor(stepsOf(host, info.id) / 100) * 100), 50)
    return info
  }
  const control = host.answers['run.control']
  host.answers['run.control'] = async params => {
    const info = await control(params)
    const taken = stepsOf(host, params.run)
    if (params.action === 'pause') host.happen(params.run, { type: 'paused', node: 'train', step: taken })
    if (params.action === 'resume') host.happen(params.run, { type: 'resumed' })
    if (params.action === 'step')
      host.happen(params.run, stepEvent(taken), { type: 'paused', node: 'train', step: taken + 1 })
    return info
  }
}

/** Steps taken: after the last one, or where training went on. */
const stepsOf = (host: FakeHost, run: string): number => {
  const last = host.events.get(run)!.findLast(e => e.type === 'step' || e.type === 'train')
  return last?.type === 'step' ? last.step + 1 : last?.type === 'train' ? last.firstStep : 0
}

function drive(host: FakeHost, { id }: RunInfo): void {
  for (const node of ['train_emoji', 'test_emoji', 'tokenizer'])
    host.happen(id, { type: 'node', node, state: 'cached', why: 'nothing it reads has changed' })
  let packed = 0
  const packing = setInterval(() => {
    packed += 500
    host.happen(id, {
      type: 'progress',
      node: 'train_emoji',
      what: 'packing pictures',
      done: packed,
      total: 3500,
    })
    if (packed < 3500) return
    clearInterval(packing)
    host.happen(
      id,
      { type: 'node', node: 'train_emoji', state: 'done' },
      { type: 'node', node: 'train', state: 'running', why: 'it was never trained' },
      { type: 'log', level: 'info', node: 'train', message: 'compiling for cpu' },
    )
    setTimeout(() => train(host, host.runs.get(id)!, 0), 800)
  }, 120)
}

function train(host: FakeHost, { id }: RunInfo, firstStep: number): void {
  host.happen(id, {
    type: 'train',
    node: 'train',
    steps: STEPS,
    firstStep,
    parameters: 1_234_567,
    compileSeconds: 3.4,
    fromCache: false,
  })
  const timer = setInterval(() => {
    const info = host.runs.get(id)
    if (!info || info.state === 'stopped' || info.state === 'cancelled') return clearInterval(timer)
    if (info.state !== 'running') return
    const step = stepsOf(host, id)
    if (step < STEPS) host.happen(id, stepEvent(step))
    if (step > 0 && step % 100 === 0) {
      host.happen(id, { type: 'checkpoint', node: 'train', step, path: '' })
      host.change(id, { resumable: true })
    }
    if (step < STEPS) return
    clearInterval(timer)
    finish(host, id)
  }, BATCH_MS)
}

export function finish(host: FakeHost, id: string): void {
  host.happen(id, { type: 'node', node: 'train', state: 'done' })
  for (const [node, report] of Object.entries(reports))
    host.happen(id, { type: 'report', node, report }, { type: 'node', node, state: 'done' })
  host.change(id, { state: 'completed', endedAt: Date.now(), reports, folder: '/graphs/.diptych/runs/demo' })
}

/** A run that is over, with all that it left. */
export function addFinished(host: FakeHost, file: string, text: string): void {
  const info = host.addRun(file, text, { queuedAt: Date.now() - 600_000, startedAt: Date.now() - 600_000 })
  const nodes = ['train_emoji', 'test_emoji', 'tokenizer', 'train'] as const
  host.events.get(info.id)!.push(
    ...nodes.map(node => ({ type: 'node', node, state: 'done' }) as const),
    {
      type: 'train',
      node: 'train',
      steps: STEPS,
      firstStep: 0,
      parameters: 1_234_567,
      compileSeconds: 3.4,
      fromCache: false,
    },
    ...Array.from({ length: STEPS }, (_, i) => stepEvent(i)),
  )
  finish(host, info.id)
  host.change(info.id, { endedAt: Date.now() - 540_000 })
}

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TrainInsight } from '../../src/graph/insight/train-insight.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import type { MeasuredTrain } from '../../src/protocol/messages.ts'
import { flowOn } from '../../src/renderer/canvas/overlay-store.ts'
import { type InsightAnswer, type InsightQuestion, Insights } from '../../src/renderer/state/insight.ts'
import { clip, node } from '../graph/fixtures.ts'
import { openWindow } from './kit.ts'

const insightOf = (train: string, flows: TrainInsight['flows'] = {}): TrainInsight => {
  const total = { parameters: 1, trained: 1, state: 0, forwardFlops: 1, stepFlops: 3, keptBytes: 4 }
  return { train, nodes: {}, total, weightBytes: 4, optimizerBytes: 8, flows }
}

describe('what is told of Trains', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function start() {
    const asked: InsightQuestion[] = []
    let answer: (answer: InsightAnswer) => void = () => {}
    let measured: { resolve: (of: MeasuredTrain) => void; reject: (why: Error) => void } | undefined
    const source = { ok: true }
    const insights = new Insights({
      open: take => {
        answer = take
        return { ask: question => asked.push(question) }
      },
      source: () => ({ document: clip(), schemas: {}, ...source }),
      measure: () => new Promise((resolve, reject) => (measured = { resolve, reject })),
      words: error => (error as Error).message,
    })
    return {
      asked,
      insights,
      source,
      now: () => insights.store.getState(),
      answer: (of: InsightAnswer) => answer(of),
      measured: () => measured!,
      settle: () => vi.advanceTimersByTimeAsync(1000),
    }
  }

  test('nothing is counted while nobody looks, and many edits are one question', async () => {
    const { asked, insights, now, settle } = start()
    insights.mark()
    await settle()
    expect(asked).toEqual([])
    const end = now().look()
    for (let i = 0; i < 5; i++) insights.mark()
    await settle()
    expect(asked).toHaveLength(1)
    end()
    insights.mark()
    await settle()
    expect(asked).toHaveLength(1)
  })

  test('an answer that an edit has made old is not taken', async () => {
    const { asked, insights, now, answer, settle } = start()
    now().look()
    await settle()
    insights.mark()
    await settle()
    answer({ id: asked[0]!.id, trains: [insightOf('old')] })
    expect(now().trains.size).toBe(0)
    answer({ id: asked[1]!.id, trains: [insightOf('train')] })
    expect([...now().trains.keys()]).toEqual(['train'])
    expect(now().stale).toBe(false)
  })

  test('of a graph with problems nothing is told', async () => {
    const { asked, insights, now, answer, source, settle } = start()
    now().look()
    await settle()
    answer({ id: asked[0]!.id, trains: [insightOf('train')] })
    source.ok = false
    insights.mark()
    await settle()
    expect(now().trains.size).toBe(0)
    expect(asked).toHaveLength(1)
  })

  test('a measurement is asked for once, told, and gone after an edit; a late one is not taken', async () => {
    const { insights, now, measured, settle } = start()
    const of = { train: 'train', advice: [], compileSeconds: 1, fromCache: false } as unknown as MeasuredTrain
    void now().measure('train')
    const { resolve } = measured()
    void now().measure('train')
    expect(measured().resolve).toBe(resolve)
    expect(now().measured.get('train')).toEqual({ state: 'asking' })
    resolve(of)
    await settle()
    expect(now().measured.get('train')).toEqual({ state: 'known', train: of })
    insights.mark()
    expect(now().measured.size).toBe(0)

    void now().measure('train')
    const late = measured()
    insights.mark()
    late.resolve(of)
    await settle()
    expect(now().measured.size).toBe(0)

    void now().measure('train')
    measured().reject(new Error('no plugin'))
    await settle()
    expect(now().measured.get('train')).toEqual({ state: 'failed', problem: 'no plugin' })
  })
})

test('the gradient on a wire, behind a reroute and on both sides of a subgraph’s edge', async () => {
  const window = await openWindow()
  const made = makeSubgraph(window.doc().document, ['image_projection', 'image_embedding'], 'tower')
  window.doc().replace(made.document, 'Make subgraph')
  const { nodes, defs } = window.doc().document
  const [port, inner] = Object.entries(defs.tower!.out)[0]!
  const into = Object.entries(nodes.tower!.in)[0]!
  const flows = { [`tower/${inner}`]: 'trainable', [into[1] as string]: 'frozen' } as const
  const trains = new Map([['train', insightOf('train', flows)]])
  const on = (wire: string) => flowOn({ trains }, null, window.doc(), wire)
  expect(on(`tower.${port}`)).toBe('trainable')
  expect(on(into[1] as string)).toBe('frozen')
  expect(on('batch.label')).toBe('none')
  window.doc().enter(['tower'])
  expect(on(inner)).toBe('trainable')
  expect(on(`@in.${into[0]}`)).toBe('frozen')
  window.doc().enter([])
  window.doc().run({
    type: 'addNode',
    id: 'bend',
    node: node('reroute', {}, { in: `tower.${port}` }),
    at: [0, 0],
  })
  expect(on('bend.out')).toBe('trainable')
})

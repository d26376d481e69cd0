import { describe, expect, test } from 'vitest'
import { trainingCurve } from '../../src/engine/training-curve.ts'
import type { Report } from '../../src/graph/host.ts'
import type { HostNode } from '../../src/graph/kit.ts'
import { curve } from '../../src/nodes/evaluation/curve.ts'
import type { StepEvent } from '../../src/protocol/messages.ts'

const steps = (n: number, more: (step: number) => Record<`train/${string}`, number> = () => ({})) =>
  Array.from(
    { length: n },
    (_, step): StepEvent => ({ type: 'step', node: 'train', step, 'train/loss': 10 - step, ...more(step) }),
  )

async function windowOf(whole: Report, params: Record<string, unknown> = {}): Promise<Report> {
  const def = curve as HostNode
  const inputs = { curve: { kind: 'report', value: whole } } as const
  const made = await def.run({ services: {} as never, seed: 0 }, def.params.parse(params), inputs)
  return (made.report as { readonly value: Report }).value
}

describe('the curve of a Train', () => {
  test('holds every metric that all steps have, step by step', () => {
    const some = trainingCurve(
      steps(4, s => ({ 'train/learning_rate': 0.5, ...(s > 1 && { 'train/loss_2': 1 }) })),
    )
    expect(some.metrics).toEqual({ n: 4, 'train/loss': 8.5, 'train/learning_rate': 0.5 })
    expect(some.items).toEqual({ 'train/loss': [10, 9, 8, 7], 'train/learning_rate': [0.5, 0.5, 0.5, 0.5] })
    expect(some.itemSets!['train/loss']).toBe('steps 0 to 3')
    expect(trainingCurve([]).metrics).toEqual({ n: 0 })
  })

  test('a window of it is the mean of those steps, the same items for every Train', async () => {
    const report = await windowOf(trainingCurve(steps(8)), { from: 2, steps: 4 })
    expect(report.metrics).toEqual({ 'train/loss': 6.5, n: 4 })
    expect(report.items).toEqual({ 'train/loss': [8, 7, 6, 5] })
    const longer = await windowOf(trainingCurve(steps(9)), { from: 2, steps: 4 })
    expect(longer.itemSets).toEqual(report.itemSets)
    expect((await windowOf(trainingCurve(steps(8)), { from: 3, steps: 4 })).itemSets).not.toEqual(
      report.itemSets,
    )
  })

  test('steps and metrics that are not there are named', async () => {
    const whole = trainingCurve(steps(8))
    await expect(windowOf(whole, { from: 2, steps: 7 })).rejects.toThrow('steps 2 to 8 of a Train of 8 steps')
    await expect(windowOf(whole, { metric: 'train/los' })).rejects.toThrow('no metric "train/los"')
  })
})

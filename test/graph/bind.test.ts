import { describe, expect, test } from 'vitest'
import { noise, run } from '../nn/scope.ts'
import { node, shown } from './fixtures.ts'
import { pixelGraph, project } from './pixels.ts'
import { norm, ref, Staged } from './stage-kit.ts'

describe('Bind', () => {
  const bind = (input: string, weights = 'base.weights') => node('weights.bind', {}, { input, weights })
  const base = {
    constant: node('optimizer.schedule', { rate: 0.1 }),
    sgd: node('optimizer.sgd', {}, { schedule: 'constant.schedule' }),
    base: node('train', { steps: 1 }, { loss: ['base_loss.loss'], optimizer: ['sgd.optimizer'] }),
    base_loss: node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'net.output' }),
  }
  const nodes = {
    ...base,
    enc: project('batch.image', 2),
    net: norm('enc.output'),
    frozen: bind('net.output'),
  }

  test('takes its weights as inputs of their own, in eval mode, over the same batch', () => {
    const s = new Staged(nodes)
    const y = s.value('frozen.output')
    s.value('net.output')
    expect(s.roles()).toEqual([
      'weight enc/weight [2,3], trained',
      'bound frozen/enc/weight [2,3]',
      'bound frozen/net/bias [2]',
      'bound frozen/net/running_mean [2]',
      'bound frozen/net/running_var [2]',
      'bound frozen/net/weight [2]',
      'weight net/bias [2], trained',
      'state net/running_mean [2]',
      'state net/running_var [2]',
      'weight net/weight [2], trained',
    ])
    expect(s.weights.specs.get('frozen/net/weight')!.bound).toEqual({
      wire: 'base.weights',
      name: 'net/weight',
    })
    expect([...s.after().keys()]).toEqual(['net/running_mean', 'net/running_var'])
    const names = s.program({ y }).inputs.map(i => i.name)
    expect(names.filter(n => n.includes('pixels'))).toEqual(['batch.image/pixels'])
    expect(
      names.filter(n => n.includes('/') && !n.includes('pixels')).every(n => n.startsWith('frozen/')),
    ).toBe(true)
  })

  test('sees the augmentation that the live part sees: with equal weights both are equal', () => {
    const s = new Staged(
      { ...base, net: project('batch.image', 2), frozen: bind('net.output') },
      {},
      { flip: 0.5, cropScale: 0.3, brightness: 0.4 },
    )
    const program = s.program({ live: s.value('net.output'), frozen: s.value('frozen.output') })
    const weights = [0.1, -0.4, 0.3, 0.7, 0.2, -0.5]
    const pixels = noise('augmented', [96]).map(x => Math.round(127 + 127 * x))
    const got = run(program, {
      key0: [1, 2],
      'batch.image/pixels': pixels,
      'net/weight': weights,
      'frozen/net/weight': weights,
    })
    expect(got.frozen).toEqual(got.live)
    const plain = Array.from({ length: 64 }, (_, i) => {
      const row = Math.floor(i / 2)
      return [0, 1, 2].reduce((sum, c) => sum + (pixels[3 * row + c]! / 255) * weights[3 * (i % 2) + c]!, 0)
    })
    expect(plain.some((x, i) => Math.abs(x - got.live![i]!) > 0.01)).toBe(true)
  })

  test('a bound wire within a bound wire keeps its own weights, and shared weights those of their owner', () => {
    const s = new Staged({
      ...nodes,
      tail: project('frozen.output', 2, { sharedWith: ref('head') }),
      head: project('net.output', 2),
      outer: bind('tail.output'),
    })
    s.value('outer.output')
    expect(s.roles()).toEqual([
      'bound frozen/enc/weight [2,3]',
      'bound frozen/net/bias [2]',
      'bound frozen/net/running_mean [2]',
      'bound frozen/net/running_var [2]',
      'bound frozen/net/weight [2]',
      'bound outer/head/weight [2,2]',
    ])
  })

  test('takes any device wire, and nothing else', () => {
    expect(shown(pixelGraph({ ...nodes, frozen: bind('data.dataset') }).diagnostics)).toMatchInlineSnapshot(
      `"error DT030 node "frozen" port "input": the input takes any device wire, the wire carries dataset{image, other}"`,
    )
  })

  test('can’t be bound to what its own Train will make', () => {
    const loss = node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'frozen.output' })
    expect(shown(pixelGraph({ ...nodes, base_loss: loss }).diagnostics)).toMatchInlineSnapshot(
      `"error DT040 node "frozen" port "weights": a cycle: base → frozen → base_loss → base. Remove one of these wires."`,
    )
  })
})

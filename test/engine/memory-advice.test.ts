import { describe, expect, test } from 'vitest'
import { memoryAdvice } from '../../src/engine/memory-advice.ts'
import { stepMemory } from '../../src/engine/step-facts.ts'
import { node } from '../graph/fixtures.ts'
import { pixelGraph, project, training } from '../graph/pixels.ts'

/** 1 GB for weights and batch, 8 GB for activations. */
const memory = stepMemory({ argumentBytes: 1e9, outputBytes: 1e9, aliasedBytes: 1e9, temporaryBytes: 8e9 })

function advice(availableBytes: number, train: object = {}, size = 12, sharing = 1) {
  const graph = pixelGraph(
    {
      net: project('batch.image', 5),
      target: project('batch.other', 5, { trainable: false }),
      loss: node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'target.output' }),
      ...training(['loss.loss'], { ...train }),
    },
    { size },
  )
  const fit = { neededBytes: memory.totalBytes * sharing, availableBytes, there: 'there', sharing }
  const facts = { devices: sharing, memory, flops: 1 }
  return memoryAdvice(graph, graph.nodes.get('train')!, facts, fit).map(
    ({ node: of, param, value, bytes }) =>
      `${of}.${param} ${value}${bytes === undefined ? '' : ` ${bytes / 1e9}`}`,
  )
}

describe('what would make a step fit', () => {
  test('the least that does, and what it would then need', () => {
    expect(advice(4e9)).toEqual([
      'train.gradientCheckpointing true',
      // 12 rows in 3 parts: 1 + 8 / 3 GB.
      `train.accumulate 3 ${(1e9 + 8e9 - 8e9 * (1 - 1 / 3)) / 1e9}`,
      'train.precision bf16 5',
      'batch.size 3 3',
    ])
    expect(advice(6e9).slice(1)).toEqual(['train.accumulate 2 5', 'train.precision bf16 5', 'batch.size 6 5'])
  })

  test('where nothing does, the most there is', () => {
    expect(advice(1e9)).toContainEqual(expect.stringMatching(/^train\.accumulate 12 1\.6/))
    expect(advice(1e9)).toContainEqual(expect.stringMatching(/^batch\.size 3 /))
  })

  test('not what is done already', () => {
    const done = { gradientCheckpointing: true, precision: 'bf16', accumulate: 4 }
    expect(advice(6.5e9, done)).toEqual([`train.accumulate 6 ${(1e9 + 8e9 - 8e9 * (1 - 4 / 6)) / 1e9}`])
  })

  test('of devices that share it, for all of them', () => {
    expect(advice(20e9, {}, 12, 4)).toContainEqual('train.accumulate 2 20')
  })
})

import { describe, expect, it } from 'vitest'
import { bytesOfStates, Snapshots, stateBytes } from '../../src/engine/snapshots.ts'
import { stateHash } from '../../src/engine/state-hash.ts'
import type { LoopState } from '../../src/engine/train-loop.ts'
import { hostArray } from '../../src/runtime/host-array.ts'

/** A state of 40 bytes. */
const stateAt = (step: number, value = step): LoopState => ({
  step,
  weights: new Map([['w', hostArray({ dtype: 'f32', shape: [6] }, new Array(6).fill(value))]]),
  optimizer: new Map([['m', hostArray({ dtype: 'f32', shape: [4] }, new Array(4).fill(value))]]),
})

describe('snapshots', () => {
  it('counts weights and optimizer state', () => {
    expect(stateBytes(stateAt(0))).toBe(40)
  })

  it('never hold more bytes than their limit, and keep the newest dense', () => {
    const snapshots = new Snapshots(400)
    for (let step = 0; step <= 1000; step++) {
      snapshots.hold(stateAt(step))
      expect(snapshots.heldBytes).toBeLessThanOrEqual(400)
      expect(snapshots.heldBytes).toBe(snapshots.steps.length * 40)
    }
    const { steps } = snapshots
    expect(steps).toHaveLength(10)
    expect(steps.slice(-2)).toEqual([999, 1000])
    // Gaps grow with age; what is oldest is far back.
    const gaps = steps.slice(1).map((s, i) => s - steps[i]!)
    expect(steps[0]).toBe(0)
    expect(gaps[0]).toBeGreaterThan(100)
    expect(gaps[3]).toBeGreaterThan(gaps[7]!)
    expect(Math.max(...gaps)).toBeLessThan(800)
    expect(snapshots.nearest(998)?.step).toBe(steps.at(-3))
    expect(snapshots.nearest(-1)).toBeUndefined()
  })

  it('hold what is put in between, such as a state that was gone back to', () => {
    const snapshots = new Snapshots(120)
    for (const step of [0, 50, 100]) snapshots.hold(stateAt(step))
    snapshots.hold(stateAt(75))
    expect(snapshots.steps).toContain(75)
    expect(snapshots.steps).toHaveLength(3)
    expect([...snapshots.steps].sort((a, b) => a - b)).toEqual(snapshots.steps)
  })

  it('hold no state that is larger than the limit, and none at all with 0', () => {
    const small = new Snapshots(39)
    small.hold(stateAt(3))
    expect(small.steps).toEqual([])
    // Where each is known to be larger, none is copied for nothing.
    for (const off of [new Snapshots(0), new Snapshots(39, 40)]) {
      expect(off.isOff).toBe(true)
      expect(off.isDue(5)).toBe(false)
    }
    expect(new Snapshots(40, 40).isDue(5)).toBe(true)
    const shapes = {
      weights: [{ name: 'w', shape: [6] }],
      state: [{ name: 'm', type: { dtype: 'f32', shape: [4] } }],
    } as unknown as Parameters<typeof bytesOfStates>[0]
    expect(bytesOfStates(shapes)).toBe(stateBytes(stateAt(0)))
  })

  it('are due as often as they cost little beside the steps', () => {
    const snapshots = new Snapshots(1e6)
    expect(snapshots.isDue(0)).toBe(true)
    snapshots.hold(stateAt(0))
    snapshots.tookCopy(10)
    snapshots.tookStep(100)
    // 10 ms are 2 % of five steps of 100 ms.
    expect([1, 4, 5, 6].map(step => snapshots.isDue(step))).toEqual([false, false, true, true])
    expect(snapshots.isDue(0)).toBe(false)
  })

  it('are forgotten after a step from which on all will be other', () => {
    const snapshots = new Snapshots(1e6)
    for (const step of [0, 4, 8, 12]) snapshots.hold(stateAt(step))
    snapshots.cut(8)
    expect(snapshots.steps).toEqual([0, 4, 8])
    expect(snapshots.heldBytes).toBe(120)
  })
})

describe('the hash of a state', () => {
  it('tells every step, name and bit apart', async () => {
    const base = await stateHash(stateAt(5))
    expect(base).toMatch(/^[0-9a-f]{64}$/)
    expect(await stateHash(stateAt(5))).toBe(base)
    const renamed = { ...stateAt(5), weights: new Map([['v', stateAt(5).weights.get('w')!]]) }
    const negativeZero = { ...stateAt(0), step: 5 }
    negativeZero.weights.get('w')!.bytes[3] = 0x80
    const others = [stateAt(6, 5), stateAt(5, 6), renamed, negativeZero, { ...stateAt(0), step: 5 }]
    const hashes = await Promise.all(others.map(stateHash))
    expect(new Set([base, ...hashes]).size).toBe(6)
  })

  it('does not depend on the order in which arrays were put in', async () => {
    const { weights } = stateAt(1)
    const a = { step: 1, weights: new Map([...weights, ['z', weights.get('w')!]]), optimizer: new Map() }
    const b = { ...a, weights: new Map([['z', weights.get('w')!], ...weights]) }
    expect(await stateHash(a)).toBe(await stateHash(b))
  })
})

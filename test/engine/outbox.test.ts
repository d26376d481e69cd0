import { describe, expect, it } from 'vitest'
import { Outbox } from '../../src/engine/outbox.ts'
import type { Event, Message } from '../../src/protocol/messages.ts'

const step = (n: number): Event => ({ type: 'step', node: 'train', step: n, 'train/loss': 1 / (n + 1) })
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

class Host {
  readonly batches: { readonly at: number; readonly events: readonly Event[] }[] = []
  /** Resolves each batch that is on its way. */
  readonly release: (() => void)[] = []
  readonly hold: boolean
  constructor(hold = false) {
    this.hold = hold
  }
  readonly send = (message: Message): void | Promise<void> => {
    if (message.type !== 'events') return undefined
    this.batches.push({ at: performance.now(), events: message.events })
    return this.hold ? new Promise(resolve => this.release.push(resolve)) : undefined
  }
  get events(): Event[] {
    return this.batches.flatMap(b => b.events)
  }
}

describe('the outbox', () => {
  it('sends at most 20 batches a second, in order, with nothing lost', async () => {
    const host = new Host()
    const outbox = new Outbox(1, host.send)
    const begun = performance.now()
    let n = 0
    while (performance.now() - begun < 1500) {
      // Urgent ones among them don't break the limit.
      outbox.emit(step(n++))
      if (n % 7 === 0) outbox.emit({ type: 'node', node: `n${n}`, state: 'done' })
      await pause(1)
    }
    await outbox.close()
    for (const { at } of host.batches)
      expect(host.batches.filter(b => b.at >= at && b.at < at + 999).length).toBeLessThanOrEqual(20)
    expect(host.events.flatMap(e => (e.type === 'step' ? [e.step] : []))).toEqual(
      Array.from({ length: n }, (_, i) => i),
    )
    expect(host.batches.length).toBeGreaterThan(10)
  })

  it('sends what a person waits for at once, with all before it', async () => {
    const host = new Host()
    const outbox = new Outbox(1, host.send)
    outbox.emit(step(0))
    await pause(20)
    outbox.emit(step(1))
    outbox.emit({ type: 'paused', node: 'train', step: 2 })
    await pause(15)
    expect(host.events.map(e => e.type)).toEqual(['step', 'step', 'paused'])
    await outbox.close()
  })

  it('has metrics on the disk before it sends them', async () => {
    const host = new Host()
    const outbox = new Outbox(1, host.send)
    let written = 0
    let logged = 0
    outbox.persistWith(async () => {
      const now = logged
      await pause(5)
      written = now
    })
    for (let i = 0; i < 30; i++) {
      logged++
      outbox.emit(step(i))
      await pause(3)
      expect(host.events.length).toBeLessThanOrEqual(written)
    }
    await outbox.close()
    expect(host.events).toHaveLength(30)
  })

  it('tells no metrics that could not be written, and says so to training', async () => {
    const host = new Host()
    const outbox = new Outbox(1, host.send)
    outbox.persistWith(() => Promise.reject(new Error('the disk is full')))
    outbox.emit(step(0))
    outbox.emit({ type: 'log', level: 'info', message: 'still told' })
    await outbox.close()
    expect(host.events.map(e => e.type)).toEqual(['log'])
    expect(() => outbox.room()).toThrow('the disk is full')
  })

  it('waits for a host that lags, and lets training wait when very much waits', async () => {
    const host = new Host(true)
    const outbox = new Outbox(1, host.send)
    for (let i = 0; i < 3; i++) {
      outbox.emit({ type: 'checkpoint', node: 'train', step: i, path: '' })
      await pause(5)
    }
    outbox.emit({ type: 'checkpoint', node: 'train', step: 3, path: '' })
    await pause(150)
    expect(host.batches).toHaveLength(3)
    let n = 0
    let room: Promise<void> | undefined
    while (!room && n < 100_000) {
      outbox.emit(step(n++))
      room = outbox.room()
    }
    expect(n).toBeLessThan(10_000)
    let passed = false
    void room!.then(() => {
      passed = true
    })
    await pause(50)
    expect(passed).toBe(false)
    const serve = setInterval(() => host.release.shift()?.(), 1)
    await room
    await outbox.close()
    clearInterval(serve)
    expect(host.events).toHaveLength(n + 4)
  })
})

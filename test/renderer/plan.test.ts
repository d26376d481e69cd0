import { describe, expect, test } from 'vitest'
import type { PlannedNode } from '../../src/protocol/messages.ts'
import { planKey, readPlan } from '../../src/renderer/canvas/plan-status.ts'
import { FakeHost } from './fake-host.ts'
import { openWindow, settle } from './kit.ts'

const plan = (nodes: readonly PlannedNode[]) => ({ nodes })

describe('the plan, as long as someone looks', () => {
  async function looking(answer?: () => unknown) {
    const host = new FakeHost()
    const texts: string[] = []
    const known = host.answers['plan.read']
    host.answers['plan.read'] = params => {
      texts.push(params.text)
      return (answer?.() ?? known(params)) as ReturnType<typeof known>
    }
    const window = await openWindow({ host })
    return { ...window, host, texts, now: () => window.plan.getState() }
  }

  test('is read when someone begins to look, and after each edit', async () => {
    const { doc, texts, now } = await looking()
    expect(texts).toEqual([])
    expect(now().state).toBe('off')
    const end = now().look()
    await settle()
    expect(now()).toMatchObject({ state: 'known', nodes: [{ node: 'train', does: 'runs' }] })
    doc().run({ type: 'setParam', node: 'train', path: ['steps'], value: 7 })
    await settle()
    expect(texts.length).toBeGreaterThan(1)
    expect(texts.at(-1)).toContain('"steps": 7')
    end()
    expect(now()).toMatchObject({ state: 'off', nodes: [] })
    const read = texts.length
    doc().run({ type: 'setParam', node: 'train', path: ['steps'], value: 8 })
    await settle()
    expect(texts).toHaveLength(read)
  })

  test('is read again when a run has ended, for its results are in the cache', async () => {
    const { runsNow, host, texts, now } = await looking()
    now().look()
    await settle()
    await runsNow().start()
    await settle()
    const read = texts.length
    host.change(runsNow().shown!, { state: 'completed', endedAt: 2 })
    await settle()
    expect(texts.length).toBeGreaterThan(read)
  })

  test('of a graph with problems there is none, and a failure is said', async () => {
    let answer: () => unknown = () => {
      throw new Error('the engine has ended')
    }
    const { doc, now } = await looking(() => answer())
    now().look()
    await settle()
    expect(now()).toMatchObject({ state: 'failed', nodes: [] })
    expect(now().problem).toContain('the engine has ended')
    answer = () => undefined
    doc().run({ type: 'setParam', node: 'vision', path: ['heads'], value: 7 })
    await settle()
    expect(now()).toMatchObject({ state: 'blocked', nodes: [], problem: null })
  })
})

describe('on a card', () => {
  test('what the next run would do with it, and why', () => {
    const nodes: PlannedNode[] = [
      { node: 'data', does: 'cached' },
      { node: 'train', does: 'runs', why: 'its weights changed', unless: ['data'] },
      { node: 'spare', does: 'nothing' },
      { node: 'adamw', does: 'anew' },
    ]
    const on = (card: string) => readPlan(planKey(plan(nodes), card))
    expect(on('data')).toMatchObject({ state: 'kept', text: 'cached' })
    expect(on('train')).toMatchObject({
      state: 'planned',
      text: 'will run',
      more: 'The next run makes it: its weights changed; depends on what data will make',
    })
    expect(on('spare')).toMatchObject({ state: 'unread', text: 'not read' })
    expect(on('adamw')).toBeNull()
    expect(on('vision')).toBeNull()
  })

  test('a subgraph runs if a part of it does', () => {
    const cached: PlannedNode = { node: 'outer/a', does: 'cached' }
    const runs: PlannedNode = { node: 'outer/b', does: 'runs', why: 'first run' }
    expect(readPlan(planKey(plan([cached]), 'outer'))?.text).toBe('cached')
    expect(readPlan(planKey(plan([cached, runs]), 'outer'))?.text).toBe('will run')
    expect(readPlan(planKey(plan([runs]), 'out'))).toBeNull()
  })
})

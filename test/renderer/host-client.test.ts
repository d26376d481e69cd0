import { describe, expect, test } from 'vitest'
import type { ClientFrame } from '../../src/protocol/frames.ts'
import type { ClientHandlers } from '../../src/protocol/transport.ts'
import { backoff } from '../../src/renderer/host/backoff.ts'
import { HostClient } from '../../src/renderer/host/client.ts'
import { HostError } from '../../src/renderer/host/fault.ts'

function pair() {
  const sent: ClientFrame[] = []
  const told: string[] = []
  let end: ClientHandlers | undefined
  const client = new HostClient(
    handlers => {
      end = handlers
      return { send: frame => sent.push(frame), close: () => told.push('closed by us') }
    },
    { open: () => told.push('open'), lost: () => told.push('lost'), closed: why => told.push(why) },
  )
  client.start()
  return { client, sent, told, end: end! }
}

test('answers go to their questions, in any order', async () => {
  const { client, end, sent } = pair()
  end.open()
  const a = client.request('runs.list', { document: 'a' })
  const b = client.request('runs.list', { document: 'b' })
  const [first, second] = sent as { id: number }[]
  end.frame({ id: second!.id, ok: true, result: ['b'] }, undefined)
  end.frame({ id: first!.id, ok: true, result: ['a'] }, undefined)
  expect(await a).toEqual(['a'])
  expect(await b).toEqual(['b'])
})

test('a fault keeps its tag', async () => {
  const { client, end } = pair()
  end.open()
  const asked = client.request('document.open', { path: '/x' })
  end.frame({ id: 1, ok: false, fault: { tag: 'not-found', message: 'there is no file /x' } }, undefined)
  const error = await asked.catch((e: unknown) => e)
  expect(error).toBeInstanceOf(HostError)
  expect(error).toMatchObject({ tag: 'not-found', message: 'there is no file /x', diagnostics: [] })
})

test('bytes come beside the result', async () => {
  const { client, end } = pair()
  end.open()
  const asked = client.requestBytes('picture.read', { run: 'r', name: 'n' })
  end.frame({ id: 1, ok: true, result: { mime: 'image/png' } }, new Uint8Array([1, 2]))
  expect(await asked).toEqual({ result: { mime: 'image/png' }, bytes: new Uint8Array([1, 2]) })
})

test('what is no longer wanted is cancelled, and its answer ignored', async () => {
  const { client, end, sent } = pair()
  end.open()
  const abort = new AbortController()
  const asked = client.request('graphs.list', {}, { signal: abort.signal })
  abort.abort()
  await expect(asked).rejects.toMatchObject({ tag: 'cancelled' })
  expect(sent.at(-1)).toEqual({ cancel: 1 })
  end.frame({ id: 1, ok: true, result: [] }, undefined)
  await expect(client.request('graphs.list', {}, { signal: abort.signal })).rejects.toMatchObject({
    tag: 'cancelled',
  })
  expect(sent).toHaveLength(2)
})

describe('a lost connection', () => {
  test('fails what is under way, and new questions until it is back', async () => {
    const { client, end, told } = pair()
    end.open()
    const asked = client.request('graphs.list', {})
    end.lost(undefined)
    await expect(asked).rejects.toMatchObject({ tag: 'lost' })
    await expect(client.request('graphs.list', {})).rejects.toMatchObject({ tag: 'lost' })
    end.open()
    const again = client.request('graphs.list', {})
    end.frame({ id: 2, ok: true, result: [] }, undefined)
    expect(await again).toEqual([])
    expect(told).toEqual(['open', 'lost', 'open'])
  })

  test('for good gives its reason', async () => {
    const { client, end, told } = pair()
    end.lost('the key is wrong')
    await expect(client.request('graphs.list', {})).rejects.toThrowError('the key is wrong')
    expect(told).toEqual(['the key is wrong'])
  })
})

test('events go to those who listen', () => {
  const { client, end } = pair()
  const heard: string[] = []
  const stop = client.on('engine.state', e => heard.push(e.state))
  end.frame({ event: 'engine.state', data: { state: 'busy' } }, undefined)
  stop()
  end.frame({ event: 'engine.state', data: { state: 'ready' } }, undefined)
  expect(heard).toEqual(['busy'])
})

test('pauses between tries grow, to five seconds or so', () => {
  const plain = (tries: number) => backoff(tries, () => 0.5)
  expect([0, 1, 2, 3].map(plain)).toEqual([250, 500, 1_000, 2_000])
  expect(plain(50)).toBe(5_000)
  expect(backoff(50, () => 1)).toBeLessThanOrEqual(6_250)
})

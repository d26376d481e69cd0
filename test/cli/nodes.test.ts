import { describe, expect, test } from 'vitest'
import { registry } from '../../src/nodes/index.ts'
import { fileScratch } from '../engine/toy.ts'
import { envWith, runCli, TRACE } from './kit.ts'

const env = envWith(fileScratch())
const defs = [...registry.values()]

test('nodes lists every type under its category', async () => {
  const { code, stdout, stderr } = await runCli(['nodes'], env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const def of defs)
    expect(stdout).toMatch(new RegExp(`^ {2}${def.type.replace('.', '\\.')} +${def.title}`, 'm'))
  const json = JSON.parse((await runCli(['nodes', '--json'], env)).stdout) as { type: string }[]
  expect(json.map(n => n.type)).toEqual(defs.map(d => d.type))
})

test('nodes <type> shows what it does, parameters, inputs and outputs', async () => {
  const { code, stdout, stderr } = await runCli(['nodes', 'optimizer.adamw'], env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toMatch(TRACE)
  expect(stdout).toMatch(/θ/)
  for (const part of [
    'Parameters',
    'weightDecay',
    'number 0–10',
    'Inputs',
    'schedule',
    'Outputs',
    'optimizer',
  ])
    expect(stdout).toContain(part)
  const json = JSON.parse((await runCli(['nodes', 'optimizer.adamw', '--json'], env)).stdout)
  expect(json).toMatchObject({ type: 'optimizer.adamw', params: { properties: { beta1: { default: 0.9 } } } })
})

describe('every node type is documented', () => {
  test.each(defs.map(d => [d.type, d] as const))('%s', (_, def) => {
    expect(def.title.length).toBeGreaterThan(2)
    expect(def.doc.trim().length).toBeGreaterThan(60)
    for (const [name, param] of Object.entries(def.params.shape))
      expect((param as { description?: string }).description, name).toBeTruthy()
    for (const [name, spec] of Object.entries(def.inputs)) expect(spec.doc, name).toBeTruthy()
    // A note computes nothing; what reads and writes texts and files has a source but no formula.
    if (def.category === 'note') return
    expect(def.doc, 'cites its source').toMatch(/Source: |Pictures: .*Names: /s)
    const computes = def.type === 'data.batch' || !['data', 'text'].includes(def.category)
    if (computes) expect(def.doc, 'states its formula').toMatch(/\$[^$]+\$/)
  })
})

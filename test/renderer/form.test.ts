import { describe, expect, it } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import type { Diagnostic } from '../../src/graph/diagnostic.ts'
import { registry } from '../../src/nodes/index.ts'
import { fixesOf } from '../../src/renderer/inspector/fixes.ts'
import { formFields, knownFields, labelOf, otherFaults } from '../../src/renderer/inspector/form-model.ts'
import { numberText, readNumber, stepNumber } from '../../src/renderer/inspector/number-text.ts'
import { settingCommand } from '../../src/renderer/inspector/setting-command.ts'
import { clip, withNode } from '../graph/fixtures.ts'

const form = (type: string, params = {}, faults: Diagnostic[] = []) =>
  formFields(registry.get(type)!, params, faults)
const field = (type: string, name: string, params = {}, faults: Diagnostic[] = []) =>
  form(type, params, faults).find(f => f.name === name)!

/** The fields of one entry of a list in a Train's form. */
function inner(name: string): string[] {
  const { widget } = field('train', name)
  if (widget.kind !== 'objects') throw new Error(`${name} is shown as ${widget.kind}`)
  return knownFields(widget.schema, {}).map(f => `${f.name}: ${f.widget.kind}`)
}

describe('the form of a node', () => {
  it('has a widget for every parameter of every node that there is', () => {
    for (const def of registry.values())
      for (const f of formFields(def, {})) expect([def.type, f.name, f.widget.kind]).not.toContain('json')
  })

  it('knows the widget, range and default of each kind of parameter', () => {
    const kinds = form('encoder.vit').map(f => `${f.name}: ${f.widget.kind} ${f.range}`.trim())
    expect(kinds).toMatchInlineSnapshot(`
      [
        "patch: number 1–256",
        "width: number 4–16384",
        "depth: number 1–128",
        "heads: number 1–256",
        "mlpRatio: number > 0, ≤ 16",
        "pool: choice",
        "classToken: switch",
        "keep: number > 0, ≤ 1",
        "extraTokens: number 0–4096",
        "mean: tuple",
        "std: tuple",
        "trainable: switch",
        "constWeights: switch",
        "sharedWith: node",
        "sharePattern: text",
        "averageOf: node",
        "averageDecay: number 0–1",
        "precision: choice",
      ]
    `)
    expect(form('evaluation.zeroShot').map(f => f.widget.kind)).toEqual([
      'text',
      'texts',
      'names',
      'names',
      'choice',
      'number',
    ])
    expect(form('objective.weightedSum').map(f => f.widget.kind)).toEqual(['numbers'])
    const strange = form('objective.weightedSum', { weights: [1, 'a'] })
    expect(strange.map(f => f.widget.kind)).toEqual(['json'])
    expect(inner('objectives')).toEqual(['trainable: text', 'every: number', 'start: number'])
    expect(inner('groups')).toEqual(['pattern: text', 'rate: number', 'weightDecay: maybe'])
    expect(inner('overrides')).toEqual(['$node: nodeId', 'params: json'])
    expect(field('train', 'objectives', { objectives: ['vision/*'] }).widget.kind).toBe('json')
    expect(form('data.map').map(f => f.widget.kind)).toEqual(['texts', 'choices', 'names', 'texts'])
    expect(field('data.map', 'kinds').widget).toMatchObject({ options: ['text', 'texts', 'int', 'float'] })
    expect(field('data.mix', 'weights').widget.kind).toBe('numbers')
    expect(field('note', 'text').widget).toEqual({ kind: 'markdown' })
    expect(field('data.folder', 'path').widget).toEqual({ kind: 'text', path: true })
  })

  it('tells what is set from what is left to the default', () => {
    expect(field('encoder.vit', 'width', { width: 64 })).toMatchObject({
      isSet: true,
      value: 64,
      default: 192,
    })
    expect(field('encoder.vit', 'width')).toMatchObject({ isSet: false, value: 192, required: false })
    expect(field('train', 'seed')).toMatchObject({ isSet: false, value: undefined, required: false })
    expect(field('data.folder', 'path')).toMatchObject({ required: true, value: undefined })
  })

  it('shows a value that its widget could not as it is in the file', () => {
    expect(field('encoder.vit', 'width', { width: 'wide' })).toMatchObject({
      value: 'wide',
      widget: { kind: 'json' },
    })
    expect(field('encoder.vit', 'mean', { mean: [1, 2] }).widget.kind).toBe('json')
    expect(field('encoder.vit', 'trainable', { trainable: null }).widget.kind).toBe('json')
    expect(field('data.map', 'kinds', { kinds: { a: 1 } }).widget.kind).toBe('json')
    expect(field('data.mix', 'weights', { weights: ['a'] }).widget.kind).toBe('json')
    // A choice that does not exist is still a text that the list can show.
    expect(field('encoder.vit', 'pool', { pool: 'max' }).widget.kind).toBe('choice')
  })

  it('puts parameters that the node does not have first, and all those of an unknown node', () => {
    expect(form('encoder.vit', { pach: 8 })[0]).toMatchObject({
      name: 'pach',
      value: 8,
      widget: { kind: 'json' },
    })
    expect(formFields(undefined, { a: 1, b: 'x' }).map(f => f.name)).toEqual(['a', 'b'])
    expect(form('encoder.vit', { constructor: 1 })[0]!.name).toBe('constructor')
  })

  it('shows faults on their field, also those inside it, and the rest on the node', () => {
    const at = (rest: Partial<Diagnostic>): Diagnostic => ({
      code: 'DT012',
      severity: 'error',
      message: 'bad',
      ...rest,
    })
    const faults = [at({ field: 'params.mean.1' }), at({ field: 'params.meaning' }), at({ port: 'image' })]
    const fields = form('encoder.vit', {}, faults)
    expect(fields.find(f => f.name === 'mean')!.faults).toEqual([faults[0]])
    expect(otherFaults(faults, fields)).toEqual(faults.slice(1))
  })

  it('has labels that people read', () => {
    expect(['imageSize', 'mlpRatio', 'beta1', 'std'].map(labelOf)).toEqual([
      'Image size',
      'MLP ratio',
      'Beta 1',
      'Std',
    ])
  })
})

describe('a typed number', () => {
  const value = (text: string, integer = false) => {
    const reading = readNumber(text, integer)
    return reading.ok ? reading.value : reading.why
  }

  it('is read as people write it', () => {
    const texts = ['128', ' 0.5', '.5', '1e-3', '3E-4', '-2', '−2', '+1', '1,000', '1_000_000', '2.']
    expect(texts.map(t => value(t))).toEqual([128, 0.5, 0.5, 0.001, 0.0003, -2, -2, 1, 1000, 1_000_000, 2])
    expect(value('1e3', true)).toBe(1000)
    expect(Object.is(value('-0'), 0)).toBe(true)
  })

  it('is refused with a reason', () => {
    expect(value('')).toBe('type a number, such as 0.1 or 1e-3')
    expect(value('0,5')).toBe('write 0.5, with a point')
    expect(value('12x', true)).toBe('not a whole number, such as 128')
    expect(value('1.5', true)).toBe('not a whole number, such as 128')
    expect(value('1e999')).toBe('too large for a number')
    for (const text of ['0x10', 'NaN', 'Infinity', '1e', '--1', '1 2'])
      expect(value(text)).toBeTypeOf('string')
  })

  it('comes back exactly from its text', () => {
    for (const x of [0.1, 1e-6, 1 / 0.07, 0.48145466, 1e21, 5e-324, -3e-4, 4_294_967_295, 0])
      expect(value(numberText(x))).toBe(x)
    expect([1e-6, 0.001, 0.00025].map(numberText)).toEqual(['1e-6', '0.001', '2.5e-4'])
  })

  it('steps by its own size, within its range', () => {
    const step = (x: number, d: 1 | -1, integer = false, large = false, schema = {}) =>
      stepNumber(x, d, schema, integer, large)
    expect([step(8, 1, true), step(8, -1, true), step(8, 1, true, true)]).toEqual([9, 7, 18])
    expect([step(0.001, 1), step(0.3, -1), step(0, 1)]).toEqual([0.0011, 0.29, 0.1])
    expect(step(1, -1, true, true, { minimum: 1 })).toBe(1)
    expect(step(0.9, 1, false, true, { exclusiveMaximum: 1 })).toBe(0.9)
  })
})

describe('a hint that can be done', () => {
  const vit = { type: 'encoder.vit', v: 1, params: { pach: 8 }, in: { image: 'batch.imge' } }
  const fix = (d: Partial<Diagnostic>, node = vit) =>
    fixesOf(
      { code: 'DT012', severity: 'error', node: 'n', message: '', ...d } as Diagnostic,
      node,
      registry.get(node.type),
    ).map(f => [f.label, 'command' in f && f.command])

  it('allows a place outside the folder of the graph', () => {
    const message =
      '"/data/a "b".csv" lies outside the folder of this graph: it is not looked into before you allow it'
    const [fix] = fixesOf({ code: 'DT060', severity: 'error', node: 'n', message }, undefined, undefined)
    expect(fix).toEqual({ label: 'Look into it', place: '/data/a "b".csv' })
  })

  it('renames a parameter and keeps its value', () => {
    expect(fix({ code: 'DT011', field: 'params.pach', hint: 'Did you mean "patch"?' })).toEqual([
      [
        'Use "patch"',
        {
          type: 'group',
          label: 'Rename parameter',
          commands: [
            { type: 'setParam', node: 'n', path: ['pach'], value: undefined },
            { type: 'setParam', node: 'n', path: ['patch'], value: 8 },
          ],
        },
      ],
    ])
  })

  it('sets a value that is named', () => {
    expect(fix({ field: 'params.pool', hint: 'Did you mean "mean"?' })).toEqual([
      ['Use "mean"', { type: 'setParam', node: 'n', path: ['pool'], value: 'mean' }],
    ])
    expect(fix({ code: 'DT052', field: 'params.size', hint: 'Set size to at most 148.' })).toEqual([
      ['Set to 148', { type: 'setParam', node: 'n', path: ['size'], value: 148 }],
    ])
  })

  it('rewires to the output that was meant, and wires what fits', () => {
    expect(
      fix({
        code: 'DT023',
        port: 'image',
        message: 'the node "batch" has no output "imge"',
        hint: 'Did you mean "image"?',
      }),
    ).toEqual([
      ['Wire batch.image', { type: 'connect', from: 'batch.image', node: 'n', port: 'image', list: false }],
    ])
    const train = { type: 'train', v: 1, params: {} as never, in: {} as never }
    expect(
      fix({ code: 'DT021', port: 'loss', hint: 'One objective or several. Wire "loss.loss".' }, train),
    ).toEqual([
      ['Wire loss.loss', { type: 'connect', from: 'loss.loss', node: 'n', port: 'loss', list: true }],
    ])
  })

  it('is nothing where the hint is only advice', () => {
    expect(fix({ field: 'params.heads', hint: 'Choose a number of heads that divides the width.' })).toEqual(
      [],
    )
    expect(fix({ field: 'params.heads' })).toEqual([])
  })
})

describe('an edit in the form', () => {
  const edited = (v: number, params: Readonly<Record<string, unknown>>) => {
    const doc = withNode(clip(), 'train', { v, params })
    const command = settingCommand(registry.get('train'), 'train', doc.nodes.train!, ['steps'], 7)
    const { document, inverse } = applyCommand(doc, command)
    expect(applyCommand(document, inverse).document).toEqual(doc)
    return document.nodes.train!
  }

  it('brings a node of an older version up to date, and is undone with that', () => {
    expect(edited(1, { trainable: ['vision/*'] })).toMatchObject({
      v: 2,
      params: { objectives: [{ trainable: 'vision/*' }], steps: 7 },
    })
  })

  it('changes one parameter of a node that is up to date', () => {
    expect(edited(2, { clipNorm: 0 })).toMatchObject({ v: 2, params: { clipNorm: 0, steps: 7 } })
  })
})

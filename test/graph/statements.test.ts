import { expect, test } from 'vitest'
import type { NodeJson } from '../../src/graph/document.ts'
import { checked, clip, clipSchemas, documentOf, emojiSchema, known, node, shown } from './fixtures.ts'

/** The CLIP document with an evaluator of statements on the test rows, and rows to validate on. */
const faults = (statements: NodeJson): string =>
  shown(
    checked(documentOf({ ...clip().nodes, held: node('data.emoji', { language: 'de' }), statements }), {
      ...clipSchemas,
      'held.dataset': known({
        ...emojiSchema,
        fields: { image: { kind: 'image' }, caption: { kind: 'text' } },
      }),
    }).diagnostics,
  )
const statements = (params: object, more = {}) =>
  node(
    'evaluation.statements',
    { ...params },
    {
      pairs: 'logits.pairs',
      dataset: 'test_emoji.dataset',
      weights: 'train.weights',
      ...more,
    },
  )

// Regression: with an input for a dataset left open, nothing at all was held against the others.
test('columns are demanded of the rows measured also where no validation rows are wired', () => {
  expect(faults(statements({ label: 'gender' }))).toBe('')
  expect(faults(statements({ label: 'lable', statement: 'name' }))).toMatchInlineSnapshot(
    `"error DT050 node "statements" port "dataset": it reads the category column "lable", which this dataset lacks. Its category columns: language, group, subgroup, skin_tone, gender."`,
  )
})

test('validation rows need the same columns', () => {
  expect(faults(statements({ label: 'gender' }, { validation: 'held.dataset' }))).toMatchInlineSnapshot(
    `"error DT050 node "statements" port "validation": it reads the category column "gender", which this dataset lacks. It has no category column."`,
  )
})

test('the label can’t be the kind', () => {
  expect(faults(statements({ label: 'gender', kind: 'gender' }))).toMatchInlineSnapshot(
    `"error DT052 node "statements" params.kind: "gender" is the label and can't be the kind too. Choose another column, or none."`,
  )
})

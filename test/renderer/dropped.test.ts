import { expect, it } from 'vitest'
import { adviceOn } from '../../src/renderer/app/dropped.ts'

const said = (name: string, size = 1000) => {
  const advice = adviceOn({ name, size })
  return advice && `${advice.message} ${advice.hint}`
}

it('says what to do with a dropped file that is no graph', () => {
  expect(said('weights.safetensors', 5e9)).toMatch(/holds weights.* graph\.json .*Ctrl\+O/)
  expect(said('metrics.train.jsonl')).toMatch(/metrics of a run.*graph\.json/)
  expect(said('rows.jsonl')).toMatch(/holds data.*Add a node under Data/)
  expect(said('run.dpt')).toMatch(/bundle.*Ctrl\+O/)
  expect(said('model.pt')).toMatch(/may hold code/)
  expect(said('cat.PNG')).toMatch(/Picture folder/)
  expect(said('graph.json', 65e6)).toMatch(/too large/)
})

it('leaves to the reader what may be a graph', () => {
  expect(said('graph.json')).toBeUndefined()
  expect(said('notes.txt')).toBeUndefined()
})

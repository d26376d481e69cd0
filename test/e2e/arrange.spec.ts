import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseGraph } from '../../src/graph/parse.ts'
import { smallGraph } from './graphs.ts'
import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const WISH = { steps: 5, seed: 31 }

/** What the window would save. */
async function saved({ page, dirty }: WorkbenchWindow, path: string) {
  await page.keyboard.press('Control+s')
  await expect(dirty).toBeHidden()
  return parseGraph(await readFile(path, 'utf8')).document!
}

test('nodes are grouped, named, coloured, moved and ungrouped', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page, inspector } = window
  await window.pick('image_projection', 'text_projection')
  await page.keyboard.press('Control+g')
  const frame = page.getByRole('button', { name: 'Group Group, 2 nodes' })
  await expect(frame).toBeVisible()
  await inspector.getByLabel('Title of the group').fill('Projections')
  await inspector.getByLabel('Title of the group').press('Enter')
  await inspector.getByRole('radio', { name: 'green' }).check()
  const named = page.getByRole('button', { name: 'Group Projections, 2 nodes' })
  await page.screenshot({ path: info.outputPath('group.png') })

  // With the mouse: its title moves all of it.
  const before = await window.centreOf(window.card('image_projection'))
  const grip = await window.centreOf(named)
  await window.drag(grip, { x: grip.x, y: grip.y + 60 })
  const after = await window.centreOf(window.card('image_projection'))
  expect(after.y - before.y).toBeGreaterThan(40)
  const doc = await saved(window, workbench.graph)
  expect(Object.values(doc.groups!)).toEqual([
    { title: 'Projections', colour: 'green', nodes: ['image_projection', 'text_projection'] },
  ])

  // By keyboard: the title takes the focus, selects, and the arrows move.
  await named.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowDown')
  const moved = await saved(window, workbench.graph)
  for (const id of ['image_projection', 'text_projection'])
    expect(moved.view[id]![1] - doc.view[id]![1]).toBe(8)
  await page.keyboard.press('F2')
  await page.keyboard.type('Heads')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Group Heads, 2 nodes' })).toBeVisible()
  await page.getByRole('button', { name: 'Group Heads, 2 nodes' }).click()
  await page.keyboard.press('Control+g')
  await expect(page.getByRole('button', { name: /^Group / })).toHaveCount(0)
  await page.keyboard.press('Control+z')
  await expect(page.getByRole('button', { name: 'Group Heads, 2 nodes' })).toBeVisible()
})

test('a muted node and what needs it recede; a bypassed one passes on; the plan follows', async ({
  workbench,
}, info) => {
  const { window } = await workbench.start(WISH)
  const { page, inspector } = window
  const doc = parseGraph(smallGraph(WISH)).document!
  const evaluators = Object.keys(doc.nodes).filter(id => doc.nodes[id]!.type.startsWith('evaluation.'))
  await window.select(evaluators[0]!)
  await page.keyboard.press('Control+m')
  await expect(window.card(evaluators[0]!)).toHaveAccessibleName(/, muted/)
  await expect(page.getByTestId('said')).toHaveText('Mute node')
  await window.select('text')
  await inspector.getByRole('button', { name: /^Mute/ }).click()
  await expect(window.card('train')).toHaveAccessibleName(/off: needs text, which is muted/)
  await expect(window.button('Run')).not.toHaveAttribute('aria-disabled', 'true')
  await page.screenshot({ path: info.outputPath('muted.png') })
  await page.keyboard.press('Control+z')
  await expect(window.card('train')).not.toHaveAccessibleName(/off/)
  await window.select('vision')
  await page.keyboard.press('Control+b')
  await expect(window.card('vision')).toHaveAccessibleName(/, bypassed/)
  await page.screenshot({ path: info.outputPath('bypassed.png') })
  await page.keyboard.press('Control+b')
  await expect(window.card('vision')).not.toHaveAccessibleName(/bypassed/)
  const kept = await saved(window, workbench.graph)
  expect(kept.nodes[evaluators[0]!]!.mode).toBe('muted')
  expect(kept.nodes.vision!.mode).toBeUndefined()
})

test('nodes are aligned, distributed and laid out', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page, inspector } = window
  await window.pick('vision', 'text', 'image_projection')
  await inspector.getByRole('button', { name: 'Align top edges' }).click()
  const aligned = await saved(window, workbench.graph)
  expect(new Set(['vision', 'text', 'image_projection'].map(id => aligned.view[id]![1])).size).toBe(1)
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Alt+a')
  const left = await saved(window, workbench.graph)
  expect(new Set(['vision', 'text', 'image_projection'].map(id => left.view[id]![0])).size).toBe(1)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+Shift+l')
  await window.fit()
  await page.screenshot({ path: info.outputPath('laid-out.png') })
  const doc = await saved(window, workbench.graph)
  for (const [id, node] of Object.entries(doc.nodes))
    for (const wire of Object.values(node.in).flat())
      expect(doc.view[wire.split('.')[0]!]![0]).toBeLessThan(doc.view[id]![0])
})

test('a node goes into a wire: dropped on it, by search, as a reroute', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page, canvas } = window
  const wire = window.wire('ViT image encoder pooled', 'Linear projection input')
  await window.zoomTo('image_projection')

  // By keyboard: into the selected wire.
  await wire.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+k')
  const search = page.getByRole('dialog', { name: 'Insert a node into the wire' })
  await search.getByRole('combobox').fill('normalize')
  await page.keyboard.press('Enter')
  await expect(wire).toHaveCount(0)
  await expect(window.wire('ViT image encoder pooled', 'L2 normalise input')).toHaveCount(1)
  await page.keyboard.press('Control+z')
  await expect(wire).toHaveCount(1)

  // By keyboard: a reroute, and by a double click.
  await wire.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('r')
  await expect(canvas.getByRole('group', { name: /^Reroute, reroute, / })).toBeVisible()
  await page.screenshot({ path: info.outputPath('reroute.png') })
  await expect(window.button('Run')).not.toHaveAttribute('aria-disabled', 'true')
  const doc = await saved(window, workbench.graph)
  expect(doc.nodes.image_projection!.in.input).toBe('reroute.out')
  await page.keyboard.press('Control+z')

  // With the mouse: a card is dragged onto the wire.
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('normalize')
  await page.keyboard.press('Enter')
  const fresh = canvas.getByRole('group', { name: /, normalize, / })
  await window.fit()
  await expect(fresh).toBeVisible()
  // Places are read when the view has come to rest.
  await page.waitForTimeout(700)
  const [from, a, b] = [
    await window.centreOf(fresh),
    await window.centreOf(window.port('vision', 'Output', 'pooled')),
    await window.centreOf(window.port('image_projection', 'Input', 'input')),
  ]
  // A card is taken along from where the pointer has moved a little, as a hand does.
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x + 3, from.y)
  await page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2, { steps: 12 })
  await page.mouse.up()
  await expect(wire).toHaveCount(0)
  const dropped = await saved(window, workbench.graph)
  expect(dropped.nodes.normalize!.in.input).toBe('vision.pooled')
  expect(dropped.nodes.image_projection!.in.input).toBe('normalize.output')
})

test('nodes are copied as text, and a graph in an answer of a chat is pasted', async ({ workbench }) => {
  const { window } = await workbench.start(WISH)
  const { page, canvas } = window
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await window.select('vision')
  await page.keyboard.press('Control+c')
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text).toContain('"format": "diptych-nodes"')
  await page.keyboard.press('Control+v')
  await expect(window.card('vision_2')).toBeVisible()
  await page.evaluate(
    graph =>
      navigator.clipboard.writeText(`Sure! Here is your graph:\n\n\`\`\`json\n${graph}\n\`\`\`\n\nHave fun.`),
    await readFile(join('graphs', 'clip-emoji.json'), 'utf8'),
  )
  const before = await canvas.getByRole('group', { name: /, train(_\d)?, / }).count()
  await canvas.click({ position: { x: 10, y: 10 } })
  await page.keyboard.press('Control+v')
  await expect(canvas.getByRole('group', { name: /, train(_\d)?, / })).toHaveCount(before + 1)
  await page.keyboard.press('Control+z')
  await page.evaluate(() =>
    navigator.clipboard.writeText(
      '{"format": "diptych-graph", "version": 1, "meta": {"title": "x"}, "nodes": {"A": {}}}',
    ),
  )
  await page.keyboard.press('Control+v')
  await expect(page.getByText(/The pasted graph can't be read/)).toBeVisible()
})

import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import type { CheckedGraph } from '../check.ts'
import { GraphFault } from '../diagnostic.ts'
import { splitWire, type Wire, wiresOf } from '../document.ts'
import type { HostValue, Services, SettingsValue } from '../host.ts'

/** The optimizers of a Train. They and their schedules are settings: their nodes need no data and no services. */
export async function optimizersOf(graph: CheckedGraph, train: string): Promise<OptimizerValue[]> {
  const values = new Map<Wire, HostValue>()
  const run = async (wire: Wire): Promise<void> => {
    if (values.has(wire)) return
    const { node: id } = splitWire(wire)
    const { def, json, params } = graph.nodes.get(id)!
    if (def.kind !== 'host' || def.uses.length > 0)
      throw new GraphFault('DT030', `"${wire}" carries no settings`, { hint: 'Wire an optimizer node.' })
    const inputs: Record<string, HostValue> = {}
    for (const [port, given] of Object.entries(json.in))
      for (const w of wiresOf(given)) {
        await run(w)
        inputs[port] = values.get(w)!
      }
    const outputs = await def.run({ services: NO_SERVICES, seed: graph.seed }, params, inputs)
    for (const [port, value] of Object.entries(outputs)) values.set(`${id}.${port}`, value)
  }
  const wires = wiresOf(graph.nodes.get(train)!.json.in.optimizer)
  for (const w of wires) await run(w)
  return wires.map(w => (values.get(w) as SettingsValue).value as OptimizerValue)
}

const NO_SERVICES = {} as Services

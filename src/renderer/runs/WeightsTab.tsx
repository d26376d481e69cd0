import { ScanSearch, TriangleAlert } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { WeightNorms } from '../../protocol/messages.ts'
import { steppedTrain } from '../app/run-controls.ts'
import { shownRun, useRuns } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { classes } from '../ui/classes.ts'
import { plural, short, whole } from '../ui/format.ts'
import { Pills } from '../ui/Pills.tsx'
import { Empty } from './Empty.tsx'
import tab from './tab.module.css'
import styles from './WeightsTab.module.css'
import { type Order, orderedWeights, shareOf, spanOf, updateRatio } from './weight-rows.ts'

const ORDERS = [
  { key: 'name', text: 'By name' },
  { key: 'gradient', text: 'Smallest gradient' },
  { key: 'ratio', text: 'Largest update' },
] as const satisfies readonly { key: Order; text: string }[]

/** Each weight of a training: its gradient on the next step, and by how much that step moves it. */
export function WeightsTab() {
  const run = useRuns(shownRun)
  const control = useRuns(state => state.control)
  const [order, setOrder] = useState<Order>('name')
  const train = steppedTrain(run)
  const weights = run?.weights ?? null
  const isHeld = run?.info.state === 'paused' && train !== undefined
  const place = isHeld ? `${run.info.id} ${train.node} ${train.taken}` : null
  const isSeen = weights !== null && weights.node === train?.node && weights.step === train.taken
  const atEnd = train !== undefined && train.taken === train.steps
  // While this is open, the weights of a held run are those of where it stands.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each place
  useEffect(() => {
    if (place !== null && !isSeen && !atEnd) void control('weights')
  }, [place])
  const rows = useMemo(() => (weights ? orderedWeights(weights.norms, order) : []), [weights, order])
  if (!train && !weights)
    return (
      <Empty icon={ScanSearch} title="Nothing is training">
        While a run trains, the gradient and the update of each weight are shown here.
      </Empty>
    )
  return (
    <div className={classes(tab.page, tab.stack, styles.weights)}>
      <div className={classes(tab.row, styles.tools)}>
        <Button
          small
          icon={<ScanSearch size={13} />}
          disabled={!train ? 'Nothing is training' : atEnd && 'All steps are taken: go back one'}
          onClick={() => void control('weights')}
        >
          Look at the next step
        </Button>
        <Pills
          label="Order"
          options={ORDERS}
          value={order}
          onChange={key => setOrder(ORDERS.find(o => o.key === key)?.key ?? 'name')}
        />
        <span className={styles.place} role="status">
          {isHeld && !isSeen && !atEnd
            ? `Looks at step ${whole(train.taken)} …`
            : weights &&
              `step ${whole(weights.step)} of ${weights.node}, ${plural(weights.norms.length, 'weight')}`}
        </span>
      </div>
      <Alarm norms={weights?.norms ?? []} />
      {rows.length > 0 && <Table rows={rows} />}
    </div>
  )
}

function Alarm({ norms }: { readonly norms: readonly WeightNorms[] }) {
  const still = norms.filter(w => w.gradient === 0)
  if (still.length === 0) return null
  return (
    <p className={styles.alarm} role="alert">
      <TriangleAlert size={14} aria-hidden="true" />
      {still.length === 1 ? `${still[0]!.name} gets` : `${whole(still.length)} weights get`} no gradient on
      this step.
    </p>
  )
}

function Table({ rows }: { readonly rows: readonly WeightNorms[] }) {
  const gradients = spanOf(rows.map(w => w.gradient))
  const ratios = spanOf(rows.map(updateRatio))
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>Weight</th>
          <th title="2-norm of the weight, before the step">‖w‖</th>
          <th title="2-norm of its gradient, before clipping; bars are logarithmic">Gradient ‖g‖</th>
          <th title="2-norm of what the step adds over that of the weight; bars are logarithmic">
            Update ‖Δw‖ / ‖w‖
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(w => (
          <tr key={w.name} data-still={w.gradient === 0 || undefined}>
            <th scope="row">{w.name}</th>
            <td>{short(w.weight)}</td>
            <Bar value={w.gradient} share={shareOf(w.gradient, gradients)} />
            <Bar value={updateRatio(w)} share={shareOf(updateRatio(w), ratios)} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Room for the number beside the longest bar. */
const NUMBER = 88

function Bar({ value, share }: { readonly value: number; readonly share: number }) {
  return (
    <td className={styles.bar}>
      <span
        className={styles.fill}
        style={{ width: `calc((100% - ${NUMBER}px) * ${share})` }}
        aria-hidden="true"
      />
      <span className={styles.number}>{numberText(value)}</span>
    </td>
  )
}

/** Norms span many powers of ten. */
const numberText = (x: number): string =>
  x !== 0 && Number.isFinite(x) && (x < 0.01 || x >= 1e5) ? x.toExponential(1) : short(x)

import { ArrowDown, ArrowUp, Ellipsis, GitFork, Package, Pencil, RotateCw, Trash2 } from 'lucide-react'
import { useLayoutEffect, useRef } from 'react'
import type { RunInfo } from '../../protocol/workbench.ts'
import { openDialog } from '../app/dialog-store.ts'
import { runsStore, useRuns } from '../state/index.ts'
import { isOver } from '../state/run-reducer.ts'
import { say } from '../state/say.ts'
import { IconButton } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { moveBefore, type RunRow } from './run-rows.ts'

const ENDED_EARLY: readonly RunInfo['state'][] = ['stopped', 'interrupted', 'failed', 'cancelled']

/** What can be done with a run in the list. */
export function RunActions({ info, turn }: RunRow) {
  const { show, goOn, remove } = runsStore.getState()
  // One that waits since before a restart goes on at a word.
  const canGoOn = info.held || (info.resumable && ENDED_EARLY.includes(info.state))
  // A run that is done and has no folder came in a bundle.
  const isOfBundle = info.state === 'completed' && info.folder === null
  return (
    <>
      {turn !== null && <Moves run={info.id} />}
      {canGoOn && (
        <IconButton
          small
          label={info.held ? 'Let it run' : 'Continue from its newest checkpoint'}
          icon={<RotateCw size={14} />}
          onClick={() => void goOn(info.id)}
        />
      )}
      {turn !== null && (
        <IconButton
          small
          label="Take out of the queue"
          icon={<Trash2 size={14} />}
          onClick={() => void remove(info.id)}
        />
      )}
      {info.folder !== null && info.startedAt !== null && (
        <IconButton
          small
          label="Fork: another run begins with a step of this one"
          icon={<GitFork size={14} />}
          onClick={() => {
            show(info.id)
            openDialog({ kind: 'fork', run: info.id })
          }}
        />
      )}
      {!isOfBundle && <More info={info} />}
    </>
  )
}

/** What is done with a run as a thing that is kept. */
function More({ info }: { readonly info: RunInfo }) {
  const over = isOver(info)
  const kept = info.folder !== null && over
  const asks = (kind: 'rename-run' | 'delete-run' | 'bundle') => () => openDialog({ kind, run: info.id })
  return (
    <Menu
      label="More of this run"
      items={[
        { text: 'Name…', icon: <Pencil size={15} />, run: asks('rename-run') },
        {
          text: 'Export a bundle: the graph with these results…',
          icon: <Package size={15} />,
          disabled: !kept && 'It has no results yet',
          run: asks('bundle'),
        },
        'line',
        {
          text: 'Delete…',
          icon: <Trash2 size={15} />,
          disabled: !over && (info.state === 'waiting' ? 'Take it out of the queue' : 'Stop it first'),
          run: asks('delete-run'),
        },
      ]}
      trigger={props => (
        <IconButton {...props} small label="More of this run" icon={<Ellipsis size={14} />} />
      )}
    />
  )
}

/** Earlier and later among those that wait. */
function Moves({ run }: { readonly run: string }) {
  const queue = useRuns(state => state.queue)
  const at = queue.indexOf(run)
  const pressed = useRef<HTMLButtonElement | null>(null)
  // A row that changes its place loses the focus on the way.
  useLayoutEffect(() => {
    if (!pressed.current) return
    pressed.current.focus()
    pressed.current = null
    say(`Place ${at + 1} of those that wait`)
  }, [at])
  const move = (by: -1 | 1) => (event: React.MouseEvent<HTMLButtonElement>) => {
    const before = moveBefore(queue, run, by)
    if (before === undefined) return
    pressed.current = event.currentTarget
    void runsStore.getState().move(run, before)
  }
  if (queue.length < 2) return null
  return (
    <>
      <IconButton
        small
        label="Earlier in the queue"
        icon={<ArrowUp size={14} />}
        disabled={at === 0 && 'It is the first of those that wait'}
        onClick={move(-1)}
      />
      <IconButton
        small
        label="Later in the queue"
        icon={<ArrowDown size={14} />}
        disabled={at === queue.length - 1 && 'It is the last of those that wait'}
        onClick={move(1)}
      />
    </>
  )
}

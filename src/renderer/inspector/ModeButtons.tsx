import { CircleSlash, Redo2 } from 'lucide-react'
import type { NodeMode } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { toggleMode } from '../canvas/group-actions.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { useShown } from '../state/index.ts'
import { Button, IconButton } from '../ui/Button.tsx'

/** Mutes and bypasses all selected nodes. */
export function ModeButtons({ ids }: { readonly ids: readonly string[] }) {
  const keys = useShownKeys()
  const nodes = useShown(state => state.document.nodes)
  const all = (mode: NodeMode) => ids.every(id => own(nodes, id)?.mode === mode)
  return (
    <>
      <Button
        small
        icon={<Redo2 size={14} />}
        shortcut={keys('bypass')}
        onClick={() => toggleMode('bypassed')}
      >
        {all('bypassed') ? 'Run again' : 'Bypass'}
      </Button>
      <Button
        small
        icon={<CircleSlash size={14} />}
        shortcut={keys('mute')}
        onClick={() => toggleMode('muted')}
      >
        {all('muted') ? 'Run again' : 'Mute'}
      </Button>
    </>
  )
}

export function ModeIcons({ mode }: { readonly id: string; readonly mode: NodeMode | undefined }) {
  const keys = useShownKeys()
  return (
    <>
      <IconButton
        small
        label={mode === 'bypassed' ? 'Run again, no bypass' : 'Bypass: pass on what it reads'}
        shortcut={keys('bypass')}
        aria-pressed={mode === 'bypassed'}
        icon={<Redo2 size={15} />}
        onClick={() => toggleMode('bypassed')}
      />
      <IconButton
        small
        label={mode === 'muted' ? 'Run again, not muted' : 'Mute: as if it were not there'}
        shortcut={keys('mute')}
        aria-pressed={mode === 'muted'}
        icon={<CircleSlash size={15} />}
        onClick={() => toggleMode('muted')}
      />
    </>
  )
}

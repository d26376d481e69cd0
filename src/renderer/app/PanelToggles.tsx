import { PanelBottom, PanelLeft, PanelRight } from 'lucide-react'
import { IconButton } from '../ui/Button.tsx'
import type { Panel } from './layout.ts'
import { toggle, useLayout } from './layout-store.ts'

const PANELS = [
  { panel: 'palette', name: 'nodes', icon: <PanelLeft size={16} /> },
  { panel: 'runs', name: 'runs', icon: <PanelBottom size={16} /> },
  { panel: 'inspector', name: 'inspector', icon: <PanelRight size={16} /> },
] as const satisfies readonly { panel: Panel; name: string; icon: unknown }[]

/** Shows and hides the panels around the canvas. */
export function PanelToggles() {
  const layout = useLayout()
  return PANELS.map(({ panel, name, icon }) => (
    <IconButton
      key={panel}
      label={`${layout[panel].open ? 'Hide' : 'Show'} ${name}`}
      icon={icon}
      onClick={() => toggle(panel)}
    />
  ))
}

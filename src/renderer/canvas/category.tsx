import {
  Activity,
  Boxes,
  BrainCircuit,
  CircleQuestionMark,
  Database,
  Gauge,
  GitCompareArrows,
  Layers,
  LogIn,
  type LucideIcon,
  StickyNote,
  Target,
  TrendingDown,
  Type,
  Waypoints,
} from 'lucide-react'
import type { CardCategory } from './model.ts'

interface Look {
  readonly icon: LucideIcon
  readonly colour: string
  readonly title: string
}

const look = (icon: LucideIcon, title: string, colour: string): Look => ({ icon, title, colour })

/** How each category looks, in the order of the palette: the way of the data through a graph. */
export const CATEGORIES: Readonly<Record<CardCategory, Look>> = {
  data: look(Database, 'Data', 'var(--node-data)'),
  text: look(Type, 'Text', 'var(--node-text)'),
  encoder: look(BrainCircuit, 'Encoders', 'var(--node-encoder)'),
  layer: look(Layers, 'Layers', 'var(--node-layer)'),
  pair: look(GitCompareArrows, 'Pairs', 'var(--node-pair)'),
  objective: look(Target, 'Objectives', 'var(--node-objective)'),
  optimizer: look(TrendingDown, 'Optimizers', 'var(--node-optimizer)'),
  train: look(Activity, 'Training', 'var(--node-train)'),
  evaluation: look(Gauge, 'Evaluation', 'var(--node-evaluation)'),
  note: look(StickyNote, 'Notes', 'var(--node-note)'),
  reroute: look(Waypoints, 'Wires', 'var(--ink-3)'),
  boundary: look(LogIn, 'Edge of the subgraph', 'var(--ink-3)'),
  subgraph: look(Boxes, 'Subgraphs', 'var(--ink-3)'),
  missing: look(CircleQuestionMark, 'Unknown', 'var(--bad)'),
}

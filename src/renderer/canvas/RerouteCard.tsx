import { Handle, type NodeProps, Position } from '@xyflow/react'
import { type CSSProperties, memo } from 'react'
import { type CardNode, handleId } from './model.ts'
import styles from './RerouteCard.module.css'
import { wireColour } from './wire-kind.ts'

/** A point on a wire: what goes in at the left comes out at the right. */
export const RerouteCard = memo(
  ({ data, selected }: NodeProps<CardNode>) => {
    const [input, output] = [data.inputs[0], data.outputs[0]]
    const style = { '--port': wireColour(output?.kind ?? 'unknown') } as CSSProperties
    return (
      <div
        className={styles.dot}
        data-selected={selected || undefined}
        data-faulty={data.faults.length > 0 || undefined}
        data-off={data.off?.mode}
        title={data.title}
        style={style}
      >
        {input && (
          <Handle
            id={handleId(input.name)}
            type="target"
            position={Position.Left}
            className={styles.handle}
            role="img"
            aria-label="Input in, wire"
          />
        )}
        {output && (
          <Handle
            id={handleId(output.name)}
            type="source"
            position={Position.Right}
            className={styles.handle}
            role="img"
            aria-label="Output out, wire"
          />
        )}
      </div>
    )
  },
  (a, b) => a.data === b.data && a.selected === b.selected,
)

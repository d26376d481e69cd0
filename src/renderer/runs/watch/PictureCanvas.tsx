import { useLayoutEffect, useRef } from 'react'
import type { WatchPicture } from '../../../protocol/watch.ts'
import { pictureData } from './values.ts'
import styles from './Watch.module.css'

interface Props {
  readonly bytes: Uint8Array
  readonly picture: WatchPicture
  readonly label: string
  /** Width on the screen. */
  readonly side: number
}

/** A picture as the network sees it. */
export function PictureCanvas({ bytes, picture, label, side }: Props) {
  const host = useRef<HTMLCanvasElement>(null)
  const { width, height } = picture
  useLayoutEffect(() => {
    host.current!.getContext('2d')?.putImageData(pictureData(bytes, picture), 0, 0)
  }, [bytes, picture])
  return (
    <canvas
      ref={host}
      className={styles.picture}
      style={{ width: side, height: (side * height) / width }}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    />
  )
}

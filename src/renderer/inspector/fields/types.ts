/** What every field widget gets. `id` is that of its input, for the label; `describedBy` its help and faults. */
export interface FieldProps<T> {
  readonly id: string
  readonly describedBy?: string
  /** What is edited: `vision.width`. */
  readonly name: string
  readonly value: T
  /** The file leaves it to the default. */
  readonly isDefault: boolean
  readonly bad: boolean
  readonly set: (value: T) => void
}

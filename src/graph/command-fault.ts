/** Why a command can't be applied; the document stays as it is. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault'
  /** The node it is about, where there is one. */
  readonly node?: string
  constructor(message: string, node?: string) {
    super(message)
    this.node = node
  }
}

/** Attribute of a value that is whole on each device, as Shardy writes it: no axis (`{}`) is split over the mesh. */
export const whole = (rank: number): string => sharding(Array.from({ length: rank }, () => '{}'))

/** Attribute of a value whose rows (axis 0) are split over the devices in equal parts. */
export const splitRows = (rank: number): string =>
  sharding(Array.from({ length: rank }, (_, axis) => (axis === 0 ? '{"data"}' : '{}')))

/** The devices that share a module, in one line along which rows are split. */
export const mesh = (devices: number): string => `sdy.mesh @devices = <["data"=${devices}]>`

const sharding = (axes: readonly string[]): string =>
  `sdy.sharding = #sdy.sharding<@devices, [${axes.join(', ')}]>`

/** Durations and instants. The unit is always the millisecond, and the brand keeps an instant from posing as a count. */

declare const millis: unique symbol

/** An instant: milliseconds since 1970, UTC. Safety never rests on it (protocol §13). */
export type Millis = number & { readonly [millis]: true }

/** Brands a number of milliseconds since 1970. */
export const atMillis = (value: number): Millis => value as Millis

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

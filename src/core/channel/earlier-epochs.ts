/**
 * The earlier epochs in a grant: what a newcomer reads messages of before its time with (protocol §6.5).
 *
 * Nothing travels but their reading secrets, in runs of serials that go down by one: what is in a key id follows from them. So
 * nobody can plant another secret under a key id that anybody used.
 */
import { joinBytes } from '../../base/bytes.ts'
import type { EarlierEpochs, KeyId } from '../../wire/messages.ts'
import { commitmentOf, isHigher, type Line } from './key-schedule.ts'

const SECRET_BYTES = 32
/** What stands before one run in its message: its field's number, its length and its own numbers, at most. */
const RUN_BYTES = 32

/** An epoch to be read. */
export interface ReadableEpoch {
  readonly key: KeyId
  /** 32 bytes. */
  readonly reading: Uint8Array
}

/**
 * As many epochs as there is room for.
 *
 * @param epochs - newest first.
 * @param bytes - room.
 */
export function packEarlier(epochs: readonly ReadableEpoch[], bytes: number): EarlierEpochs[] {
  const runs: { term: number; serial: number; readings: Uint8Array[] }[] = []
  let room = bytes
  let above: KeyId | undefined
  for (const { key, reading } of epochs) {
    // Where ways had parted there may be two of one number.
    if (above !== undefined && !isHigher(above, key)) continue
    above = key
    const run = runs.at(-1)
    const isNext = run !== undefined && run.term === key.term && run.serial - run.readings.length === key.serial
    room -= SECRET_BYTES + (isNext ? 0 : RUN_BYTES)
    if (room < 0) break
    if (isNext) run.readings.push(reading)
    else runs.push({ term: key.term, serial: key.serial, readings: [reading] })
  }
  return runs.map(({ term, serial, readings }) => ({ term, serial, readingSecrets: joinBytes(...readings) }))
}

/**
 * @param granted - the epoch that all must be below.
 * @param most - epochs taken in; older ones are left.
 * @returns newest first; undefined for what is malformed, or not below it, or not in order.
 */
export function unpackEarlier(
  line: Line,
  granted: KeyId,
  runs: readonly EarlierEpochs[],
  most: number
): ReadableEpoch[] | undefined {
  const epochs: ReadableEpoch[] = []
  let above = granted
  for (const { term, serial, readingSecrets } of runs) {
    const count = readingSecrets.length / SECRET_BYTES
    if (!Number.isInteger(count) || count === 0 || count > serial) return undefined
    for (let i = 0; i < count; i++) {
      const reading = readingSecrets.slice(i * SECRET_BYTES, (i + 1) * SECRET_BYTES)
      const key = { term, serial: serial - i, commitment: commitmentOf(reading, line, term, serial - i) }
      if (!isHigher(above, key)) return undefined
      if (epochs.length < most) epochs.push({ key, reading })
      above = key
    }
  }
  return epochs
}

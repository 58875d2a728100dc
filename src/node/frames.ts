/** Kept messages for those who ask, read from the store no further than one answer needs. */
import { FramesAnswer } from '../core/channel/frames-answer.ts'
import { messageRoom, readKeptFrame } from '../core/member/history.ts'
import type { Answer, Range } from '../wire/messages.ts'
import type { Store } from './store.ts'

/**
 * The answer of a member to a question for messages of a channel. Incomplete when the signal is aborted, as nobody waits for it.
 *
 * @throws {UsageError} `DAMAGED_STORE`
 */
export async function framesFrom(
  store: Store,
  channel: Uint8Array,
  ranges: readonly Range[],
  signal: AbortSignal
): Promise<Answer> {
  const frames = new FramesAnswer()
  for (const range of ranges) {
    for await (const row of store.rows(messageRoom(channel), { from: range.from, to: range.to, isReverse: true })) {
      if (signal.aborted || !frames.look(range, readKeptFrame(row))) return frames.answer
    }
  }
  return frames.answer
}

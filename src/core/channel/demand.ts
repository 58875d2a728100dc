/**
 * The demand: who may make statements about others asks the key manager for a fresh key (protocol §8).
 *
 * It names the epoch to be replaced, so a repetition asks for what is done already.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import { DemandContent, type KeyId } from '../../wire/messages.ts'
import { type Refusal, refuse } from '../reject.ts'
import type { Context } from './context.ts'
import { mayStateAboutOthers } from './descriptor.ts'
import { type Frame, keyIdKey, makeFrame } from './frame.ts'
import { type Line, openControl, sealControl } from './key-schedule.ts'

/** Sealing purpose under the control key. */
const PURPOSE = 'demand'

/** What a demand needs of the channel's epoch in force. */
export interface InForce {
  readonly key: KeyId
  readonly announcement: Uint8Array
  readonly control: Uint8Array
}

/**
 * @param announcement - id of the epoch to be replaced.
 * @param random32 - 32 fresh random bytes.
 */
export function makeDemand(
  { channel, self }: Context,
  { key, control }: Omit<InForce, 'announcement'>,
  group: Uint8Array,
  announcement: Uint8Array,
  random32: Uint8Array
): Frame {
  const content = DemandContent.encode({ group, announcement })
  const sealed = sealControl(control, lineOf(channel), PURPOSE, content, random32)
  return makeFrame(channel, self.key, { demand: { key, sealed } })
}

/**
 * Reads a demand as the key manager.
 *
 * @returns what is demanded; undefined when it was sealed under another epoch than the one in force, an ordinary thing; R-426,
 *
 */
export function readDemand(
  { channel, charter, log }: Context,
  frame: Frame,
  { key, control, announcement }: InForce
): DemandContent | Refusal | undefined {
  const demand = frame.body.demand!
  if (keyIdKey(demand.key!) !== keyIdKey(key)) return undefined
  const opened = openControl(control, lineOf(channel), PURPOSE, demand.sealed)
  const content = opened && decodeStrict(DemandContent, opened, FRAME_BYTES)
  const isWhole = content?.group.length === 0 ? equalBytes(content.announcement, announcement) : content !== undefined
  if (content === undefined || !isWhole) return refuse(426)
  const isAllowed = mayStateAboutOthers(charter.descriptor, frame.author) && log.isMember(frame.author)
  return isAllowed ? content : refuse(427)
}

const lineOf = (channel: Uint8Array): Line => ({ channel, group: EMPTY })

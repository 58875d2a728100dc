/**
 * The digest: a member says that it is there, sealed for the others (protocol §12).
 *
 * Start and counter stand inside, so that a digest heard before is told from a new one. Only the epoch is in clear.
 */
import { decodeStrict } from '../../wire/codec.ts'
import { BOOT_BYTES, FRAME_BYTES, GROUP_BYTES, HASH_BYTES, SEEN_SENDERS, USER_BYTES } from '../../wire/limits.ts'
import { DigestContent, type KeyId, type Seen } from '../../wire/messages.ts'
import type { Self } from './context.ts'
import { type Frame, makeFrame } from './frame.ts'
import { type Line, openControl, sealControl } from './key-schedule.ts'

/** Sealing purpose under the control key. */
const PURPOSE = 'digest'

/**
 * @param control - the control key of the epoch that `key` names.
 * @param random32 - 32 fresh random bytes.
 */
export function makeDigest(
  self: Self,
  line: Line,
  key: KeyId,
  control: Uint8Array,
  content: DigestContent,
  random32: Uint8Array
): Frame {
  const sealed = sealControl(control, line, PURPOSE, DigestContent.encode(content), random32)
  return makeFrame(line.channel, self.key, { digest: { key, sealed } })
}

/** What a digest says; undefined when it does not open, or is not canonical. */
export function openDigest(line: Line, control: Uint8Array, sealed: Uint8Array): DigestContent | undefined {
  const opened = openControl(control, line, PURPOSE, sealed)
  const content = opened && decodeStrict(DigestContent, opened, FRAME_BYTES)
  if (content?.boot.length !== BOOT_BYTES || content.descriptor === undefined) return undefined
  const isSeen = ({ sender, group }: Seen): boolean =>
    sender.length === USER_BYTES && (group.length === 0 || group.length === GROUP_BYTES)
  return content.logHead.length === HASH_BYTES && content.seen.length <= SEEN_SENDERS && content.seen.every(isSeen)
    ? content
    : undefined
}

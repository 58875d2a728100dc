/** The epochs that a peer has on its disk, and the announcements of epochs, for claims and checkers. */
import { equalBytes, hex } from '../base/bytes.ts'
import { payloadHash } from '../core/channel/announcement.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Row } from '../core/machine.ts'
import { Refusal } from '../core/reject.ts'
import { decodeStrict } from '../wire/codec.ts'
import { FRAME_BYTES } from '../wire/limits.ts'
import { type Announcement, AnnouncementAttachment } from '../wire/messages.ts'
import { EpochRow } from '../wire/rows.ts'
import type { SimNode } from './node.ts'
import type { Packet } from './packets.ts'
import type { Scene } from './scene.ts'
import { peekKind } from './trace.ts'
import { QUORUM_FROM, type Truth } from './truth.ts'

/** An announcement with its head and the number that it gives. */
export interface Announced {
  readonly frame: Frame
  readonly head: Announcement
  readonly key: NonNullable<Announcement['key']>
}

const EPOCH_ROWS = 'epoch/'

/** Decoded rows by their bytes: they are looked at again and again. */
const decoded = new WeakMap<Uint8Array, EpochRow>()

/** The epoch that a row keeps; undefined when it keeps something else. */
export function epochIn({ entry, value }: Row): EpochRow | undefined {
  if (!entry.startsWith(EPOCH_ROWS)) return undefined
  const row = decoded.get(value) ?? EpochRow.decode(value)
  decoded.set(value, row)
  return row
}

/** The announcement of the key of a group that is in force at a peer, in hex; empty when it has none. */
export function groupEpochOf(node: SimNode, group: Uint8Array): string {
  for (const row of node.disk.all()) {
    const epoch = epochIn(row)
    if (epoch?.endedAt === 0 && equalBytes(epoch.group, group)) return hex(epoch.announcement)
  }
  return ''
}

/** The epoch of the channel's own line that is in force at a peer; undefined when it has none. */
export function epochInForce(node: SimNode): EpochRow | undefined {
  for (const row of node.disk.all()) {
    const epoch = epochIn(row)
    if (epoch?.group.length === 0 && epoch.endedAt === 0 && epoch.control.length > 0) return epoch
  }
  return undefined
}

/** The announcement of an epoch of the channel's own line that a packet carries; undefined when it carries something else. */
export function announcementIn(packet: Packet, { network }: Scene): Announced | undefined {
  if (peekKind(packet.bytes) !== 'announcement') return undefined
  const frame = network.read(packet)
  if (frame === undefined || frame instanceof Refusal) return undefined
  const head = frame.body.announcement
  return head?.key === undefined || head.group.length > 0 ? undefined : { frame, head, key: head.key }
}

/** Whether what an announcement carries is what its head says: a bit that flipped on the way may leave it otherwise. */
export function isWhole({ body, attachment }: Frame): boolean {
  const payload = decodeStrict(AnnouncementAttachment, attachment, FRAME_BYTES)?.payload
  return (
    payload?.length === 0 || (payload !== undefined && equalBytes(payloadHash(payload), body.announcement!.payload))
  )
}

/** Whether an announcement has as many signatures as a new root needs: without them it is a proposal, and begins no term. */
export function hasQuorum({ attachment }: Frame, { people }: Truth): boolean {
  const managers = people.filter(({ isManager }) => isManager).length
  const signers = 1 + (decodeStrict(AnnouncementAttachment, attachment, FRAME_BYTES)?.coSignatures.length ?? 0)
  return managers < QUORUM_FROM || 2 * signers > managers
}

/**
 * I-10: one value per key id. An honest manager gives each (channel, group, term, serial) to one announcement at most, and
 * where a quorum is asked for, at most one announcement for each of them has its certificate.
 */
import { mapKey } from '../../base/bytes.ts'
import { Refusal } from '../../core/reject.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import { AnnouncementAttachment } from '../../wire/messages.ts'
import type { Packet } from '../network.ts'
import type { Truth } from '../truth.ts'
import type { World } from '../world.ts'
import { type Checker, Violation } from './checker.ts'

const QUORUM_FROM = 3

export class OneValue implements Checker {
  readonly #truth: Truth
  readonly #issued = new Map<string, string>()
  readonly #certified = new Map<string, string>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onPacket(packet: Packet, world: World): void {
    const sender = packet.from && this.#truth.personOf(packet.from)
    if (sender === undefined || sender.isByzantine || sender.isRolledBack) return
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal || frame.body.announcement?.key === undefined) return
    const issuer = this.#truth.personWith(frame.author)
    if (issuer === undefined || !issuer.isManager || issuer.isByzantine || issuer.isRolledBack) return
    const { group, key } = frame.body.announcement
    const id = `${mapKey(frame.channel)} ${mapKey(group)} ${key.term}.${key.serial}`
    const value = mapKey(frame.id)
    const before = this.#issued.get(`${issuer.name} ${id}`)
    if (before !== undefined && before !== value) {
      throw new Violation('I-10', `${issuer.name} issues ${key.term}.${key.serial} twice`)
    }
    this.#issued.set(`${issuer.name} ${id}`, value)
    if (!this.#hasCertificate(frame.author, frame.attachment)) return
    const certified = this.#certified.get(id)
    if (certified !== undefined && certified !== value) {
      throw new Violation('I-10', `two announcements of ${key.term}.${key.serial} have a certificate`)
    }
    this.#certified.set(id, value)
  }

  /** Counts signers by name; whether their signatures are good is the machines' business. */
  #hasCertificate(issuer: Uint8Array, attachment: Uint8Array): boolean {
    const managers = this.#truth.people.filter(({ isManager }) => isManager)
    if (managers.length < QUORUM_FROM || attachment.length === 0) return false
    const coSignatures = decodeStrict(AnnouncementAttachment, attachment, FRAME_BYTES)?.coSignatures ?? []
    const signers = new Set([issuer, ...coSignatures.map(({ signer }) => signer)].map(mapKey))
    return signers.size >= Math.floor(managers.length / 2) + 1
  }
}

/**
 * I-10: one value per key id. Whoever adopts an epoch holds the key that its id commits to. An honest manager gives each (line, term, serial) to one announcement at most. Where a quorum
 * is asked for, at most one announcement for each of them has its certificate, and all of a term that have one have one
 * issuer: as long as so few managers are at fault that a quorum bears it. One or two managers may each open a term alone.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import { coSignedBytes } from '../../core/channel/announcement.ts'
import type { Frame } from '../../core/channel/frame.ts'
import { commitmentOf } from '../../core/channel/key-schedule.ts'
import type { Effect } from '../../core/machine.ts'
import { SecretTree } from '../../core/member/secret-tree.ts'
import { Refusal } from '../../core/reject.ts'
import { verify } from '../../crypto/sign.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import { type Announcement, AnnouncementAttachment, type KeyId } from '../../wire/messages.ts'
import type { EpochRow } from '../../wire/rows.ts'
import { epochIn } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import type { Scene } from '../scene.ts'
import { type Person, QUORUM_FROM, type Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

/** An announcement that was on the carrier. */
interface Proposal {
  readonly key: KeyId
  readonly line: string
  readonly issuer: string
}

export class OneValue implements Checker {
  readonly looks = { 'I-10': 0 }
  readonly #truth: Truth
  readonly #issued = new Map<string, string>()
  /** By the id of the announcement. */
  readonly #proposals = new Map<string, Proposal>()
  /** Managers whose signatures an announcement has, by its id. */
  readonly #signers = new Map<string, Set<string>>()
  /** By line and number: the id of the announcement that has its certificate. */
  readonly #certified = new Map<string, string>()
  /** By line and term: who issued what was certified. */
  readonly #issuers = new Map<string, string>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type !== 'persist' || this.#truth.channel === undefined) return
    for (const row of effect.puts) {
      const epoch = epochIn(row)
      if (epoch === undefined) continue
      this.looks['I-10']++
      if (!isCommitted(epoch, this.#truth.channel))
        throw new Violation('I-10', `${node.name} holds another key of ${epoch.term}.${epoch.serial} than its id says`)
    }
  }

  onPacket(packet: Packet, world: Scene): void {
    if (packet.from === undefined) return
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const author = this.#truth.personWith(frame.author)
    if (author === undefined || !author.isManager) return
    const { announcement, coSignature } = frame.body
    if (announcement?.key !== undefined) this.#onAnnouncement(frame, announcement, announcement.key, author)
    // Without a signature it says no.
    if (coSignature !== undefined && coSignature.signature.length > 0)
      this.#sign(mapKey(coSignature.announcement), [author])
  }

  #onAnnouncement(frame: Frame, { group }: Announcement, key: KeyId, issuer: Person): void {
    const id = mapKey(frame.id)
    const line = `${mapKey(frame.channel)} ${mapKey(group)}`
    const name = `${issuer.name} ${line} ${key.term}.${key.serial}`
    this.looks['I-10']++
    const before = this.#issued.get(name)
    if (before !== undefined && before !== id && !isFaulty(issuer)) {
      throw new Violation('I-10', `${issuer.name} issues ${key.term}.${key.serial} twice`)
    }
    this.#issued.set(name, id)
    this.#proposals.set(id, { key, line, issuer: issuer.name })
    const coSignatures = decodeStrict(AnnouncementAttachment, frame.attachment, FRAME_BYTES)?.coSignatures ?? []
    // A liar puts the signatures under one of its announcements beside another, too.
    const signed = coSignedBytes(frame, group, key)
    const good = coSignatures.filter(({ signer, signature }) => verify(signer, signed, signature))
    const others = good.map(({ signer }) => this.#truth.personWith(signer))
    this.#sign(id, [issuer, ...others.filter((one) => one?.isManager).map((one) => one!)])
  }

  #sign(id: string, who: readonly Person[]): void {
    const signers = (this.#signers.get(id) ?? new Set()).union(new Set(who.map(({ name }) => name)))
    this.#signers.set(id, signers)
    const proposal = this.#proposals.get(id)
    if (proposal !== undefined && this.#isQuorum(signers.size)) this.#certify(id, proposal)
  }

  /** Whether so many are a quorum, and one that bears the managers that are at fault. */
  #isQuorum(signers: number): boolean {
    const managers = this.#truth.people.filter(({ isManager }) => isManager)
    const quorum = Math.floor(managers.length / 2) + 1
    const faulty = managers.filter(isFaulty).length
    const isBorne = faulty === 0 || 2 * quorum > managers.length + faulty
    return managers.length >= QUORUM_FROM && isBorne && signers >= quorum
  }

  #certify(id: string, { key, line, issuer }: Proposal): void {
    const number = `${line} ${key.term}.${key.serial}`
    const term = `${line} ${key.term}`
    if ((this.#certified.get(number) ?? id) !== id) {
      throw new Violation('I-10', `two announcements of ${key.term}.${key.serial} have a certificate`)
    }
    if ((this.#issuers.get(term) ?? issuer) !== issuer) {
      throw new Violation('I-10', `term ${key.term} is that of ${this.#issuers.get(term)} and of ${issuer}`)
    }
    this.#certified.set(number, id)
    this.#issuers.set(term, issuer)
  }
}

/** Whether the key of an epoch is the one that its id commits to, as far as it is still whole. */
function isCommitted({ group, term, serial, commitment, secrets }: EpochRow, channel: Uint8Array): boolean {
  const reading = SecretTree.import(secrets)?.reading
  return reading === undefined || equalBytes(commitmentOf(reading, { channel, group }, term, serial), commitment)
}

const isFaulty = ({ isByzantine, isRolledBack }: Person): boolean => isByzantine || isRolledBack

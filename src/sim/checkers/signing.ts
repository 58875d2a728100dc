/**
 * What a manager that does not lie signs for another, and whom it grants a key. I-3: it grants none to who is not in the
 * roster, and signs no first epoch but that of the managers, with an empty log. I-4: nor a roster with somebody in it whose
 * removal it knows. I-13: two announcements of one issuer for one number, of which it has signed one, are proof of a lie, also
 * where neither has come into force. I-19: it signs no new term while it hears who is in office, and neither signs nor opens one
 * out of the air. I-10: nor does it sign a later epoch of a term but for who opened it.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import { isSameDescriptor } from '../../core/channel/descriptor.ts'
import { type Frame, readFrame } from '../../core/channel/frame.ts'
import { IdSet } from '../../core/channel/id-set.ts'
import type { UserId } from '../../core/identity/user.ts'
import type { Effect } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import type { Descriptor } from '../../wire/messages.ts'
import { announcementIn, epochInForce, hasQuorum, isWhole } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import { Rosters } from '../rosters.ts'
import type { Scene } from '../scene.ts'
import { peekKind } from '../trace.ts'
import { isAlarm, type Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

/** Whoever is in office says so every second. */
const HEARD_MS = 1_500
/** So far up no run gets step by step, whatever a liar says. */
const REACH = 2 ** 32

export class Signing implements Checker {
  readonly looks = { 'I-3': 0, 'I-4': 0, 'I-10': 0, 'I-13': 0, 'I-19': 0 }
  readonly #truth: Truth
  readonly #proposals = new Map<string, Frame>()
  /** Who opened each term. */
  readonly #issuers = new Map<number, Set<string>>()
  /** What each has signed last in this start. */
  readonly #signed = new Map<SimNode, Frame>()
  /** Who said last to each that it is in office, when, virtual ms, and how far its clocks were apart then. */
  readonly #led = new Map<SimNode, { readonly by: Uint8Array; readonly at: number; readonly apartMs: number }>()
  /** The newest of these heartbeats that each has heard in this start. */
  readonly #beats = new Map<SimNode, { readonly term: number; readonly counter: number }>()
  /** The newest version of the channel's descriptor that each has told its user of; of none it knows the first alone. */
  readonly #descriptors = new Map<SimNode, Descriptor>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onPacket(packet: Packet, world: Scene): void {
    const announced = announcementIn(packet, world)
    if (announced === undefined) return
    const {
      frame,
      key: { term, serial }
    } = announced
    this.#proposals.set(mapKey(frame.id), frame)
    const by = packet.from && this.#truth.personOf(packet.from)
    if (by !== undefined && !by.isLiar) this.#requireReach(by.name, term)
    // The founder opens the first term alone.
    if (serial !== 1 || !(term === 1 || hasQuorum(frame, this.#truth))) return
    this.#issuers.set(term, (this.#issuers.get(term) ?? new Set()).add(mapKey(frame.author)))
  }

  onStart(node: SimNode): void {
    this.#signed.delete(node)
    this.#led.delete(node)
    this.#beats.delete(node)
  }

  onEffect(node: SimNode, effect: Effect, world: Scene): void {
    if (effect.type === 'notify' && effect.notice.type === 'descriptor')
      this.#descriptors.set(node, effect.notice.descriptor)
    if (effect.type !== 'publish' || this.#isLiar(node)) return
    if (peekKind(effect.frame) === 'grant' && effect.to !== undefined) this.#requireMember(node, effect.to, effect)
    if (peekKind(effect.frame) !== 'coSignature') return
    const frame = readFrame(effect.channel, effect.frame)
    const said = frame instanceof Refusal ? undefined : frame?.body.coSignature
    // Without a signature it says no.
    const proposal = said?.signature.length ? this.#proposals.get(mapKey(said.announcement)) : undefined
    if (proposal === undefined || isAgain(this.#signed.get(node), proposal)) return
    this.#signed.set(node, proposal)
    this.#requireRoster(node, proposal)
    this.#requireReach(node.name, proposal.body.announcement!.key!.term)
    if (proposal.body.announcement!.key!.serial === 1) this.#requireVacancy(node, proposal, world)
    else this.#requireIssuer(node, proposal)
  }

  #requireReach(name: string, term: number): void {
    this.looks['I-19']++
    if (term > REACH) throw new Violation('I-19', `${name} goes up to term ${term}, which is out of the air`)
  }

  #requireIssuer(node: SimNode, { author, body }: Frame): void {
    const { term, serial } = body.announcement!.key!
    const issuers = this.#issuers.get(term)
    this.looks['I-10']++
    if (issuers !== undefined && !issuers.has(mapKey(author)))
      throw new Violation('I-10', `${node.name} signs ${term}.${serial} for another than who opened that term`)
  }

  #requireVacancy(node: SimNode, proposal: Frame, { time, network }: Scene): void {
    const led = this.#led.get(node)
    const { inOffice } = this.#truth
    this.looks['I-19']++
    if (!network.isCalm || led === undefined || inOffice === undefined) return
    const isDismissed = this.#descriptors.get(node)?.managers.every((user) => !equalBytes(user, led.by)) === true
    if (isDismissed) return
    // Whose clock was set does not know how long ago it heard of anybody.
    if (Math.abs(apartMs(node, time) - led.apartMs) > HEARD_MS / 2) return
    const isHeard = Math.min(led.at, inOffice.at) >= time - HEARD_MS && equalBytes(led.by, inOffice.by.node.user)
    // Who signs it, too, has given way.
    if (isAgain(this.#signed.get(inOffice.by.node), proposal)) return
    if (isHeard && !equalBytes(proposal.author, led.by))
      throw new Violation('I-19', `${node.name} signs a new term, and hears ${inOffice.by.name}, who is in office`)
  }

  #requireMember(
    node: SimNode,
    user: UserId,
    { channel, frame: bytes }: { channel: Uint8Array; frame: Uint8Array }
  ): void {
    const frame = readFrame(channel, bytes)
    const key = frame instanceof Refusal ? undefined : frame?.body.grant?.key
    const held = epochInForce(node)
    // One that was given before is given again as it was.
    if (key === undefined || held === undefined || !equalBytes(held.commitment, key.commitment)) return
    this.looks['I-3']++
    if (!Rosters.of(this.#truth, node).members().has(mapKey(user)))
      throw new Violation('I-3', `${node.name} grants ${key.term}.${key.serial} to somebody who is not in its roster`)
  }

  #requireRoster(node: SimNode, proposal: Frame): void {
    const { roster, logHead, previous } = proposal.body.announcement!
    const rosters = Rosters.of(this.#truth, node)
    const leaving = rosters.leaving()
    this.looks['I-4']++
    if (leaving.size > 0 && equalBytes(roster, this.#hashOf(rosters.members()))) {
      const who = this.#truth.people.filter(({ key }) => leaving.has(key)).map(({ name }) => name)
      throw new Violation('I-4', `${node.name} signs a roster with ${who.join(', ')}, removed to its knowledge, in it`)
    }
    if (previous.length > 0) return
    this.looks['I-3']++
    const managers = this.#truth.people.filter(({ isManager }) => isManager).map(({ key }) => key)
    if (!equalBytes(roster, this.#hashOf(new Set(managers))) || !equalBytes(logHead, IdSet.EMPTY.root()))
      throw new Violation('I-3', `${node.name} signs a first epoch with somebody in it whom nobody admitted`)
  }

  onFrame(node: SimNode, frame: Frame, { time }: Scene): void {
    this.#hearBeat(node, frame, time)
    if (frame.kind === 'leave') this.#led.delete(node)
    const signed = this.#signed.get(node)
    if (signed === undefined || !node.isUp || this.#isLiar(node) || !areTwoFaces(signed, frame) || !isWhole(frame))
      return
    // What is in force without being signed for is met as a follower.
    if (hasQuorum(frame, this.#truth)) return
    this.looks['I-13']++
    if (!node.notices.some(({ notice }) => isAlarm(notice)))
      throw new Violation('I-13', `${node.name} has signed another announcement for that number, and is not alarmed`)
  }

  #hearBeat(node: SimNode, { author, body: { heartbeat } }: Frame, time: number): void {
    if (heartbeat?.isFollowing !== false || !this.#truth.personOf(node)?.isManager) return
    // Whose epoch it has, that one is in office to its knowledge, too.
    const held = epochInForce(node)
    if (held?.term !== heartbeat.term || !equalBytes(held.issuer, author)) return
    const { term, counter } = heartbeat
    const newest = this.#beats.get(node)
    // A replay says nothing.
    if (term === newest?.term && counter <= newest.counter) return
    this.#beats.set(node, { term, counter })
    this.#led.set(node, { by: author, at: time, apartMs: apartMs(node, time) })
  }

  #isLiar(node: SimNode): boolean {
    return this.#truth.personOf(node)?.isLiar === true
  }

  #hashOf(members: ReadonlySet<string>): Uint8Array {
    const users = this.#truth.people.filter(({ key }) => members.has(key)).map(({ node: { user } }) => user)
    return users.reduce((ids, user) => ids.with(user), IdSet.EMPTY).root()
  }
}

/** Whether it was signed before: what is asked once more, what is known meanwhile does not take back. */
const isAgain = (signed: Frame | undefined, proposal: Frame): boolean =>
  signed !== undefined && equalBytes(signed.id, proposal.id)

/**
 * Whether these are two announcements of one issuer for one number of the channel's own line, and prove it to whoever knows the
 * version of the descriptor that they name: under one that nobody knows nobody follows anything.
 */
function areTwoFaces(one: Frame, other: Frame): boolean {
  const [head, second] = [one.body.announcement, other.body.announcement]
  if (head?.key === undefined || second?.key === undefined || second.group.length > 0) return false
  if (head.descriptor === undefined || second.descriptor === undefined) return false
  const isOfNumber = head.key.term === second.key.term && head.key.serial === second.key.serial
  const isOfVersion = isSameDescriptor(head.descriptor, second.descriptor)
  return isOfNumber && isOfVersion && equalBytes(one.author, other.author) && !equalBytes(one.id, other.id)
}

/** How far the wall clock of a node is from its monotonic one. */
const apartMs = ({ clock }: SimNode, time: number): number => clock.now(time) - clock.uptimeMs(time)

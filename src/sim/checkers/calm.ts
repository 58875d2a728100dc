/**
 * I-19, for a calm world: no cuts, no losses, everybody up and no clock astray. At most two terms begin within an hour, where
 * a term begins with a first epoch that has its signatures: managers too few for a quorum go on proposing. And a network that is
 * whole again costs a member that had the key one request for it at most; and one more, when the member followed without
 * waiting for the answer, and the answer has changed its leaf. How often it may ask whatever happens is `Pace`'s to say.
 */

import { mapKey } from '../../base/bytes.ts'
import { HOUR_MS, MINUTE_MS } from '../../base/time.ts'
import { readFrame } from '../../core/channel/frame.ts'
import type { Effect } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import { announcementIn, hasQuorum } from '../epochs.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import { ELECTION_MS } from '../promises.ts'
import type { Scene } from '../scene.ts'
import { peekKind } from '../trace.ts'
import { isWanted, QUORUM_FROM, type Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

const TERMS_PER_HOUR = 2
/** T_conv. */
const CONVERGENCE_MS = MINUTE_MS

const REQUESTS_PER_HEAL = 2

/** What a member asked for since the network was whole again. */
interface Asked {
  readonly healedAt: number
  /** The one-time key of the newest request; its repetitions have it, too. */
  request: string
  /** Requests, but those that only took the place of one that was not answered. */
  count: number
  /** Whether a key came since the newest request. */
  isAnswered: boolean
}

export class Calm implements Checker {
  readonly looks = { 'I-19': 0 }
  readonly #truth: Truth
  /** Virtual ms. */
  #calmSince = 0
  readonly #terms = new Set<string>()
  /** When terms began since it is calm, virtual ms. */
  #begun: number[] = []
  readonly #asked = new Map<SimNode, Asked>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onStart(_node: SimNode, world: Scene): void {
    this.#disturb(world)
  }

  onCrash(_node: SimNode, world: Scene): void {
    this.#disturb(world)
  }

  onHandled(_node: SimNode, _event: unknown, world: Scene): void {
    if (!isCalm(world)) this.#disturb(world)
  }

  onPacket(packet: Packet, world: Scene): void {
    if (packet.from === undefined) return
    const announced = announcementIn(packet, world)
    if (this.#truth.personOf(packet.from)?.isLiar) {
      // Where its own signature is enough, others go above what it announces.
      if (announced !== undefined && this.#isOneEnough) this.#disturb(world)
      return
    }
    if (announced?.key.serial !== 1 || !hasQuorum(announced.frame, this.#truth)) return
    const term = `${mapKey(packet.channel)} ${announced.key.term}`
    if (this.#terms.has(term)) return
    this.#terms.add(term)
    this.looks['I-19']++
    if (!isCalm(world)) this.#disturb(world)
    // What began under a fault may take an election or two to settle.
    if (world.time - this.#calmSince <= ELECTION_MS) return
    this.#begun = [...this.#begun.filter((at) => at > world.time - HOUR_MS), world.time]
    if (this.#begun.length > TERMS_PER_HOUR) {
      throw new Violation('I-19', `${this.#begun.length} terms begin in an hour while nothing is wrong`)
    }
  }

  get #isOneEnough(): boolean {
    return this.#truth.people.filter(({ isManager }) => isManager).length < QUORUM_FROM
  }

  onEffect(node: SimNode, effect: Effect, world: Scene): void {
    const asked = this.#asked.get(node)
    if (asked !== undefined && effect.type === 'notify' && effect.notice.type === 'epoch') asked.isAnswered = true
    if (effect.type !== 'publish' || peekKind(effect.frame) !== 'keyRequest') return
    const { healedAt } = world.network
    if (healedAt === undefined || !this.#isByHeal(node, healedAt, world)) return
    const frame = readFrame(effect.channel, effect.frame)
    if (frame === undefined || frame instanceof Refusal) return
    const request = mapKey(frame.author)
    this.looks['I-19']++
    if (asked?.healedAt !== healedAt) {
      this.#asked.set(node, { healedAt, request, count: 1, isAnswered: false })
    } else if (asked.request !== request) {
      if (asked.isAnswered) asked.count++
      asked.request = request
      asked.isAnswered = false
    }
    if ((this.#asked.get(node)?.count ?? 0) > REQUESTS_PER_HEAL) {
      throw new Violation('I-19', `${node.name} asks for the key again, ${world.time - healedAt} ms after a heal`)
    }
  }

  /**
   * Whether only the heal can be why a member with the key asks for it. A manager that lies is another reason each time that it
   * announces what nobody can follow.
   */
  #isByHeal(node: SimNode, healedAt: number, world: Scene): boolean {
    const person = this.#truth.personOf(node)
    if (this.#truth.people.some(({ isManager, isLiar }) => isManager && isLiar)) return false
    const isMember = person !== undefined && isWanted(person) && (person.readyAt ?? healedAt) < healedAt
    return isMember && isCalm(world) && this.#calmSince < healedAt && world.time - healedAt <= CONVERGENCE_MS
  }

  #disturb(world: Scene): void {
    this.#calmSince = world.time
    this.#begun = []
  }
}

const isCalm = ({ network, nodes }: Scene): boolean =>
  network.isCalm &&
  nodes.every(({ isUp, isPaused, clock, syncMs }) => isUp && !isPaused && clock.rate === 1 && syncMs === 0)

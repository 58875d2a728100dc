/**
 * A crowd in one channel: its events, what it hears on the topic, and what is promised to it.
 *
 * A member here does what the machines in `core/member` do as far as keys and messages are concerned, by the same constants:
 * it asks for the key (`Asking`), follows one epoch after the other (`Following`), says, hears, and asks for what is missing
 * (`Talk`). What it holds of the key tree are terms (`CrowdKeys`).
 */
import { SECOND_MS } from '../../base/time.ts'
import type { CheckedStatement } from '../../core/channel/statement.ts'
import { PENDING_FRAMES } from '../../core/params.ts'
import { Random } from '../random.ts'
import { Asking } from './asking.ts'
import type { CrowdKeys } from './crowd-keys.ts'
import { EVENT, type EventKind, FRAME, type FrameKind, kindOf, moreOf, packed } from './events.ts'
import { Following } from './following.ts'
import type { Ledger } from './ledger.ts'
import { Members, NONE, PHASE } from './members.ts'
import type { Mesh } from './mesh.ts'
import type { CrowdEpoch, Office, OfficeHost } from './office.ts'
import { measure, type Sizes, toldBytes } from './sizes.ts'
import { Talk, type UnsafeTalk } from './talk.ts'
import { grouped, type Watch } from './watch.ts'
import type { Wheel } from './wheel.ts'
import type { Witnesses } from './witnesses.ts'

/** Peers that are asked in turn until one knows something. */
const ASKED_IN_TURN = 3
/** A removal is in force with everybody in this time. */
const REMOVAL_MS = 10 * SECOND_MS
/** Another manager is in office in this time: as scenarios of whole peers have it. */
const LED_MS = 29 * SECOND_MS
/** Something that has to wait longer than this for an uplink comes too late to be of use. */
const UPLINK_SECONDS = 60

const NEVER = Number.POSITIVE_INFINITY

export interface Removal {
  readonly peer: number
  readonly at: number
  readonly frame: number
  readonly statement: CheckedStatement
  /** Index of the epoch that applies it. */
  epoch: number
}

export interface CrowdParts {
  readonly wheel: Wheel
  readonly mesh: Mesh
  readonly keys: CrowdKeys
  readonly watch: Watch
  readonly ledger: Ledger
  readonly witnesses: Witnesses
}

/** Faults for tests, each of which checkers must see. */
export type UnsafeCrowd = UnsafeTalk | 'stops following'

export class Crowd implements OfficeHost {
  readonly members: Members
  /** When each had its first key, virtual ms. */
  readonly #keyedAt: Float64Array
  /** When the manager in office was heard of last, by manager. */
  readonly #ledAt: Float64Array
  readonly epochs: CrowdEpoch[] = []
  readonly #frameKinds: FrameKind[] = []
  readonly #frameSubjects: number[] = []
  readonly #tasks: (() => void)[] = []
  readonly #freeTasks: number[] = []
  readonly removals: Removal[] = []
  readonly counts = { questions: 0 }
  unsafe: UnsafeCrowd | undefined

  readonly #parts: CrowdParts
  readonly #random: Random
  readonly #onIssued: (epoch: CrowdEpoch) => void
  readonly asking: Asking
  readonly following: Following
  readonly talk: Talk
  office!: Office
  sizes!: Sizes

  constructor(peers: number, managers: number, parts: CrowdParts, seed: number, onIssued: (epoch: CrowdEpoch) => void) {
    this.members = new Members(peers)
    this.#parts = parts
    this.#random = new Random(seed, 'crowd')
    this.#onIssued = onIssued
    this.#keyedAt = new Float64Array(peers).fill(NEVER)
    this.#ledAt = new Float64Array(managers)
    this.asking = new Asking(this, parts, this.#random)
    this.following = new Following(this, parts)
    this.talk = new Talk(this, parts, this.#random)
  }

  /** The managers are there. */
  begin(office: Office): void {
    this.office = office
    this.sizes = measure(office.context, office.record, (length) => this.#random.bytes(length))
    this.#parts.mesh.subscribe(0, () => 0)
    this.members.move(0, PHASE.ready)
    office.found()
  }

  get bytes(): number {
    const parts = [this.members, this.asking, this.following, this.talk]
    return parts.reduce((sum, { bytes }) => sum + bytes, this.#keyedAt.byteLength)
  }

  // ---------------------------------------------------------------- time

  get now(): number {
    return this.#parts.wheel.now
  }

  later(ms: number, task: () => void): void {
    const slot = this.#freeTasks.pop() ?? this.#tasks.length
    this.#tasks[slot] = task
    this.push(this.now + Math.ceil(ms), 0, EVENT.task, slot)
  }

  push(at: number, peer: number, kind: EventKind, more: number): void {
    this.#parts.wheel.push(Math.ceil(at), peer, packed(kind, more))
  }

  /** Handles one event of the wheel. */
  readonly handle = (a: number, b: number): void => {
    if (b >= 0) this.#parts.mesh.arrive(a, b, this.#onFrame)
    else this.#onEvent(a, kindOf(b), moreOf(b))
  }

  #onEvent(peer: number, kind: EventKind, more: number): void {
    switch (kind) {
      case EVENT.task: {
        const task = this.#tasks[more]!
        this.#freeTasks.push(more)
        return task()
      }
      case EVENT.request:
        return this.asking.onRequest(peer, false)
      case EVENT.challenged:
        return this.asking.onRequest(peer, true)
      case EVENT.grant:
        return this.asking.onGrant(peer)
      case EVENT.retry:
        return this.asking.onRetry(peer)
      case EVENT.logQuestion:
        return this.asking.onLogQuestion(peer, more)
      case EVENT.logAnswer:
        return this.asking.onLogAnswer(peer, more === 1)
      case EVENT.behind:
        return this.following.onBehind(peer)
      case EVENT.epochsQuestion:
        return this.following.onQuestion(peer, more)
      case EVENT.epochsAnswer:
        return this.following.onAnswer(peer, more - 1)
      case EVENT.repair:
        return this.talk.onRepair(peer, more)
      case EVENT.frameAnswer:
        return this.talk.onFrameAnswer(peer, more)
      case EVENT.digest:
        return this.talk.onDigestDue(peer)
      default:
        kind satisfies never
    }
  }

  /** Something goes from one peer to another alone. @returns whether it will come. */
  send(from: number, to: number, bytes: number, name: string, peer: number, kind: EventKind, more = 0): boolean {
    const { mesh } = this.#parts
    const at = mesh.arrivalOf(from, bytes, name)
    if (!mesh.isListening(to)) return false
    this.push(at, peer, kind, more)
    return true
  }

  /** The first of some neighbours, asked in turn, that knows something; the last of them when none does. */
  inTurn(peer: number, knows: (one: number) => boolean): number {
    const { mesh } = this.#parts
    const links = mesh.linksOf(peer)
    const first = this.#random.between(0, links - 1)
    let one = peer
    for (let tries = 0; tries < Math.min(ASKED_IN_TURN, links); tries++) {
      one = mesh.neighbour(peer, 1 + ((first + tries) % links))
      if (knows(one)) break
    }
    return one
  }

  // ---------------------------------------------------------------- what managers need

  onEpoch(epoch: CrowdEpoch): void {
    const { watch, keys, witnesses } = this.#parts
    watch.onEpoch(
      epoch,
      epoch.gone.flatMap((peer) => this.#everHeld(peer))
    )
    this.epochs.push(epoch)
    const { issuer, index } = epoch
    this.following.announce(epoch)
    for (const peer of epoch.gone) {
      const removal = this.removals.find((one) => one.peer === peer && one.epoch === NONE)
      if (removal !== undefined) removal.epoch = index
    }
    const { leaf, path } = this.office.ownPlace()
    keys.take(issuer, leaf, path)
    if (index === 0) {
      this.#keyedAt[issuer] = this.now
      this.members.setSince(issuer, index)
      this.talk.onFirstKey(issuer, epoch)
    }
    this.following.adopt(issuer, epoch)
    witnesses.onEpoch(epoch)
    this.asking.grantAll(epoch)
    this.#onIssued(epoch)
  }

  hand(from: number, to: number, kind: string, bytes: number, task: () => void): void {
    const { mesh } = this.#parts
    const at = mesh.arrivalOf(from, bytes, kind)
    if (mesh.isListening(to)) this.later(at - this.now, task)
  }

  beat(manager: number): void {
    this.publish(manager, 'heartbeat', this.sizes.heartbeat, FRAME.heartbeat, this.members.epochOf(manager), false)
  }

  epochOf(manager: number): number {
    return this.members.isReady(manager) ? this.members.epochOf(manager) : NONE
  }

  isUp(manager: number): boolean {
    return this.#parts.mesh.isListening(manager)
  }

  /** The manager in office is stopped for good. */
  stopLeader(): void {
    const { watch, mesh } = this.#parts
    const { leader } = this.office
    mesh.stop(leader)
    this.members.move(leader, PHASE.stopped)
    watch.note(`peer ${leader}, the manager in office, stops`)
    this.office.lose((manager) => this.#ledAt[manager]!)
    const at = this.now
    this.later(LED_MS, () => {
      const { isInOffice, inOfficeSince } = this.office
      watch.look('I-16b', isInOffice, () => `nobody is in office ${LED_MS / SECOND_MS} s after that`)
      if (isInOffice) watch.tell('I-16b', `It led after ${((inOfficeSince - at) / SECOND_MS).toFixed(1)} s.`)
    })
  }

  /** All that a peer was ever given: by its grants, and by its prekey. What it derived follows from that. */
  #everHeld(peer: number): number[] {
    const held: number[] = []
    for (const { granted, rebuilt } of this.epochs) {
      held.push(...(granted.get(peer)?.path ?? []))
      const secret = rebuilt?.get(peer)?.secret
      if (secret !== undefined) held.push(secret)
    }
    return held
  }

  // ---------------------------------------------------------------- the topic

  /** @param subject - what it is about, by number: an epoch, a message, a removal, a digest, a peer. @returns its number. */
  publish(from: number, name: string, bytes: number, kind: FrameKind, subject: number, isKept: boolean): number {
    const frame = this.#parts.mesh.publish(from, name, bytes, isKept)
    this.#frameKinds[frame] = kind
    this.#frameSubjects[frame] = subject
    return frame
  }

  readonly #onFrame = (peer: number, frame: number): void => {
    const subject = this.#frameSubjects[frame]!
    const kind = this.#frameKinds[frame]!
    switch (kind) {
      case FRAME.announcement:
        this.members.noteArrived(peer, subject)
        return this.following.hearOf(peer, subject)
      case FRAME.chunk:
        return this.following.follow(peer)
      case FRAME.heartbeat:
        if (peer < this.#ledAt.length) this.#ledAt[peer] = this.now
        return this.following.hearOf(peer, subject)
      case FRAME.message:
        return this.talk.hear(peer, subject)
      case FRAME.statements:
        if (peer < this.#ledAt.length) this.office.onRemoval(peer, this.removals[subject]!.statement)
        return
      case FRAME.digest:
        return this.talk.onDigest(peer, subject)
      case FRAME.request:
        if (peer === this.office.leader) this.asking.onRequest(subject, false)
        return
      default:
        kind satisfies never
    }
  }

  // ---------------------------------------------------------------- members

  /** A peer comes: it finds neighbours, and the manager, and asks for the key. */
  join(peer: number): void {
    this.#parts.mesh.subscribe(peer, (random) => random.between(0, Math.max(0, peer - 1)))
    this.asking.begin(peer)
  }

  /** A peer has the key that it asked for. */
  onKeyed(peer: number, epoch: CrowdEpoch): void {
    if (this.#keyedAt[peer] === NEVER) {
      this.#keyedAt[peer] = this.now
      this.talk.onFirstKey(peer, epoch)
    }
    if (peer < this.#ledAt.length) this.#ledAt[peer] = Math.max(this.#ledAt[peer]!, this.now)
    this.#parts.witnesses.onGranted(peer, epoch)
    this.following.adopt(peer, epoch)
    this.following.follow(peer)
    if (this.members.isBehind(peer)) this.following.suspectBehind(peer)
  }

  /** An epoch is in force with a member. */
  onAdopted(peer: number, epoch: CrowdEpoch): void {
    this.asking.settle(peer)
    this.#parts.ledger.keyed(epoch, this.now - epoch.at)
    this.#parts.witnesses.onAdopted(peer, epoch)
    this.talk.onAdopted(peer)
  }

  // ---------------------------------------------------------------- removals

  /** Whether a peer has the key and nobody is about to remove it. */
  isSettled(peer: number): boolean {
    return this.members.isReady(peer) && this.removals.every((removal) => removal.peer !== peer)
  }

  /** A member is removed. @param by - a manager. */
  remove(peer: number, by: number): void {
    const statement = this.office.removal(by, peer)
    const bytes = toldBytes(this.office.context, statement, (length) => this.#random.bytes(length))
    const frame = this.publish(by, 'statements', bytes, FRAME.statements, this.removals.length, true)
    const removal: Removal = { peer, at: this.now, frame, statement, epoch: NONE }
    this.removals.push(removal)
    this.#parts.watch.note(`peer ${peer} is to be removed`)
    this.office.onRemoval(by, statement)
    this.later(REMOVAL_MS, () => this.#lookAtRemoval(removal))
  }

  /** In time from when somebody is in office who can apply it. */
  #lookAtRemoval(removal: Removal): void {
    const { members } = this
    const { watch } = this.#parts
    const { peer, epoch, at } = removal
    if (this.now < this.office.inOfficeSince + REMOVAL_MS)
      return this.later(SECOND_MS, () => this.#lookAtRemoval(removal))
    watch.look('I-18', epoch !== NONE, () => `the removal of peer ${peer} at ${Math.round(at)} ms is in no epoch`)
    if (epoch === NONE) return
    let late = 0
    for (let other = 0; other < members.size; other++) {
      const isLate = members.isReady(other) && members.epochOf(other) < epoch
      // Who came in meanwhile is on its way through the epochs since its grant.
      if (isLate && other !== peer && this.now - this.#keyedAt[other]! > REMOVAL_MS) late++
    }
    watch.look('I-18', late === 0, () => `${late} members do not apply the removal of peer ${peer} in time`)
  }

  // ---------------------------------------------------------------- the end

  /** What is looked at when everything has had its time. */
  lookBack(): void {
    const { members } = this
    const { watch, keys, mesh } = this.#parts
    const newest = this.epochs.at(-1)!
    this.asking.lookBack()
    const behind: number[] = []
    for (let peer = 0; peer < members.size; peer++) {
      const isThere = members.epochOf(peer) === newest.index && keys.rootOf(peer) === newest.root
      if (members.isReady(peer) && !isThere) behind.push(peer)
    }
    const others = (): string => `${behind.length} members hold another epoch, peer ${behind[0]} among them`
    watch.look('I-14', behind.length === 0, others)
    for (const { peer, epoch } of this.removals)
      watch.look('I-18', epoch !== NONE, () => `the removal of peer ${peer} is in no epoch in the end`)
    this.talk.lookBack()
    const fills = [
      this.office.reception.fill,
      { name: 'messages before their key', size: this.talk.counts.mostPending, cap: PENDING_FRAMES },
      this.asking.fill,
      {
        name: 'seconds of waiting for an uplink',
        size: Math.ceil(mesh.longestWaitMs / SECOND_MS),
        cap: UPLINK_SECONDS
      }
    ]
    for (const { name, size, cap } of fills)
      watch.look('I-20', size <= cap, () => `${name}: ${size}, and ${cap} are allowed`)
    watch.tell(
      'I-14',
      `${grouped(members.ready)} hold epoch ${newest.term}.${newest.serial}; real members that followed were compared on the way.`
    )
    watch.tell(
      'I-16',
      `Members who asked; the longest waited ${(this.asking.counts.longestMs / SECOND_MS).toFixed(1)} s.`
    )
    watch.tell('I-18', `${this.removals.length} removals, after their time and in the end.`)
    const full = fills.map(({ name, size, cap }) => `${name} ${grouped(size)} of ${grouped(cap)}`)
    watch.tell('I-20', `At most there were: ${full.join(', ')}.`)
  }
}

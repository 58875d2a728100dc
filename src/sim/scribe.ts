/**
 * Writes down what happens in a world, as the lines of a record. It looks on as a checker does and changes nothing.
 */
import { hex } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Event } from '../core/machine.ts'
import type { Notice } from '../core/notice.ts'
import { Refusal } from '../core/reject.ts'
import { decodeStrict } from '../wire/codec.ts'
import { FRAME_BYTES } from '../wire/limits.ts'
import { AnnouncementAttachment } from '../wire/messages.ts'
import { typedText } from './cast.ts'
import type { Checker } from './checkers/checker.ts'
import type { Pending, SimNode } from './node.ts'
import type { Packet } from './packets.ts'
import type { Meter } from './play.ts'
import type { KeyLine, NoticeLine, PeerLine, Recorder, RecordLine } from './record.ts'
import { Rosters } from './rosters.ts'
import type { Scene } from './scene.ts'
import { carrierSight, MEANINGS } from './sight.ts'
import { isTaken, isWanted, type Said, type Truth } from './truth.ts'

/** Of each kind of frame, and of messages. */
const SIGHTS = 1
const MESSAGE_SIGHTS = 3

/** An announcement of the channel's line, as it was on the carrier first. */
interface Announced {
  readonly frame: Frame
  readonly at: number
}

export class Scribe implements Checker {
  readonly #truth: Truth
  readonly #record: Recorder
  readonly #meter: Meter
  /** The newest line about the key of each. */
  readonly #keys = new Map<SimNode, KeyLine>()
  readonly #announced = new Map<string, Announced>()
  readonly #epochs = new Set<string>()
  readonly #told = new Set<string>()
  readonly #shown = new Set<string>()
  readonly #paused = new Set<SimNode>()
  /** Wishes to leave that were taken, and written down. */
  readonly #left = new Set<Pending>()
  readonly #sights = new Map<string, number>()
  /** What the carrier sees of messages that nobody was shown yet, by id. */
  readonly #unseen = new Map<string, { readonly kind: string; readonly carrier: string }>()
  #said = 0
  /** Said, and not answered. */
  #open: readonly Said[] = []
  #links = ''
  #carried = new Map<string, [frames: number, bytes: number]>()
  #events = 0
  #tickedAt: number

  constructor(truth: Truth, record: Recorder, meter: Meter) {
    this.#truth = truth
    this.#record = record
    this.#meter = meter
    this.#tickedAt = meter.now()
  }

  /** Begins to count what a network carries. */
  attend({ network }: Scene): void {
    network.onSent = (kind, bytes) => {
      const [frames, sum] = this.#carried.get(kind) ?? [0, 0]
      this.#carried.set(kind, [frames + 1, sum + bytes])
    }
  }

  // ---------------------------------------------------------------- as it happens

  onStart(node: SimNode, world: Scene): void {
    this.#peer(node, 'up', world)
  }

  onCrash(node: SimNode, world: Scene): void {
    this.#paused.delete(node)
    this.#peer(node, 'down', world)
  }

  #peer(node: SimNode, state: PeerLine['state'], world: Scene): void {
    const role = this.#truth.personOf(node)?.isManager ? 'manager' : 'member'
    this.#record({ type: 'peer', at: world.time, peer: node.name, role, state })
  }

  onPacket(packet: Packet, world: Scene): void {
    if (packet.from === undefined) return
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const head = frame.body.announcement
    if (head?.key !== undefined && head.group.length === 0) {
      const number = `${head.key.term}.${head.key.serial} ${hex(head.key.commitment)}`
      if (!this.#announced.has(hex(frame.id))) this.#announced.set(number, { frame, at: world.time })
    }
    this.#sight(frame, world)
  }

  #sight(frame: Frame, world: Scene): void {
    const { kind } = frame
    const isMessage = kind === 'message' || kind === 'plainMessage'
    const count = this.#sights.get(kind) ?? 0
    if (count >= (isMessage ? MESSAGE_SIGHTS : SIGHTS)) return
    this.#sights.set(kind, count + 1)
    const carrier = carrierSight(frame)
    if (isMessage) this.#unseen.set(hex(frame.id), { kind, carrier })
    else this.#record({ type: 'sight', at: world.time, kind, carrier, members: MEANINGS[kind] ?? '' })
  }

  onHandled(node: SimNode, event: Event, world: Scene): void {
    if (event.type !== 'command') return
    this.#noteSaid(world)
    this.#noteLeft(node, world)
  }

  onNotice(node: SimNode, notice: Notice, world: Scene): void {
    const { time: at } = world
    const tell = (what: NoticeLine['what'], words: string): void =>
      this.#record({ type: 'notice', at, peer: node.name, what, words })
    switch (notice.type) {
      case 'message':
        this.#show(node, notice, at)
        break
      case 'keyState':
        this.#key(node, notice.state, world)
        break
      case 'epoch':
        if (notice.group.length === 0) this.#epoch(node, notice, world)
        break
      case 'gap':
        if (!notice.isClosed) tell('gap', `a message of ${this.#nameOf(notice.sender)} is missing`)
        break
      case 'unreadable':
        tell('unreadable', `a message of ${this.#nameOf(notice.sender)} cannot be read (R-${notice.check})`)
        break
      case 'alarm':
        tell('alarm', `${this.#nameOf(notice.manager)} lied (R-${notice.check}): nothing is said any more`)
        break
      case 'exposure':
        tell('warning', EXPOSURES[notice.exposure])
        break
      case 'manager':
        tell(
          'manager',
          `${this.#nameOf(notice.manager)} ${notice.isPresent ? 'is in office' : 'is not heard of any more'}`
        )
        break
      case 'roster': {
        const words = `${this.#nameOf(notice.user)} ${CHANGES[notice.change]}`
        // The same is told to everybody: the first time is news.
        const name = `${words} ${hex(notice.by)}`
        if (!this.#told.has(name)) tell('member', words)
        this.#told.add(name)
        break
      }
      default:
    }
  }

  #show(node: SimNode, view: Extract<Notice, { type: 'message' }>, at: number): void {
    const text = view.content.text?.text
    const said = text === undefined ? undefined : this.#truth.saidWith(text)
    if (said === undefined || view.isOwn) return
    const sight = this.#unseen.get(view.id)
    if (sight !== undefined) {
      this.#unseen.delete(view.id)
      this.#record({ type: 'sight', at, ...sight, members: `${said.by.name} says: ${typedText(said.text)}` })
    }
    const name = `${node.name} ${said.text}`
    if (this.#shown.has(name)) return
    this.#shown.add(name)
    this.#record({ type: 'shown', at, id: typedText(said.text), peer: node.name, ms: at - said.at, count: 1 })
  }

  #key(node: SimNode, state: string, world: Scene, number?: { readonly term: number; readonly serial: number }): void {
    const before = this.#keys.get(node)
    const { term, serial } = number ?? before ?? { term: 0, serial: 0 }
    // Which key it is comes with the notice of its epoch.
    if (state === 'ready' && term === 0) return
    if (before?.state === state && before.term === term && before.serial === serial) return
    const ms = state === 'ready' ? this.#sinceAsked(node, before, world.time, `${term}.${serial}`) : undefined
    const line: KeyLine = {
      type: 'key',
      at: world.time,
      peer: node.name,
      count: 1,
      state,
      term,
      serial,
      ...(ms !== undefined && { ms })
    }
    this.#keys.set(node, line)
    this.#record(line)
  }

  /** Since it asked for its first key; later since the epoch was made. */
  #sinceAsked(node: SimNode, before: KeyLine | undefined, at: number, number: string): number | undefined {
    const from = (before?.term ?? 0) === 0 ? this.#truth.personOf(node)?.joins[0]?.at : this.#madeAt(number)
    return from === undefined ? undefined : at - from
  }

  #madeAt(number: string): number | undefined {
    for (const [name, { at }] of this.#announced) if (name.startsWith(`${number} `)) return at
    return undefined
  }

  #epoch(node: SimNode, { term, serial, issuer }: Extract<Notice, { type: 'epoch' }>, world: Scene): void {
    const number = `${term}.${serial}`
    const name = `${number} ${hex(issuer)}`
    const announced = [...this.#announced].find(
      ([key, { frame }]) => key.startsWith(`${number} `) && hex(frame.author) === hex(issuer)
    )?.[1]
    if (!this.#epochs.has(name) && announced !== undefined) {
      this.#epochs.add(name)
      const { frame } = announced
      const attached = decodeStrict(AnnouncementAttachment, frame.attachment, FRAME_BYTES)?.coSignatures ?? []
      this.#record({
        type: 'epoch',
        at: world.time,
        term,
        serial,
        by: this.#nameOf(issuer),
        signers: [this.#nameOf(issuer), ...attached.map(({ signer }) => this.#nameOf(signer))],
        members: Rosters.of(this.#truth, node).members().size,
        isRoot: serial === 1,
        bytes: frame.bytes.length
      })
    }
    this.#key(node, 'ready', world, { term, serial })
  }

  #nameOf(user: Uint8Array): string {
    return this.#truth.personWith(user)?.name ?? 'a stranger'
  }

  // ---------------------------------------------------------------- between events

  /** Writes down what was said since the last time and is taken. */
  #noteSaid(world: Scene): void {
    const { said } = this.#truth
    const open = [...this.#open, ...said.slice(this.#said)]
    this.#said = said.length
    this.#open = open.filter(({ pending }) => pending.result === undefined)
    for (const one of open) {
      if (!isTaken(one.pending)) continue
      const { text, by } = one
      this.#record({ type: 'said', at: world.time, id: typedText(text), by: by.name, ...this.#readersOf(one, world) })
    }
  }

  /** Who leaves is told nothing more, of its key neither. */
  #noteLeft(node: SimNode, world: Scene): void {
    for (const parting of this.#truth.personOf(node)?.partings ?? []) {
      if (parting.command.type !== 'leaveChannel' || !isTaken(parting) || this.#left.has(parting)) continue
      this.#left.add(parting)
      this.#key(node, 'left', world)
    }
  }

  #readersOf({ by, group, to }: Said, world: Scene): { readonly place: string; readonly readers: number } {
    if (to !== undefined) return { place: `@${to.name}`, readers: 1 }
    const others = this.#truth.people.filter((person) => person !== by && isWanted(person))
    if (group.length === 0) return { place: '', readers: others.length }
    const members = Rosters.of(this.#truth, world.node(by.name)).groupMembers(group)
    const place = [...this.#truth.groups.keys()].find((name) => {
      const id = this.#truth.groupId(name)
      return id !== undefined && hex(id) === hex(group)
    })
    return { place: place ?? '', readers: others.filter(({ key }) => members.has(key)).length }
  }

  /** What is counted over a time: who is there and linked, what was carried, what it cost. */
  tick(world: Scene): void {
    const { time: at, nodes, network } = world
    for (const node of nodes) {
      if (node.isPaused === this.#paused.has(node)) continue
      if (node.isPaused) this.#paused.add(node)
      else this.#paused.delete(node)
      this.#peer(node, node.isPaused ? 'paused' : 'resumed', world)
    }
    const links = this.#truth.channel === undefined ? [] : network.linksOf(this.#truth.channel)
    if (JSON.stringify(links) !== this.#links) {
      this.#links = JSON.stringify(links)
      this.#record({ type: 'links', at, links })
    }
    const events = world.events - this.#events
    const kinds = Object.fromEntries([...this.#carried].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (this.#carried.size > 0) this.#record({ type: 'carried', at, kinds })
    this.#carried = new Map()
    if (events === 0) return
    const now = this.#meter.now()
    const online = nodes.filter(({ isUp }) => isUp).length
    this.#record({ type: 'sample', at, rss: this.#meter.rss(), events, ms: now - this.#tickedAt, online })
    this.#events = world.events
    this.#tickedAt = now
  }

  /** ms between two ticks. */
  static readonly TICK_MS = SECOND_MS

  write(line: RecordLine): void {
    this.#record(line)
  }
}

const EXPOSURES = {
  none: 'removals would reach us again',
  warned: 'no key manager is in touch: a removal might not reach us',
  fenced: 'no key manager was in touch for too long: nothing is said any more'
} as const

const CHANGES = { admitted: 'was let in', removed: 'was removed', withdrew: 'left' } as const

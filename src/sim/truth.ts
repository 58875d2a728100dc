/**
 * What really happened in a run: who said what, who was told to join or go, what everybody was shown. It is written down
 * from commands, results and notices alone, so checkers can hold machines to it.
 */
import { mapKey } from '../base/bytes.ts'
import type { Effect } from '../core/machine.ts'
import { readMessageRow } from '../core/member/history.ts'
import type { MessageView, Notice } from '../core/notice.ts'
import { Refusal } from '../core/reject.ts'
import type { Checker } from './checkers/checker.ts'
import type { Pending, SimNode } from './node.ts'
import type { Packet } from './packets.ts'
import type { Scene } from './scene.ts'
import { peekKind } from './trace.ts'

/** Every text of a run begins with this, so that one search finds them all. */
export const TEXT_MARK = 'canarytext'
/** Every nick and channel name begins with this. */
export const NAME_MARK = 'canaryname'

/** One `say`, acknowledged or not. */
export interface Said {
  readonly text: string
  readonly by: Person
  readonly at: number
  readonly isPlain: boolean
  /** Empty: to the channel. */
  readonly group: Uint8Array
  /** To one other alone. */
  readonly to?: Person
  readonly pending: Pending
}

/** A command about a group, given to whomever. One that was lost in a crash may still have worked. */
export interface GroupChange {
  readonly type: 'make' | 'put-in' | 'take-out' | 'dissolve'
  /** Who is put in or taken out; undefined for what is done to the group itself. */
  readonly who: Person | undefined
  readonly by: Person
  readonly pending: Pending
}

/** A manager that says that it is there, as the carrier saw it. */
export interface Lead {
  readonly by: Person
  readonly term: number
  /** Virtual ms. */
  readonly at: number
}

export interface Shown {
  readonly view: MessageView
  readonly at: number
  readonly incarnation: number
}

/** One user and its peer. */
export interface Person {
  readonly name: string
  readonly node: SimNode
  /** Its user, as statements name it, for maps. */
  readonly key: string
  /** Whether it is a key manager, or was one. */
  isManager: boolean
  /** It was told to join or to create, and goes on trying. */
  isJoining: boolean
  /** The commands to create or to join, given to its peer. */
  joins: Pending[]
  /** The commands to leave or to remove it, given to whomever. One that was lost in a crash may still have worked. */
  readonly partings: Pending[]
  /** When it had the channel's key first. */
  readyAt: number | undefined
  /** Its disk was set back, or emptied: what it does about ids is not held against it. */
  isRolledBack: boolean
  /** Its key signs what it never said. */
  isByzantine: boolean
  /** A manager that lies at the moment. */
  isLiar: boolean
  /** The highest term in which it said that it is in office, in truth or not; 0 before the first. */
  ledTerm: number
  readonly shown: Shown[]
  readonly shownTexts: Set<string>
  /** Ids of messages it was told it misses, whether they came later or not. */
  readonly toldGaps: Set<string>
}

export class Truth implements Checker {
  readonly people: Person[] = []
  readonly said: Said[] = []
  /** The channel of the story, once it is created. */
  channel: Uint8Array | undefined
  /** Oldest first. */
  invites: readonly string[] = []
  /** What was told to be done to each group, by its name in the story, in order. */
  readonly groups = new Map<string, GroupChange[]>()
  /** The newest heartbeat of the highest term of an honest manager; undefined before the first. */
  lead: Lead | undefined
  /** The same without those of managers that follow another. */
  inOffice: Lead | undefined
  readonly #byNode = new Map<SimNode, Person>()
  readonly #byUser = new Map<string, Person>()
  readonly #byText = new Map<string, Said>()

  add(node: SimNode, isManager: boolean): Person {
    const person: Person = {
      name: node.name,
      node,
      key: mapKey(node.user),
      isManager,
      isJoining: false,
      joins: [],
      partings: [],
      readyAt: undefined,
      isRolledBack: false,
      isByzantine: false,
      isLiar: false,
      ledTerm: 0,
      shown: [],
      shownTexts: new Set(),
      toldGaps: new Set()
    }
    this.people.push(person)
    this.#byNode.set(node, person)
    this.#byUser.set(person.key, person)
    return person
  }

  /** Another node of the same user. */
  addTwin(node: SimNode, person: Person): void {
    this.#byNode.set(node, person)
  }

  personOf(node: SimNode): Person | undefined {
    return this.#byNode.get(node)
  }

  personWith(user: Uint8Array): Person | undefined {
    return this.#byUser.get(mapKey(user))
  }

  /** Whether somebody knows that a manager lied. */
  get isLieKnown(): boolean {
    return this.people.some(({ node }) => node.notices.some(({ notice }) => isAlarm(notice)))
  }

  saidWith(text: string): Said | undefined {
    return this.#byText.get(text)
  }

  /** Writes down a `say` before the machine hears of it. */
  noteSaid(said: Said): void {
    this.said.push(said)
    this.#byText.set(said.text, said)
  }

  /** Writes down a command about a group that was given. */
  noteGroupChange(group: string, change: GroupChange): void {
    this.groups.set(group, [...(this.groups.get(group) ?? []), change])
  }

  /** The id of a group by its name in the story; undefined while none was made. */
  groupId(name: string): Uint8Array | undefined {
    const made = this.groups.get(name)?.findLast(({ type, pending }) => type === 'make' && isTaken(pending))
    const result = made?.pending.result
    return result !== undefined && !(result instanceof Error) && result.type === 'group' ? result.group.id : undefined
  }

  onPacket(packet: Packet, world: Scene): void {
    const by = packet.from && this.#byNode.get(packet.from)
    if (!by?.isManager || peekKind(packet.bytes) !== 'heartbeat') return
    const frame = world.network.read(packet)
    const heartbeat = frame instanceof Refusal ? undefined : frame?.body.heartbeat
    if (heartbeat === undefined) return
    const { term, isFollowing } = heartbeat
    if (!isFollowing) by.ledTerm = Math.max(by.ledTerm, term)
    if (by.isLiar) return
    const lead = { by, term, at: world.time }
    if (term >= (this.lead?.term ?? 0)) this.lead = lead
    if (!isFollowing && term >= (this.inOffice?.term ?? 0)) this.inOffice = lead
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type !== 'result' || effect.result instanceof Error) return
    const command = node.commands.get(effect.id)?.command
    if (command?.type === 'createChannel' && effect.result.type === 'channel') this.channel ??= effect.result.channel.id
    if (effect.result.type === 'invite') this.invites = [...this.invites, effect.result.invite]
  }

  onNotice(node: SimNode, notice: Notice, world: Scene): void {
    const person = this.#byNode.get(node)
    if (person?.node !== node) return
    if (notice.type === 'keyState' && notice.state === 'ready') person.readyAt ??= world.time
    if (notice.type === 'message') {
      person.shown.push({ view: notice, at: world.time, incarnation: node.incarnation })
      const text = notice.content.text?.text
      if (text !== undefined) person.shownTexts.add(text)
    }
    if (notice.type === 'gap') person.toldGaps.add(notice.missing)
    if (notice.type === 'unreadable') person.toldGaps.add(notice.id)
  }
}

/** Whether a client says that it knows of a lie: when it comes to know, or after a start. */
export const isAlarm = (notice: Notice): boolean =>
  notice.type === 'alarm' || (notice.type === 'keyState' && notice.state === 'alarmed')

/** From so many managers on a new root needs a quorum of them. */
export const QUORUM_FROM = 3

/** Whether a command was taken. */
export const isTaken = (pending: Pending): boolean => pending.result !== undefined && !(pending.result instanceof Error)

/** Whether nobody, itself included, may have ended this person's membership. */
export const isStaying = (person: Person): boolean => person.partings.every(({ result }) => result instanceof Error)

/** Whether this person is to be a member now: its peer took the command, and it stays. */
export const isWanted = (person: Person): boolean => person.joins.some(isTaken) && isStaying(person)

/** The messages in the history on a disk. */
export const keptMessages = ({ disk }: SimNode): MessageView[] =>
  [...disk.all()].map((row) => readMessageRow(row)).filter((view) => view !== undefined)

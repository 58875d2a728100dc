/**
 * I-3, I-4, I-5a, I-6: who is not in the roster of an epoch, of the channel or of a group, cannot derive it, not even together
 * with everybody else who is not, from all that any of them ever held and everything that was ever on the carrier.
 *
 * The closure is exact by value. The checker knows the true secrets of each epoch (its issuer wrote them down); whoever is
 * outside holds what its machine ever held or wrote, honest deletion ignored. A tree update is tried on every key of the
 * outsiders that was in the tree before it or is in it after. An epoch of the channel follows from its true root key and the
 * true `init` before it; one of a group from its root key and the exporter of the channel's epoch that it stands on, and the
 * leaf keys of its tree from that exporter and the members' leaf keys in the channel's.
 */
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { keyIdKey } from '../../core/channel/frame.ts'
import {
  groupLeafBase,
  groupLeafKey,
  isHigher,
  type Line,
  rebuildLeafSecret,
  refreshLeafKey
} from '../../core/channel/key-schedule.ts'
import { MemberTree } from '../../core/channel/key-tree-member.ts'
import type { Effect, Event, Row } from '../../core/machine.ts'
import { SecretTree } from '../../core/member/secret-tree.ts'
import type { Notice } from '../../core/notice.ts'
import { Refusal } from '../../core/reject.ts'
import { x25519 } from '../../crypto/kem.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import {
  type Announcement,
  AnnouncementAttachment,
  AnnouncementPayload,
  HistoryPolicy,
  type KeyId,
  type TreeUpdate,
  TreeUpdateKind
} from '../../wire/messages.ts'
import { EpochRow } from '../../wire/rows.ts'
import type { Packet } from '../network.ts'
import type { SimNode } from '../node.ts'
import { Rosters } from '../rosters.ts'
import type { Person, Truth } from '../truth.ts'
import type { World } from '../world.ts'
import { type Checker, Violation } from './checker.ts'
import { isAboutKeys } from './secrecy.ts'
import { type Learned, type Place, TreeClosure, type TreeNodes, type Value } from './tree-closure.ts'

const EPOCH_ROWS = 'epoch/'

/** The kinds of secret that make an epoch readable or controllable, or lead on from it. */
const EPOCH_KINDS = ['init', 'control', 'reading', 'exporter'] as const
type EpochKind = (typeof EPOCH_KINDS)[number]

/** One epoch, as its issuer knew it. */
interface Epoch {
  /** Empty for the channel's own line. */
  readonly group: Uint8Array
  readonly key: KeyId
  /** Everybody who may have it. */
  readonly roster: ReadonlySet<Person>
  readonly secrets: ReadonlyMap<EpochKind, { readonly value: Value; readonly bytes: Uint8Array }>
  readonly nodes: TreeNodes
  readonly root: Value
}

/** What an announcement on the carrier says of its epoch. */
interface Announced {
  readonly head: Announcement
  readonly tree: TreeUpdate
}

/** An epoch in its place among the others. */
interface Linked {
  readonly epoch: Epoch
  readonly line: Line
  /** Before it on its line. */
  readonly before: Epoch | undefined
  /** Of a group: the channel's epoch that it stands on. */
  readonly base: Epoch | undefined
  readonly closure: TreeClosure | undefined
}

/** What some people know together. */
interface Known {
  readonly secrets: Map<Value, Uint8Array>
  /** What the leaf keys of groups are made of, by the channel's epoch. */
  readonly leafBases: Map<string, Map<Value, Uint8Array>>
  readonly prekeys: readonly { readonly person: Person; readonly seed: Uint8Array }[]
}

/** Everything that one person ever held. */
interface Holdings {
  readonly secrets: Map<Value, Uint8Array>
  readonly leafBases: Map<string, Map<Value, Uint8Array>>
  readonly prekeys: Map<Value, Uint8Array>
}

const NO_TREE: TreeNodes = { places: new Map(), isWhole: true, depth: 0 }

export class Knowledge implements Checker {
  readonly #truth: Truth
  readonly #held = new Map<Person, Holdings>()
  /** By line and key id. */
  readonly #epochs = new Map<string, Epoch>()
  /** Line and key id of an epoch, by its announcement's id. */
  readonly #names = new Map<string, string>()
  readonly #announced = new Map<string, Announced>()
  /** The trees that members and managers had, by line and key id. */
  readonly #trees = new Map<string, TreeNodes>()
  readonly #rowsSeen = new Map<Person, Set<string>>()
  readonly #changed = new Set<SimNode>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  /** The history policy of the story's channel; set by whoever makes the checker. */
  historyOf: (world: World) => HistoryPolicy = () => HistoryPolicy.NONE

  onNotice(node: SimNode, notice: Notice): void {
    if (isAboutKeys(notice)) this.#changed.add(node)
  }

  onHandled(node: SimNode, event: Event): void {
    if (event.type !== 'restore' && !this.#changed.delete(node)) return
    const person = this.#truth.personOf(node)
    if (person === undefined) return
    const held = this.#holdingsOf(person)
    for (const { name, bytes } of node.machine?.unsafeSecrets?.() ?? []) {
      const [kind, ...rest] = name.split('/')
      hold(held.secrets, bytes)
      if (kind === 'prekey') hold(held.prekeys, bytes)
      if (kind === 'leaf-base') hold(mapIn(held.leafBases, rest.join('/')), bytes)
    }
  }

  /** Whatever is written down is held, also what is gone again when the event is over. */
  onEffect(node: SimNode, effect: Effect): void {
    const person = this.#truth.personOf(node)
    if (effect.type !== 'persist' || person === undefined) return
    for (const row of effect.puts) {
      if (row.entry.startsWith(EPOCH_ROWS)) this.#noteRow(person, row, effect.puts)
    }
  }

  #noteRow(person: Person, { entry, value }: Row, rows: readonly Row[]): void {
    // What comes later of one epoch is less of the same.
    const seen = this.#rowsSeen.get(person) ?? new Set<string>()
    this.#rowsSeen.set(person, seen)
    if (seen.has(entry)) return
    seen.add(entry)
    const row = EpochRow.decode(value)
    const { group, init, control, exporter, leafBase, term, serial, commitment } = row
    const key = { term, serial, commitment }
    const name = nameOf(hex(group), keyIdKey(key))
    const held = this.#holdingsOf(person)
    const reading = SecretTree.import(row.secrets)?.reading
    const secrets = new Map<EpochKind, { value: Value; bytes: Uint8Array }>()
    for (const [kind, bytes] of Object.entries({ init, control, reading, exporter })) {
      if (bytes === undefined || bytes.length === 0) continue
      hold(held.secrets, bytes)
      secrets.set(kind as EpochKind, { value: mapKey(bytes), bytes: bytes.slice() })
    }
    if (leafBase.length > 0) hold(mapIn(held.leafBases, name), leafBase)
    const tree = row.tree.length > 0 ? MemberTree.import(row.tree) : undefined
    if (tree === undefined) return
    const nodes = this.#treeOf(name, tree.depth)
    for (const { level, position, key: nodeKey } of tree.unsafeNodes()) {
      hold(held.secrets, nodeKey)
      nodes.places.set(mapKey(nodeKey), { level, position })
    }
    if (this.#epochs.has(name) || !equalBytes(row.issuer, person.node.user)) return
    const root = mapKey(tree.rootKey)
    this.#noteWhole(person.node, hex(group), root, nodes)
    const rosters = Rosters.of(this.#truth, person.node, rows)
    const users = group.length === 0 ? rosters.members() : rosters.groupRoster(group)
    const roster = new Set(this.#truth.people.filter((one) => users.has(one.key)))
    this.#names.set(hex(row.announcement), name)
    this.#epochs.set(name, { group: group.slice(), key, roster, secrets, nodes, root })
  }

  /** All nodes of the tree, as its manager has them: unless another epoch of the line came with the same event. */
  #noteWhole(node: SimNode, group: string, root: Value, nodes: TreeNodes): void {
    const places = new Map<Value, Place>()
    for (const { name, bytes } of node.machine?.unsafeSecrets?.() ?? []) {
      const [kind, line, place = ''] = name.split('/')
      if (kind !== 'node' || line !== group) continue
      const [level = 0, position = 0] = place.split('.').map(Number)
      places.set(mapKey(bytes), { level, position })
    }
    if (places.get(root)?.level !== nodes.depth) return
    for (const [value, place] of places) nodes.places.set(value, place)
    nodes.isWhole = true
  }

  onPacket(packet: Packet, world: World): void {
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const head = frame.body.announcement
    if (head?.key === undefined || frame.attachment.length === 0) return
    // What is attached is not signed by itself: a flipped bit leaves a frame of the same author.
    const payload = decodeStrict(AnnouncementAttachment, frame.attachment, FRAME_BYTES)?.payload
    const tree = payload && decodeStrict(AnnouncementPayload, payload, FRAME_BYTES)?.tree
    if (tree !== undefined) this.#announced.set(nameOf(hex(head.group), keyIdKey(head.key)), { head, tree })
  }

  atEnd(world: World): void {
    for (const node of world.nodes) {
      this.#changed.add(node)
      this.onHandled(node, { type: 'wake' })
    }
    const links = [...this.#epochs.values()]
      .sort((a, b) => (isHigher(a.key, b.key) ? 1 : -1))
      .map((epoch) => this.#linked(epoch))
    const closures = new Map<string, Known>()
    const knownTo = (people: readonly Person[]): Known => {
      const name = people.map((person) => person.name).join()
      const known = closures.get(name) ?? this.#closure(people, links)
      closures.set(name, known)
      return known
    }
    for (const { epoch } of links) {
      const outsiders = this.#truth.people.filter((person) => !epoch.roster.has(person))
      const newcomers = this.historyOf(world) === HistoryPolicy.ALL ? laterIn(epoch, links) : new Set()
      const strangers = outsiders.filter((person) => !newcomers.has(person))
      for (const kind of ['root key', ...EPOCH_KINDS] as const) {
        const value = kind === 'root key' ? epoch.root : epoch.secrets.get(kind)?.value
        // Newcomers may be given reading secrets of before their time; who was removed and stays away may not.
        const people = kind === 'reading' ? strangers : outsiders
        if (value === undefined || !knownTo(people).secrets.has(value)) continue
        const who = people.map(({ name }) => name).join(', ')
        const where = epoch.group.length === 0 ? '' : ` of group ${hex(epoch.group).slice(0, 8)}`
        throw new Violation('I-3', `${who}, not in epoch ${nameOfKey(epoch.key)}${where}, can derive its ${kind}`)
      }
    }
  }

  #linked(epoch: Epoch): Linked {
    const group = hex(epoch.group)
    const announced = this.#announced.get(nameOf(group, keyIdKey(epoch.key)))
    const line = { channel: this.#truth.channel!, group: epoch.group }
    const nothing = { epoch, line, before: undefined, base: undefined, closure: undefined }
    // One that was written down and never told gives nobody anything.
    if (announced === undefined) return nothing
    const { head, tree } = announced
    const before = this.#epochs.get(this.#names.get(hex(head.previous)) ?? '')
    const base = head.base && this.#epochs.get(nameOf('', keyIdKey(head.base)))
    const context = { ...line, term: epoch.key.term, serial: epoch.key.serial }
    return { epoch, line, before, base, closure: new TreeClosure(tree, context, before?.nodes ?? NO_TREE, epoch.nodes) }
  }

  /** Everything these people can derive of all epochs together. */
  #closure(people: readonly Person[], links: readonly Linked[]): Known {
    const holdings = people.map((person) => ({ person, held: this.#holdingsOf(person) }))
    const known: Known = {
      secrets: new Map(holdings.flatMap(({ held }) => [...held.secrets])),
      leafBases: new Map(),
      prekeys: holdings.flatMap(({ person, held }) => [...held.prekeys.values()].map((seed) => ({ person, seed })))
    }
    for (const { held } of holdings) {
      for (const [name, bases] of held.leafBases)
        for (const [value, bytes] of bases) mapIn(known.leafBases, name).set(value, bytes)
    }
    for (let size = -1; size !== known.secrets.size; ) {
      size = known.secrets.size
      for (const link of links) this.#deriveEpoch(known, link)
    }
    return known
  }

  /** Adds what one epoch gives to those who know this much. */
  #deriveEpoch(known: Known, link: Linked): void {
    const { epoch, before, base, closure } = link
    const { secrets } = known
    if (closure !== undefined) {
      if (epoch.group.length > 0) this.#deriveGroupLeaves(known, link, closure)
      else deriveLeaves(known, link, closure)
      deriveNodes(secrets, closure)
      const chained = epoch.group.length === 0 ? before?.secrets.get('init') : base?.secrets.get('exporter')
      const isFirst = epoch.group.length === 0 && before === undefined
      const isChained = isFirst || (chained !== undefined && secrets.has(chained.value))
      if (isChained && secrets.has(epoch.root))
        for (const { value, bytes } of epoch.secrets.values()) secrets.set(value, bytes)
    }
    const exporter = epoch.secrets.get('exporter')
    if (exporter === undefined || !secrets.has(exporter.value)) return
    const bases = mapIn(known.leafBases, nameOf('', keyIdKey(epoch.key)))
    for (const [value, { level }] of epoch.nodes.places) {
      const leafKey = level === 0 ? secrets.get(value) : undefined
      if (leafKey !== undefined) hold(bases, groupLeafBase(exporter.bytes, leafKey))
    }
  }

  /** From what leaf keys of a group are made of, for whomever. */
  #deriveGroupLeaves(known: Known, { epoch, line, base }: Linked, closure: TreeClosure): void {
    if (base === undefined) return
    const { term, serial } = epoch.key
    for (const leafBase of known.leafBases.get(nameOf('', keyIdKey(base.key)))?.values() ?? []) {
      for (const { node } of this.#truth.people) {
        const leafKey = groupLeafKey(leafBase, line, term, serial, node.user)
        learn(known.secrets, closure.fromLeafSecret(leafKey))
        learn(known.secrets, closure.fromLeafKey(leafKey))
      }
    }
  }

  #holdingsOf(person: Person): Holdings {
    let held = this.#held.get(person)
    if (held === undefined) {
      held = { secrets: new Map(), leafBases: new Map(), prekeys: new Map() }
      this.#held.set(person, held)
    }
    return held
  }

  #treeOf(name: string, depth: number): TreeNodes {
    let nodes = this.#trees.get(name)
    if (nodes === undefined) {
      nodes = { places: new Map(), isWhole: false, depth }
      this.#trees.set(name, nodes)
    }
    return nodes
  }
}

/** From prekeys: the leaf of a member in a rebuilt tree, and one that is refreshed. */
function deriveLeaves(known: Known, { epoch, line }: Linked, closure: TreeClosure): void {
  const { termKey, kind } = closure.update
  if (termKey.length === 0) return
  const { term, serial } = epoch.key
  for (const { person, seed } of known.prekeys) {
    const { user } = person.node
    const learned = closure.once(`prekey ${person.name} ${mapKey(seed)}`, () => {
      const shared = x25519(seed, termKey)
      if (shared === undefined) return new Map()
      return kind === TreeUpdateKind.REBUILD
        ? closure.fromLeafSecret(rebuildLeafSecret(shared, line, term, user))
        : closure.fromLeafKey(refreshLeafKey(shared, line, term, serial, user))
    })
    learn(known.secrets, learned)
  }
}

/** What keys of the tree before and after tell of the tree after. */
function deriveNodes(secrets: Map<Value, Uint8Array>, closure: TreeClosure): void {
  const { before, after } = closure
  for (const value of [...before.places.keys(), ...after.places.keys()]) {
    const key = secrets.get(value)
    if (key !== undefined) learn(secrets, closure.fromKey(value, key))
  }
}

/** Who comes into the channel's roster after an epoch of it; of groups nothing of before is given. */
function laterIn({ group, key }: Epoch, links: readonly Linked[]): Set<Person> {
  if (group.length > 0) return new Set()
  const later = links.filter(({ epoch }) => epoch.group.length === 0 && isHigher(epoch.key, key))
  return new Set(later.flatMap(({ epoch }) => [...epoch.roster]))
}

function learn(secrets: Map<Value, Uint8Array>, learned: Learned): void {
  for (const [value, bytes] of learned) secrets.set(value, bytes)
}

/** Keeps a copy: the machine may overwrite its own. */
function hold(secrets: Map<Value, Uint8Array>, bytes: Uint8Array): void {
  const value = mapKey(bytes)
  if (!secrets.has(value)) secrets.set(value, bytes.slice())
}

function mapIn<K, V>(maps: Map<string, Map<K, V>>, name: string): Map<K, V> {
  const map = maps.get(name) ?? new Map<K, V>()
  maps.set(name, map)
  return map
}

/** An epoch by its group, in hex, and its key id: as secrets are named. */
const nameOf = (group: string, key: string): string => `${group}/${key}`

const nameOfKey = ({ term, serial }: KeyId): string => `${term}.${serial}`

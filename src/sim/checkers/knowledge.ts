/**
 * I-3, I-4, I-5a, I-6: who is not in the roster of an epoch, of the channel or of a group, cannot derive it, not even together
 * with everybody else who is not, from all that any of them ever held and everything that was ever on the carrier.
 *
 * I-7b: whoever takes all that one peer holds at some moment, in memory and on its disk, derives with everything that was ever
 * on the carrier no secret of an epoch up to the newest that the peer had, of the channel or of a group, but those it holds.
 *
 * The closure is exact by value. The checker knows the true secrets of each epoch (its issuer wrote them down); whoever is
 * outside holds what its machine ever held or wrote, honest deletion ignored. A tree update is tried on every key of the
 * outsiders that was in the tree before it or is in it after. An epoch follows from its true root key and the true `init` of
 * the one before it on its line. The first one of a group on an epoch of the channel has in place of that what the exporter of
 * its base gives, and the leaf keys of its tree follow from that exporter and the members' leaf keys in the channel's.
 */
import { assert } from '../../base/assert.ts'
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { keyIdKey } from '../../core/channel/frame.ts'
import {
  epochKeysOf,
  epochSecretOf,
  groupInitOf,
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
import type { HeldSecret, SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import { Rosters } from '../rosters.ts'
import type { Scene } from '../scene.ts'
import type { Person, Truth } from '../truth.ts'
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
  readonly secrets: Map<EpochKind, Secret>
  readonly transcript: Uint8Array
  readonly nodes: TreeNodes
  readonly root: Secret
}

interface Secret {
  readonly value: Value
  readonly bytes: Uint8Array
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
  /** Of a group: the channel's epoch that it stands on. */
  readonly base: Epoch | undefined
  /** What leads to it beside its root: `init` of the one before, or what stands in its place; undefined: nobody kept it. */
  readonly chained: Secret | undefined
  readonly closure: TreeClosure | undefined
}

/** What some people know together. */
interface Known {
  readonly secrets: Map<Value, Uint8Array>
  /** Leaf keys of groups, by group and the channel's epoch. */
  readonly groupLeaves: Map<string, Map<Value, Uint8Array>>
  readonly prekeys: readonly { readonly person: Person; readonly seed: Uint8Array }[]
}

/** Everything that one person ever held. */
class Holdings {
  readonly secrets = new Map<Value, Uint8Array>()
  readonly groupLeaves = new Map<string, Map<Value, Uint8Array>>()
  readonly prekeys = new Map<Value, Uint8Array>()
  /** Epochs that it came to have, by line and key id: it had everything that comes of their secrets, for a moment. */
  readonly lived = new Set<string>()

  /** Takes in what a machine says that it holds. */
  holdAll(held: readonly HeldSecret[]): void {
    for (const { name, bytes } of held) {
      const [kind, ...rest] = name.split('/')
      hold(this.secrets, bytes)
      if (kind === 'control') this.lived.add(rest.join('/'))
      if (kind === 'prekey') hold(this.prekeys, bytes)
      if (kind === 'group-leaf') hold(mapIn(this.groupLeaves, rest.join('/')), bytes)
    }
  }

  /** Takes in what is written down of an epoch. */
  holdRow({ group, init, control, secrets, tree, entries, ...key }: EpochRow): void {
    if (control.length > 0) this.lived.add(nameOf(hex(group), keyIdKey(key)))
    const nodes = nodesIn(tree).map((node) => node.key)
    for (const bytes of [init, control, SecretTree.import(secrets)?.reading, ...nodes])
      if (bytes !== undefined && bytes.length > 0) hold(this.secrets, bytes)
    for (const { group, init, leafKey } of entries) {
      hold(this.secrets, init)
      hold(mapIn(this.groupLeaves, nameOf(hex(group), keyIdKey(key))), leafKey)
    }
  }
}

/** What a thief finds at one moment. */
interface Loot {
  readonly person: Person
  readonly held: Holdings
}

const NO_TREE: TreeNodes = { places: new Map(), isWhole: true, depth: 0 }

export class Knowledge implements Checker {
  readonly looks = { 'I-3': 0, 'I-7b': 0 }
  readonly #truth: Truth
  readonly #held = new Map<Person, Holdings>()
  /** By line and key id. */
  readonly #epochs = new Map<string, Epoch>()
  /** Line and key id of an epoch, by its announcement's id. */
  readonly #names = new Map<string, string>()
  readonly #announced = new Map<string, Announced>()
  /** The trees that members and managers had, by line and key id. */
  readonly #trees = new Map<string, TreeNodes>()
  readonly #rowsSeen = new Map<SimNode, Set<string>>()
  readonly #changed = new Set<SimNode>()
  readonly #loot: Loot[] = []
  /** How often the keys of each peer have changed. */
  readonly #changes = new Map<Person, number>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  /** The history policy of the story's channel; set by whoever makes the checker. */
  historyOf: (world: Scene) => HistoryPolicy = () => HistoryPolicy.NONE

  onNotice(node: SimNode, notice: Notice): void {
    if (isAboutKeys(notice)) this.#changed.add(node)
  }

  onHandled(node: SimNode, event: Event): void {
    if (event.type !== 'restore' && !this.#changed.delete(node)) return
    const person = this.#truth.personOf(node)
    if (person === undefined) return
    this.#holdingsOf(person).holdAll(node.machine?.unsafeSecrets?.() ?? [])
    const changes = (this.#changes.get(person) ?? 0) + 1
    this.#changes.set(person, changes)
    // Now and then, and ever more seldom: to look at each moment takes too long.
    if (Number.isInteger(Math.log2(changes))) this.#seize(person)
  }

  /** Takes all that a peer holds now. */
  #seize(person: Person): void {
    const { machine, disk, isSyncing } = person.node
    // What is about to be wiped is still there.
    if (isSyncing) return
    const held = new Holdings()
    held.holdAll(machine?.unsafeSecrets?.() ?? [])
    for (const { entry, value } of disk.all()) if (entry.startsWith(EPOCH_ROWS)) held.holdRow(EpochRow.decode(value))
    this.#loot.push({ person, held })
  }

  /** Whatever is written down is held, also what is gone again when the event is over. */
  onEffect(node: SimNode, effect: Effect): void {
    const person = this.#truth.personOf(node)
    if (effect.type !== 'persist' || person === undefined) return
    for (const row of effect.puts) {
      if (row.entry.startsWith(EPOCH_ROWS)) this.#noteRow(node, person, row, effect.puts)
    }
  }

  #noteRow(node: SimNode, person: Person, { entry, value }: Row, rows: readonly Row[]): void {
    // What comes later of one epoch is less of the same.
    const seen = this.#rowsSeen.get(node) ?? new Set<string>()
    this.#rowsSeen.set(node, seen)
    if (seen.has(entry)) return
    seen.add(entry)
    const row = EpochRow.decode(value)
    const { group, init, control, transcript, term, serial, commitment } = row
    const key = { term, serial, commitment }
    const name = nameOf(hex(group), keyIdKey(key))
    const held = this.#holdingsOf(person)
    held.holdRow(row)
    const tree = row.tree.length > 0 ? MemberTree.import(row.tree) : undefined
    if (tree === undefined) return
    const nodes = this.#treeOf(name, tree.depth)
    for (const { level, position, key: nodeKey } of nodesIn(row.tree))
      nodes.places.set(mapKey(nodeKey), { level, position })
    if (this.#epochs.has(name) || !equalBytes(row.issuer, person.node.user)) return
    const secrets = new Map<EpochKind, Secret>()
    for (const [kind, bytes] of Object.entries({ init, control, reading: SecretTree.import(row.secrets)?.reading }))
      if (bytes !== undefined) secrets.set(kind as EpochKind, secretOf(bytes))
    const root = secretOf(tree.rootKey)
    this.#noteWhole(node, hex(group), root.value, nodes)
    const rosters = Rosters.of(this.#truth, node, rows)
    const users = group.length === 0 ? rosters.members() : rosters.groupRoster(group)
    const roster = new Set(this.#truth.people.filter((one) => users.has(one.key)))
    this.#names.set(hex(row.announcement), name)
    this.#epochs.set(name, { group: group.slice(), key, roster, secrets, transcript: transcript.slice(), nodes, root })
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

  onPacket(packet: Packet, world: Scene): void {
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const head = frame.body.announcement
    if (head?.key === undefined || frame.attachment.length === 0) return
    // What is attached is not signed by itself: a flipped bit leaves a frame of the same author.
    const payload = decodeStrict(AnnouncementAttachment, frame.attachment, FRAME_BYTES)?.payload
    const tree = payload && decodeStrict(AnnouncementPayload, payload, FRAME_BYTES)?.tree
    if (tree !== undefined) this.#announced.set(nameOf(hex(head.group), keyIdKey(head.key)), { head, tree })
  }

  atEnd(world: Scene): void {
    for (const node of world.nodes) {
      this.#changed.add(node)
      this.onHandled(node, { type: 'wake' })
    }
    for (const person of this.#truth.people) this.#seize(person)
    const epochs = [...this.#epochs.values()].sort((a, b) => (isHigher(a.key, b.key) ? 1 : -1))
    for (const epoch of epochs) this.#noteExporter(epoch)
    const links = epochs.map((epoch) => this.#linked(epoch))
    this.#requireSecrecy(links, world)
    // A disk that was set back has again what was wiped.
    const loot = this.#loot.filter(({ person }) => !person.isRolledBack)
    for (const one of loot) this.#requireForwardSecrecy(one, links)
  }

  #requireSecrecy(links: readonly Linked[], world: Scene): void {
    const closures = new Map<string, Known>()
    const knownTo = (people: readonly Person[]): Known => {
      const name = people.map((person) => person.name).join()
      const known = closures.get(name) ?? this.#everKnown(people, links)
      closures.set(name, known)
      return known
    }
    for (const { epoch } of links) {
      const outsiders = this.#truth.people.filter((person) => !epoch.roster.has(person))
      const newcomers = this.historyOf(world) === HistoryPolicy.ALL ? laterIn(epoch, links) : new Set()
      const strangers = outsiders.filter((person) => !newcomers.has(person))
      for (const kind of ['root key', ...EPOCH_KINDS] as const) {
        this.looks['I-3']++
        const value = kind === 'root key' ? epoch.root.value : epoch.secrets.get(kind)?.value
        // Newcomers may be given reading secrets of before their time; who was removed and stays away may not.
        const people = kind === 'reading' ? strangers : outsiders
        if (value === undefined || !knownTo(people).secrets.has(value)) continue
        const who = people.map(({ name }) => name).join(', ')
        throw new Violation('I-3', `${who}, not in epoch ${nameOfEpoch(epoch)}, can derive its ${kind} secret`)
      }
    }
  }

  #requireForwardSecrecy({ person, held }: Loot, links: readonly Linked[]): void {
    const lived = [...held.lived].map((name) => this.#epochs.get(name)).filter((epoch) => epoch !== undefined)
    const known = this.#closureOf([{ person, held }], links)
    for (const { epoch } of links) {
      const isPast = lived.some(({ group, key }) => equalBytes(group, epoch.group) && !isHigher(epoch.key, key))
      if (!isPast) continue
      for (const [kind, { value }] of epoch.secrets) {
        this.looks['I-7b']++
        if (!known.secrets.has(value) || held.secrets.has(value)) continue
        const what = `the ${kind} of epoch ${nameOfEpoch(epoch)}`
        throw new Violation('I-7b', `who takes what ${person.name} holds can derive ${what}, which it has had`)
      }
    }
  }

  /** Nobody keeps it, but it is there for a moment; and everything about groups follows from it. */
  #noteExporter({ group, key, root, transcript, secrets }: Epoch): void {
    const announced = this.#announced.get(nameOf(hex(group), keyIdKey(key)))
    if (group.length > 0 || announced === undefined) return
    const init = this.#epochs.get(this.#names.get(hex(announced.head.previous)) ?? '')?.secrets.get('init')
    // On a first epoch no group can stand: it announces none.
    if (init === undefined) return
    const line = { channel: this.#truth.channel!, group }
    const keys = epochKeysOf(epochSecretOf(init.bytes, root.bytes, transcript), line, key.term, key.serial)
    assert(equalBytes(keys.commitment, key.commitment), 'the true secrets of an epoch give its commitment')
    secrets.set('exporter', secretOf(keys.exporter))
  }

  #linked(epoch: Epoch): Linked {
    const group = hex(epoch.group)
    const announced = this.#announced.get(nameOf(group, keyIdKey(epoch.key)))
    const line = { channel: this.#truth.channel!, group: epoch.group }
    const nothing = { epoch, line, base: undefined, chained: undefined, closure: undefined }
    // One that was written down and never told gives nobody anything.
    if (announced === undefined) return nothing
    const { head, tree } = announced
    const before = this.#epochs.get(this.#names.get(hex(head.previous)) ?? '')
    const base = head.base && this.#epochs.get(nameOf('', keyIdKey(head.base)))
    const context = { ...line, term: epoch.key.term, serial: epoch.key.serial }
    const closure = new TreeClosure(tree, context, before?.nodes ?? NO_TREE, epoch.nodes)
    const baseBefore = before && this.#announced.get(nameOf(group, keyIdKey(before.key)))?.head.base
    const isFirstOnBase = head.base !== undefined && (baseBefore === undefined || isHigher(head.base, baseBefore))
    const chained = isFirstOnBase ? this.#entryInitOf(base, line) : before?.secrets.get('init')
    return { epoch, line, base, chained, closure }
  }

  /** What the exporter of its base gives the first epoch of a group on it; undefined where a liar's epoch came before. */
  #entryInitOf(base: Epoch | undefined, line: Line): Secret | undefined {
    const exporter = base?.secrets.get('exporter')
    const isToldFalsely = this.#truth.people.some(({ isManager, isByzantine }) => isManager && isByzantine)
    assert(exporter !== undefined || isToldFalsely, 'groups stand on an epoch of the channel that was told')
    return exporter && secretOf(groupInitOf(exporter.bytes, line))
  }

  /** Everything these people could ever derive of all epochs together. */
  #everKnown(people: readonly Person[], links: readonly Linked[]): Known {
    const holdings = people.map((person) => ({ person, held: this.#holdingsOf(person) }))
    for (const { held } of holdings) {
      const lived = [...held.lived].map((name) => this.#epochs.get(name)?.secrets.get('exporter'))
      for (const exporter of lived) if (exporter !== undefined) hold(held.secrets, exporter.bytes)
    }
    return this.#closureOf(holdings, links)
  }

  /** Everything that can be derived of all epochs from what these people have. */
  #closureOf(holdings: readonly Loot[], links: readonly Linked[]): Known {
    const known: Known = {
      secrets: new Map(holdings.flatMap(({ held }) => [...held.secrets])),
      groupLeaves: new Map(),
      prekeys: holdings.flatMap(({ person, held }) => [...held.prekeys.values()].map((seed) => ({ person, seed })))
    }
    for (const { held } of holdings) {
      for (const [name, leaves] of held.groupLeaves)
        for (const [value, bytes] of leaves) mapIn(known.groupLeaves, name).set(value, bytes)
    }
    for (let size = -1; size !== known.secrets.size; ) {
      size = known.secrets.size
      for (const link of links) this.#deriveEpoch(known, link)
    }
    return known
  }

  /** Adds what one epoch gives to those who know this much. */
  #deriveEpoch(known: Known, link: Linked): void {
    const { epoch, chained, closure } = link
    const { secrets } = known
    if (closure === undefined) return
    if (epoch.group.length > 0) this.#deriveEntry(known, link, closure)
    else deriveLeaves(known, link, closure)
    deriveNodes(secrets, closure)
    const isReached = chained !== undefined && secrets.has(chained.value) && secrets.has(epoch.root.value)
    if (!isReached) return
    for (const { value, bytes } of epoch.secrets.values()) secrets.set(value, bytes)
  }

  /** What leads into a group from the epoch of the channel that it stands on: a first `init`, and leaf keys for whomever. */
  #deriveEntry({ secrets, groupLeaves }: Known, { line, base }: Linked, closure: TreeClosure): void {
    const exporter = base?.secrets.get('exporter')
    if (base === undefined || exporter === undefined) return
    const leaves = mapIn(groupLeaves, nameOf(hex(line.group), keyIdKey(base.key)))
    if (secrets.has(exporter.value)) {
      hold(secrets, groupInitOf(exporter.bytes, line))
      for (const [value, { level }] of base.nodes.places) {
        const leafKey = level === 0 ? secrets.get(value) : undefined
        if (leafKey === undefined) continue
        const ofAnybody = closure.once(`leaf ${value}`, () => {
          const keys = this.#truth.people.map(({ node }) => groupLeafKey(exporter.bytes, leafKey, line, node.user))
          return new Map(keys.map((key) => [mapKey(key), key]))
        })
        for (const [name, key] of ofAnybody) leaves.set(name, key)
      }
    }
    for (const leafKey of leaves.values()) {
      learn(secrets, closure.fromLeafSecret(leafKey))
      learn(secrets, closure.fromLeafKey(leafKey))
    }
  }

  #holdingsOf(person: Person): Holdings {
    let held = this.#held.get(person)
    if (held === undefined) {
      held = new Holdings()
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

/** The nodes of a member's tree, and what it takes for the key of its leaf. */
function nodesIn(exported: Uint8Array): readonly (Place & { readonly key: Uint8Array })[] {
  const tree = exported.length > 0 ? MemberTree.import(exported) : undefined
  return tree === undefined ? [] : [...tree.unsafeNodes(), { level: 0, position: tree.leaf, key: tree.leafKey }]
}

const secretOf = (bytes: Uint8Array): Secret => ({ value: mapKey(bytes), bytes: bytes.slice() })

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

const nameOfEpoch = ({ group, key: { term, serial } }: Epoch): string =>
  `${term}.${serial}${group.length === 0 ? '' : ` of group ${hex(group).slice(0, 8)}`}`

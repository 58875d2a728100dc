/**
 * I-3, I-4, I-5a, I-6: who is not in the roster of an epoch cannot derive it, not even together with everybody else who is
 * not, from all that any of them ever held and everything that was ever on the carrier.
 *
 * The closure is exact by value. The checker knows the true secrets of each epoch (its issuer had them); whoever is outside
 * holds what its machine ever held, honest deletion ignored. A tree update is tried on every key of the outsiders that was
 * in the tree before it; an epoch follows from its true root key and the true `init` before it.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import { keyIdKey } from '../../core/channel/frame.ts'
import { TREE_CIPHER, UpdateKeys, updateHash } from '../../core/channel/key-tree-update.ts'
import type { Event } from '../../core/machine.ts'
import type { Notice } from '../../core/notice.ts'
import { Refusal } from '../../core/reject.ts'
import { WRAPPED_KEY_BYTES } from '../../crypto/aead.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import {
  AnnouncementAttachment,
  AnnouncementPayload,
  HistoryPolicy,
  type KeyId,
  type TreeUpdate
} from '../../wire/messages.ts'
import type { Packet } from '../network.ts'
import type { SimNode } from '../node.ts'
import type { Person, Truth } from '../truth.ts'
import type { World } from '../world.ts'
import { type Checker, Violation } from './checker.ts'
import { isAboutKeys } from './secrecy.ts'

/** The kinds of secret that make an epoch readable or controllable. */
const EPOCH_KINDS = ['init', 'control', 'reading'] as const
type EpochKind = (typeof EPOCH_KINDS)[number]

/** One epoch of the channel's own line, as its issuer knew it. */
interface Epoch {
  readonly key: KeyId
  /** Everybody who may have it. */
  readonly roster: ReadonlySet<Person>
  /** Values of the epoch's own secrets. */
  readonly secrets: ReadonlyMap<EpochKind, string>
  /** Values of all node keys of its tree. */
  readonly nodes: ReadonlySet<string>
  readonly root: string | undefined
}

interface Update {
  readonly update: TreeUpdate
  readonly keys: UpdateKeys
}

type Value = string

export class Knowledge implements Checker {
  readonly #truth: Truth
  readonly #held = new Map<Person, Map<Value, Uint8Array>>()
  readonly #epochs: Epoch[] = []
  readonly #updates = new Map<string, Update>()
  readonly #changed = new Set<SimNode>()
  readonly #issued = new Set<SimNode>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onNotice(node: SimNode, notice: Notice): void {
    if (isAboutKeys(notice)) this.#changed.add(node)
    if (notice.type === 'epoch' && equalBytes(notice.issuer, node.user)) this.#issued.add(node)
  }

  /** Whom the issuer has in its roster. Asking changes nothing, and the answer does not go through the world. */
  #rosterOf(node: SimNode, world: World): Set<Person> {
    const { channel } = this.#truth
    if (channel === undefined) return new Set()
    const event: Event = { type: 'command', id: 0, command: { type: 'members', channel } }
    const [effect] = node.machine!.handle(event, { ...node.env(world.time), random: unasked })
    if (effect?.type !== 'result' || effect.result instanceof Error || effect.result.type !== 'members')
      return new Set(this.#truth.people)
    const people = effect.result.members.map(({ user }) => this.#truth.personWith(user))
    return new Set(people.filter((person) => person !== undefined))
  }

  onHandled(node: SimNode, event: Event, world: World): void {
    if (event.type !== 'restore' && !this.#changed.delete(node)) return
    const person = this.#truth.personOf(node)
    const secrets = node.machine?.unsafeSecrets?.()
    if (person === undefined || secrets === undefined) return
    const held = this.#held.get(person) ?? new Map<Value, Uint8Array>()
    this.#held.set(person, held)
    for (const { bytes } of secrets) {
      const value = mapKey(bytes)
      if (!held.has(value)) held.set(value, bytes.slice())
    }
    if (this.#issued.delete(node)) this.#noteEpochs(node, world)
  }

  /** The issuer's own view of the epochs it just made. */
  #noteEpochs(node: SimNode, world: World): void {
    const roster = this.#rosterOf(node, world)
    const byEpoch = new Map<string, Map<EpochKind, string>>()
    const nodes = new Set<string>()
    let root: { readonly level: number; readonly value: string } | undefined
    for (const { name, bytes } of node.machine!.unsafeSecrets!()) {
      const [kind, group, rest] = splitName(name)
      if (group !== '') continue
      const value = mapKey(bytes)
      if (kind === 'node') {
        nodes.add(value)
        const level = Number(rest.split('.')[0])
        if (root === undefined || level > root.level) root = { level, value }
      }
      const epochKind = EPOCH_KINDS.find((known) => known === kind)
      if (epochKind === undefined) continue
      const secrets = byEpoch.get(rest) ?? new Map<EpochKind, string>()
      byEpoch.set(rest, secrets.set(epochKind, value))
    }
    const newest = node.notices.findLast(({ notice }) => notice.type === 'epoch')?.notice
    if (newest?.type !== 'epoch') return
    for (const [name, secrets] of byEpoch) {
      const key = readKeyId(name)
      if (key.term !== newest.term || key.serial !== newest.serial) continue
      this.#epochs.push({ key, roster, secrets, nodes, root: root?.value })
    }
  }

  onPacket(packet: Packet, world: World): void {
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const { announcement } = frame.body
    if (announcement?.key === undefined || announcement.group.length > 0 || frame.attachment.length === 0) return
    // What is attached is not signed by itself: a flipped bit leaves a frame of the same author.
    const payload = decodeStrict(AnnouncementAttachment, frame.attachment, FRAME_BYTES)?.payload
    const update = payload && decodeStrict(AnnouncementPayload, payload, FRAME_BYTES)?.tree
    if (update === undefined) return
    const { term, serial } = announcement.key
    const context = { channel: frame.channel, group: announcement.group, term, serial }
    this.#updates.set(keyIdKey(announcement.key), {
      update,
      keys: new UpdateKeys(TREE_CIPHER, updateHash(update, context))
    })
  }

  atEnd(world: World): void {
    for (const node of world.nodes) {
      this.#changed.add(node)
      this.onHandled(node, { type: 'wake' }, world)
    }
    const epochs = this.#epochs.toSorted((a, b) => a.key.term - b.key.term || a.key.serial - b.key.serial)
    for (const [i, epoch] of epochs.entries()) {
      const outsiders = this.#truth.people.filter((person) => !epoch.roster.has(person))
      const known = this.#closure(outsiders, epochs.slice(0, i + 1))
      const kind = EPOCH_KINDS.find((kind) => !this.#isHistory(kind, world) && known.has(epoch.secrets.get(kind) ?? ''))
      const isRootKnown = epoch.root !== undefined && known.has(epoch.root)
      if (kind === undefined && !isRootKnown) continue
      const who = outsiders.map(({ name }) => name).join(', ')
      const what = kind ?? 'root key'
      throw new Violation('I-3', `${who}, not in epoch ${epoch.key.term}.${epoch.key.serial}, can derive its ${what}`)
    }
  }

  /** Under a history policy newcomers are given reading secrets of before. */
  #isHistory(kind: EpochKind, world: World): boolean {
    return kind === 'reading' && this.historyOf(world) !== HistoryPolicy.NONE
  }

  /** The history policy of the story's channel; set by whoever makes the checker. */
  historyOf: (world: World) => HistoryPolicy = () => HistoryPolicy.NONE

  /** Everything these people can derive of the epochs given, in order. */
  #closure(people: readonly Person[], epochs: readonly Epoch[]): Map<Value, Uint8Array> {
    const known = new Map<Value, Uint8Array>()
    for (const person of people) for (const [value, bytes] of this.#held.get(person) ?? []) known.set(value, bytes)
    for (const [i, epoch] of epochs.entries()) {
      const before = epochs[i - 1]
      const update = this.#updates.get(keyIdKey(epoch.key))
      if (update !== undefined) this.#applyUpdate(known, update, before?.nodes ?? new Set(), epoch.nodes)
      const init = before?.secrets.get('init')
      const hasInit = init === undefined || known.has(init)
      if (hasInit && epoch.root !== undefined && known.has(epoch.root)) {
        for (const value of epoch.secrets.values()) known.set(value, new Uint8Array(0))
      }
    }
    return known
  }

  /** What keys of the tree before tell of the tree after, until there is nothing new. */
  #applyUpdate(
    known: Map<Value, Uint8Array>,
    { update, keys }: Update,
    before: ReadonlySet<Value>,
    after: ReadonlySet<Value>
  ): void {
    const inTrees = [...before.union(after)]
    const tried = new Set<Value>()
    const learn = (bytes: Uint8Array): void => {
      const value = mapKey(bytes)
      if (after.has(value)) known.set(value, bytes)
    }
    for (;;) {
      const untried = inTrees.filter((value) => known.get(value)?.length && !tried.has(value))
      if (untried.length === 0) return
      for (const value of untried) {
        tried.add(value)
        const key = known.get(value)!
        learn(keys.step(key))
        learn(keys.ratchet(key))
        learn(keys.grow(key))
        for (let secret of unwrapAll(key, update, keys)) {
          for (let level = 0; level <= update.depth; level++) {
            learn(keys.node(secret))
            secret = keys.path(secret)
          }
        }
      }
    }
  }
}

/** A machine that tells who is there draws nothing. */
function unasked(): never {
  throw new Violation('machine', 'a question for members draws randomness')
}

/** Every wrap of the update that opens under this key, wherever in the tree the key may be meant to stand. */
function unwrapAll(key: Uint8Array, update: TreeUpdate, keys: UpdateKeys): Uint8Array[] {
  const secrets: Uint8Array[] = []
  for (let offset = 0; offset < update.wraps.length; offset += WRAPPED_KEY_BYTES) {
    const wrapped = update.wraps.subarray(offset, offset + WRAPPED_KEY_BYTES)
    for (let level = 0; level < update.depth; level++) {
      for (let position = 0; position < 2 ** (update.depth - level); position++) {
        const secret = keys.unwrap(key, level, position, wrapped)
        if (secret !== undefined) secrets.push(secret)
      }
    }
  }
  return secrets
}

/** `kind/group hex/rest`. */
function splitName(name: string): [kind: string, group: string, rest: string] {
  const [kind = '', group = '', ...rest] = name.split('/')
  return [kind, group, rest.join('/')]
}

/** Reads what `keyIdKey` wrote; the commitment is not needed. */
function readKeyId(name: string): KeyId {
  const [term = '0', serial = '0', commitment = ''] = name.split('.')
  return { term: Number(term), serial: Number(serial), commitment: Buffer.from(commitment, 'base64') }
}

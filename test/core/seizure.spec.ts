import { expect } from 'chai'
import { EMPTY, equalBytes, hex } from '../../src/base/bytes.ts'
import { SECOND_MS } from '../../src/base/time.ts'
import type { Frame } from '../../src/core/channel/frame.ts'
import { epochKeysOf, epochSecretOf, groupInitOf, groupLeafKey } from '../../src/core/channel/key-schedule.ts'
import { MemberTree } from '../../src/core/channel/key-tree-member.ts'
import { SecretTree } from '../../src/core/member/secret-tree.ts'
import { ReceivingChain } from '../../src/core/member/secret-tree-chain.ts'
import { Admission, AnnouncementAttachment, AnnouncementPayload, TreeUpdateKind } from '../../src/wire/messages.ts'
import { ChainRow, EpochRow } from '../../src/wire/rows.ts'
import { Bus, type Node, rowsOf, textContent } from './bus.ts'

/** What a thief finds at one moment: by node, and how many announcements and messages of the group there had been. */
interface Seizure {
  readonly loot: ReadonlyMap<Node, Loot>
  readonly readable: ReadonlyMap<Node, number[]>
  readonly announced: number
}

/** A channel whose three come to be in one group: its key is made again for every reason there is, and all that is said is read. */
class World {
  readonly bus = new Bus('seizure')
  readonly ana: Node
  readonly bob: Node
  readonly carol: Node
  readonly channel: Uint8Array
  readonly group: Uint8Array
  readonly seizures: Seizure[] = []

  constructor() {
    const { bus } = this
    const [ana, bob, carol] = [bus.add('ana'), bus.add('bob'), bus.add('carol')]
    const channel = bus.open(ana, { admission: Admission.OPEN })
    for (const node of [bob, carol]) bus.join(node, bus.invite(ana, channel))
    bus.pass(3 * SECOND_MS)
    const result = bus.command(ana, { type: 'createGroup', channel, name: 'kitchen' })
    if (result.type !== 'group') throw new Error('no group')
    this.ana = ana
    this.bob = bob
    this.carol = carol
    this.channel = channel
    this.group = result.group.id
    this.#put(ana, bob)
    this.#talk(ana, bob)
    this.#rekey(this.group)
    this.#talk(bob, ana)
    this.#put(carol)
    this.#talk(carol, bob)
    this.#rekey(EMPTY)
    this.#talk(bob, carol)
    this.#rekey(this.group)
    this.#talk(ana, bob, carol)
  }

  /** Every announcement of the group, in order. */
  get announced(): Frame[] {
    return this.bus.frames(this.channel).filter(({ body }) => body.announcement?.group.length)
  }

  /** Every message to the group. */
  get said(): Frame[] {
    return this.bus.frames(this.channel).filter(({ body }) => body.message?.group.length)
  }

  #put(...nodes: readonly Node[]): void {
    const { bus, ana, channel, group } = this
    for (const { key } of nodes) bus.command(ana, { type: 'putIntoGroup', channel, group, user: key.publicKey })
    bus.pass(3 * SECOND_MS)
  }

  #talk(...nodes: readonly Node[]): void {
    const { bus, channel, group } = this
    for (const node of nodes) {
      bus.command(node, { type: 'say', channel, group, content: textContent(node.nick), isPlain: false })
      bus.pass(SECOND_MS)
    }
    const members = [this.ana, this.bob]
    this.seizures.push({
      loot: new Map(members.map((node) => [node, heldBy(node)])),
      readable: new Map(members.map((node) => [node, readable(this, node)])),
      announced: this.announced.length
    })
  }

  #rekey(group: Uint8Array): void {
    this.bus.command(this.ana, { type: 'rekey', channel: this.channel, group })
    this.bus.pass(SECOND_MS)
  }
}

/** What a thief has, by what it may be good for. */
interface Loot {
  /** May be the key of a node of a tree. */
  readonly nodes: readonly Uint8Array[]
  /** What groups are entered with: nobody is to have any. */
  readonly exporters: readonly Uint8Array[]
  /** May be what an epoch follows from, or the key of a new leaf. */
  readonly others: readonly Uint8Array[]
}

const unique = (all: readonly Uint8Array[]): Uint8Array[] =>
  [...new Map(all.map((one) => [hex(one), one])).values()].filter(({ length }) => length === 32)

function lootOf(
  held: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  rows: readonly EpochRow[]
): Loot {
  const named = (kind: string): Uint8Array[] =>
    held.filter(({ name }) => name.startsWith(`${kind}/`)).map(({ bytes }) => bytes)
  const trees = rows.flatMap(({ tree }) => (tree.length > 0 ? MemberTree.import(tree)!.unsafeNodes() : []))
  const written = rows.flatMap(({ init, control, entries }) => [
    init,
    control,
    ...entries.flatMap((entry) => [entry.init, entry.leafKey])
  ])
  return {
    nodes: unique([...named('node'), ...trees.map(({ key }) => key)]),
    exporters: named('exporter'),
    others: unique([...held.map(({ bytes }) => bytes), ...written])
  }
}

/** All that a node holds, in memory and on its disk. */
const heldBy = (node: Node): Loot =>
  lootOf(
    node.peer.unsafeSecrets(),
    rowsOf(node, 'epoch').map(({ value }) => EpochRow.decode(value))
  )

/** All that a node ever wrote down. */
const everWritten = ({ bus }: World, by: Node): Loot => lootOf([], epochRows(bus, by))

function epochRows({ trace }: Bus, by?: Node): EpochRow[] {
  const effects = trace.filter(({ node }) => by === undefined || node === by).map(({ effect }) => effect)
  const puts = effects.flatMap((effect) => (effect.type === 'persist' ? effect.puts : []))
  return puts.filter(({ entry }) => entry.startsWith('epoch/')).map(({ value }) => EpochRow.decode(value))
}

/** What all know or can compute: the transcript of each epoch, by the id of its announcement. */
const transcripts = ({ bus }: World): Map<string, Uint8Array> =>
  new Map(epochRows(bus).map(({ announcement, transcript }) => [hex(announcement), transcript]))

/**
 * Tries every secret in every place.
 *
 * @returns which epochs of the group open, by their place among the announcements.
 */
function thieve(world: World, { nodes, exporters, others }: Loot, until = world.announced.length): number[] {
  const { channel, group, ana, bob, carol } = world
  const line = { channel, group }
  const users = [ana, bob, carol].map(({ key }) => key.publicKey)
  const ofChannel = (exporter: Uint8Array): Uint8Array[] =>
    nodes.flatMap((leaf) => users.map((user) => groupLeafKey(exporter, leaf, line, user)))
  const leafKeys = [...others, ...exporters.flatMap(ofChannel)]
  const inits = [...others, ...exporters.map((exporter) => groupInitOf(exporter, line))]
  const known = transcripts(world)
  const opened: number[] = []
  let trees: MemberTree[] = []
  for (const [place, { id, body, attachment }] of world.announced.slice(0, until).entries()) {
    const { term, serial, commitment } = body.announcement!.key!
    const tree = AnnouncementPayload.decode(AnnouncementAttachment.decode(attachment).payload).tree!
    const context = { ...line, term, serial }
    const fromLeaf = (leafKey: Uint8Array): (MemberTree | undefined)[] =>
      tree.kind === TreeUpdateKind.REBUILD
        ? users.map((_, leaf) => MemberTree.fromRebuild(tree, leaf, leafKey, context))
        : tree.refreshed.map((leaf) => MemberTree.fromPath(tree, leaf, leafKey, context))
    const applied = trees.map((before) => before.apply(tree, context))
    trees = [...applied, ...leafKeys.flatMap(fromLeaf)].filter((one) => one !== undefined)
    const roots = unique([...nodes, ...trees.map(({ rootKey }) => rootKey)])
    const keys = roots
      .flatMap((root) => inits.map((init) => epochSecretOf(init, root, known.get(hex(id))!)))
      .map((secret) => epochKeysOf(secret, line, term, serial))
      .find((one) => equalBytes(one.commitment, commitment))
    if (keys === undefined) continue
    opened.push(place)
    inits.push(keys.init)
  }
  return opened
}

/** Which messages to the group what is left at a node still has the key of. */
function readable({ said }: World, node: Node): number[] {
  const epochs = rowsOf(node, 'epoch').map(({ value }) => EpochRow.decode(value))
  const chains = rowsOf(node, 'chain').map(({ value }) => ChainRow.decode(value))
  return [...said.keys()].filter((place) => {
    const { author, body } = said[place]!
    const { key, boot, counter } = body.message!
    const epoch = epochs.find(({ commitment }) => equalBytes(commitment, key!.commitment))
    if (epoch === undefined) return false
    const chain = chains.find((one) => {
      return equalBytes(one.epoch, epoch.announcement) && equalBytes(one.sender, author) && equalBytes(one.boot, boot)
    })
    const kept = chain && ReceivingChain.import(chain.chain)?.peek(counter)
    return kept !== undefined || SecretTree.import(epoch.secrets)?.peek(author, boot) !== undefined
  })
}

describe('who takes all that a peer holds, and has all that was ever on the carrier', () => {
  const world = new World()

  it('reads nothing that was read in a group, and derives no key of it that the peer has had', () => {
    for (const node of [world.bob, world.ana]) {
      expect(world.bus.texts(node), node.nick).to.have.length(world.said.length)
      for (const { loot, readable, announced } of world.seizures) {
        expect(thieve(world, loot.get(node)!, announced), `${node.nick} at ${announced}`).to.deep.equal([])
        expect(readable.get(node), node.nick).to.deep.equal([])
      }
    }
  })

  it('derives nothing of the first epoch of a channel, which follows from none', () => {
    const bus = new Bus('first')
    const ana = bus.add('ana')
    const channel = bus.open(ana)
    const { nodes, others } = heldBy(ana)
    const { transcript, term, serial, commitment } = epochRows(bus, ana)[0]!
    const line = { channel, group: EMPTY }
    const inits = [new Uint8Array(32), ...others]
    const secrets = nodes.flatMap((root) => inits.map((init) => epochSecretOf(init, root, transcript)))
    const commitments = secrets.map((secret) => hex(epochKeysOf(secret, line, term, serial).commitment))
    expect(commitments.length).to.be.greaterThan(0)
    expect(commitments).not.to.include(hex(commitment))
  })

  it('would have them with what the peer has wiped', () => {
    const all = [...world.announced.keys()]
    expect(all).to.have.length(6)
    expect(thieve(world, everWritten(world, world.ana))).to.deep.equal(all)
    expect(thieve(world, everWritten(world, world.carol)), 'put in later').to.deep.equal(all.slice(3))
  })
})

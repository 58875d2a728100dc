/** What a change of the key costs here: the tree's update in a whole signed announcement, made and followed. */
import { randomBytes } from 'node:crypto'
import { EMPTY } from '../../src/base/bytes.ts'
import { atMillis } from '../../src/base/time.ts'
import {
  chunksWith,
  confirmKeys,
  type IssuedEpoch,
  issueEpoch,
  openStatements,
  readAnnouncement,
  wrapsInChunks
} from '../../src/core/channel/announcement.ts'
import type { LogPreview } from '../../src/core/channel/control-log.ts'
import { foundChannel } from '../../src/core/channel/descriptor.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { sealGrant } from '../../src/core/channel/grant.ts'
import { rebuildLeafSecret } from '../../src/core/channel/key-schedule.ts'
import { KeyTree, type TreeChange } from '../../src/core/channel/key-tree.ts'
import { MemberTree, wrapIndexes } from '../../src/core/channel/key-tree-member.ts'
import { type CheckedStatement, makeStatement } from '../../src/core/channel/statement.ts'
import { Prekeys } from '../../src/core/identity/prekeys.ts'
import { Refusal } from '../../src/core/reject.ts'
import { x25519, x25519KeyPair } from '../../src/crypto/kem.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { Operation, Reason } from '../../src/wire/messages.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const fresh = (): Uint8Array => random(32)

function present<T>(value: T | undefined | Refusal): T {
  if (value === undefined || value instanceof Refusal) throw new Error('an operation of the benchmark failed')
  return value as T
}

/** One kind of change at one size, ready to be made and followed again and again. */
export interface Change {
  readonly send: () => unknown
  readonly receive: () => unknown
  readonly wireBytes: number
}

const manager = signingKey(random(32))
const charter = foundChannel(manager, { name: 'bench' }, random(16))
const line = { channel: charter.channel, group: EMPTY }
const before = { init: random(32), transcript: random(32) }
const number = { term: 2, serial: 7 }
const context = { ...line, ...number }
const notAfter = 2_000_000_000_000

/** A statement about somebody, as the log would take it. */
const statement = (operation: Operation): CheckedStatement =>
  makeStatement(manager, {
    channel: charter.channel,
    operation,
    subject: random(32),
    previous: random(32),
    seq: 40,
    at: notAfter,
    ...(operation === Operation.ADMIT ? { admitId: random(16), name: 'newcomer' } : { ends: [random(16)] })
  })

/** The log is not what is measured here: its hashes are given. */
const logWith = (statements: readonly CheckedStatement[]): LogPreview =>
  ({ statements, ids: { root: fresh }, roster: { hash: fresh() } }) as unknown as LogPreview

function issue(change: TreeChange, statements: readonly CheckedStatement[]): IssuedEpoch {
  const terms = {
    line,
    ...number,
    descriptor: charter.ref,
    previous: before.transcript,
    reason: Reason.REMOVED,
    notAfter
  }
  return issueEpoch(manager, terms, logWith(statements), change.update, change.rootKey, before)
}

/** What a member does from the bytes to the confirmed keys. It decodes and verifies the chunks with its own wraps alone. */
function follow(
  issued: IssuedEpoch,
  leaf: number,
  treeOf: (wrapAt: ReturnType<typeof wrapsInChunks> | undefined) => MemberTree | undefined
): void {
  const read = (frame: Frame): Frame => present(readFrame(charter.channel, frame.bytes))
  const announcement = present(readAnnouncement(charter, read(issued.announcement), number.term))
  const { tree, sealed } = present(announcement.payload)
  const isApart = issued.chunks.length > 0
  const needed = isApart ? chunksWith(wrapIndexes(tree, leaf)) : []
  const chunks = new Map(needed.map((index) => [index, read(issued.chunks[index]!).body.chunk!.data]))
  const own = present(treeOf(isApart ? wrapsInChunks((index) => chunks.get(index)) : undefined))
  const confirmed = present(confirmKeys(announcement, line, tree, own.rootKey, before))
  present(openStatements(line, sealed, confirmed.keys.control))
}

const bytesOf = (issued: IssuedEpoch): number =>
  [issued.announcement, ...issued.chunks].reduce((sum, frame) => sum + frame.bytes.length, 0)

const watcherOf = (members: number): number => (members > 2 ? Math.floor(members / 3) : 0)

/** A change of a tree that is there. @param make - of the tree and the leaf of the member that follows. */
function changed(
  tree: KeyTree,
  members: number,
  make: () => TreeChange,
  statements: readonly CheckedStatement[],
  extra: (issued: IssuedEpoch, change: TreeChange) => number = () => 0
): Change {
  const leaf = watcherOf(members)
  const member = present(MemberTree.fromGrant(leaf, tree.depth, tree.pathKeys(leaf)))
  const once = make()
  const issued = issue(once, statements)
  return {
    send: () => {
      const change = make()
      return extra(issue(change, statements), change)
    },
    receive: () =>
      follow(issued, leaf, (wrapAt) =>
        member.apply(wrapAt ? { ...once.update, wraps: EMPTY } : once.update, context, wrapAt ? { wrapAt } : {})
      ),
    wireBytes: bytesOf(issued) + extra(issued, once)
  }
}

/** All changes at one size, each made when it is asked for. */
export function treeChanges(members: number): Map<string, () => Change | undefined> {
  const secrets = Array.from({ length: members }, fresh)
  const { tree } = KeyTree.rebuild(secrets, { ...context, serial: 1 })
  const watcher = watcherOf(members)
  const removedShare = (share: number): number[] => {
    const count = Math.round(members * share)
    const step = members / count
    const leaves = Array.from({ length: count }, (_, i) => Math.floor(i * step))
    return leaves.map((leaf) => (leaf === watcher ? leaf + 1 : leaf))
  }
  const batch = (share: number) => (): Change | undefined => {
    const removed = [...new Set(removedShare(share))]
    if (removed.length < 2 || removed.length >= members) return undefined
    return changed(tree, members, () => tree.path({ removed }, context, fresh), [])
  }
  const rebuilt = (make: () => { change: TreeChange; secret: () => Uint8Array }): Change => {
    const once = make()
    const issued = issue(once.change, [])
    return {
      send: () => issue(make().change, []),
      receive: () =>
        follow(issued, watcher, (wrapAt) =>
          MemberTree.fromRebuild(
            wrapAt ? { ...once.change.update, wraps: EMPTY } : once.change.update,
            watcher,
            once.secret(),
            context,
            wrapAt ? { wrapAt } : {}
          )
        ),
      wireBytes: bytesOf(issued)
    }
  }
  return new Map<string, () => Change | undefined>([
    ['removal', () => removal(tree, members)],
    ['admission, with its grant', () => admission(tree, members)],
    ['removal of 1 % at once', batch(0.01)],
    ['removal of 10 % at once', batch(0.1)],
    [
      'creation, leaf keys at hand',
      () => rebuilt(() => ({ change: KeyTree.rebuild(secrets, context), secret: () => secrets[watcher]! }))
    ],
    ['takeover, from prekeys', () => rebuilt(takeover(members, watcher))]
  ])
}

function removal(tree: KeyTree, members: number): Change {
  const leaf = members > 2 ? Math.floor(members / 2) : 1
  return changed(tree, members, () => tree.path({ removed: [leaf] }, context, fresh), [statement(Operation.REMOVE)])
}

function admission(tree: KeyTree, members: number): Change {
  const prekey = Prekeys.create(random, atMillis(notAfter)).current
  const oneTime = x25519KeyPair(random(32)).publicKey
  const parties = { channel: charter.channel, manager: manager.publicKey, requester: random(32) }
  const grant = (issued: IssuedEpoch, change: TreeChange): number => {
    const { key, transcript, epochSecret } = issued
    const terms = {
      request: random(32),
      group: EMPTY,
      key,
      transcript,
      roster: fresh(),
      logHead: fresh(),
      descriptor: charter.ref
    }
    const content = {
      epochSecret,
      leaf: change.update.added[0]!,
      depth: change.tree.depth,
      pathKeys: change.tree.pathKeys(change.update.added[0]!),
      announcement: issued.announcement.bytes.subarray(0, 320),
      statements: [],
      isLogComplete: true,
      earlier: [],
      notAfter,
      init: EMPTY,
      control: EMPTY
    }
    const sealed = present(sealGrant(terms, parties, content, prekey, oneTime, 0, random))
    return makeFrame(charter.channel, manager, { grant: sealed }).bytes.length
  }
  return changed(tree, members, () => tree.step(1, context, fresh), [statement(Operation.ADMIT)], grant)
}

/** A rebuild through a term key and everybody's prekey: a Diffie-Hellman for each member. */
function takeover(members: number, watcher: number): () => { change: TreeChange; secret: () => Uint8Array } {
  const own = x25519KeyPair(random(32))
  const prekeys = Array.from({ length: Math.min(members, 1_000) }, () => x25519KeyPair(random(32)).publicKey)
  const users = Array.from({ length: members }, fresh)
  return () => {
    const termKey = x25519KeyPair(random(32))
    const leafSecrets = users.map((user, i) => {
      const prekey = i === watcher ? own.publicKey : prekeys[i % prekeys.length]!
      return rebuildLeafSecret(present(x25519(termKey.seed.expose(), prekey)), line, number.term, user)
    })
    const change = KeyTree.rebuild(leafSecrets, context)
    const secret = (): Uint8Array =>
      rebuildLeafSecret(present(x25519(own.seed.expose(), termKey.publicKey)), line, number.term, users[watcher]!)
    return { change: { ...change, update: { ...change.update, termKey: termKey.publicKey } }, secret }
  }
}

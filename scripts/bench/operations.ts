/**
 * What single operations cost: cryptography, key request and grant, key tree, messages, frames, rows.
 *
 * Each is run in batches of about 20 ms, batches of all operations in turn, again and again; the figure is the median
 * batch, in CPU time of the thread (real time for the store), so that others on the machine matter less. Nothing is done twice in a batch that a real peer would do once: counters move on, frames are different ones.
 *
 *   node dist/scripts/bench/operations.js [--rounds 15] [--only WORD] [--json FILE] [--markdown]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMPTY } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { atMillis } from '../../src/base/time.ts'
import { makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { type GrantTerms, openGrant, sealGrant } from '../../src/core/channel/grant.ts'
import { openRequest, sealRequest } from '../../src/core/channel/key-request.ts'
import { KeyTree } from '../../src/core/channel/key-tree.ts'
import { MemberTree } from '../../src/core/channel/key-tree-member.ts'
import type { TreeContext } from '../../src/core/channel/key-tree-update.ts'
import { Prekeys } from '../../src/core/identity/prekeys.ts'
import { openMessage, sealMessage } from '../../src/core/member/message.ts'
import { SecretTree } from '../../src/core/member/secret-tree.ts'
import { Refusal } from '../../src/core/reject.ts'
import { open, seal } from '../../src/crypto/aead.ts'
import { hpkeOpen, hpkeSeal } from '../../src/crypto/hpke.ts'
import { derive, hash } from '../../src/crypto/kdf.ts'
import { KEM, kemKeyPair, x25519KeyPair } from '../../src/crypto/kem.ts'
import { framed, LABEL } from '../../src/crypto/labels.ts'
import { sign, signingKey, verify } from '../../src/crypto/sign.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import { openStore } from '../../src/node/open-store.ts'
import type { Store } from '../../src/node/store.ts'
import { COMMITMENT_BYTES } from '../../src/wire/limits.ts'
import { Content } from '../../src/wire/messages.ts'
import { Pair } from './pair.ts'
import { median, numberOf, publish, readOptions, short, type Table, tell } from './report.ts'

const options = readOptions({ rounds: '15', only: '' })

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const key = (): ReturnType<typeof signingKey> => signingKey(random(32))
const contentOf = (bytes: number): Content =>
  Content.decode(Content.encode({ writtenAt: 1, text: { text: 'x'.repeat(bytes), replyTo: EMPTY, isAction: false } }))

/** Does the operation so many times. What it returns is looked at by nobody, but it must not be optimised away. */
type Repeat = (times: number) => unknown | Promise<unknown>

interface Operation {
  readonly group: string
  readonly name: string
  readonly repeat: Repeat
  /** What is timed: the thread's CPU time, or real time for what waits for a disk. */
  readonly clock?: 'real'
  /** Only multiples of this many make sense. */
  readonly unit?: number
  /** Makes ready for so many, outside the measurement. */
  readonly prepare?: (times: number) => void
  /** Bytes that the operation makes, where that is of interest. */
  readonly bytes?: number
}

const operations: Operation[] = []

/** An operation that is done again and again in the same way. */
function each(group: string, name: string, once: (i: number) => unknown, bytes?: number): void {
  let i = 0
  const repeat: Repeat = (times) => {
    let last: unknown
    for (const end = i + times; i < end; i++) last = once(i)
    return last
  }
  operations.push({ group, name, repeat, ...(bytes === undefined ? {} : { bytes }) })
}

function present<T>(value: T | undefined | Refusal): T {
  if (value === undefined || value instanceof Refusal) throw new Error('an operation of the benchmark failed')
  return value as T
}

// ------------------------------------------------------------------ cryptography

function primitives(): void {
  const signer = key()
  const message = framed(LABEL.frameSign, random(64), random(400))
  const signature = sign(signer, message)
  each('crypto', 'Ed25519 sign, 500 B', () => sign(signer, message))
  each('crypto', 'Ed25519 verify, strict', () => verify(signer.publicKey, message, signature) || present(undefined))
  const secret = random(32)
  const nonce = random(12)
  const aad = random(200)
  for (const size of [256, 1_024, 16_384]) {
    const plaintext = random(size)
    const sealed = seal(secret, nonce, aad, plaintext)
    each('crypto', `AEAD seal, ${size} B`, () => seal(secret, nonce, aad, plaintext))
    each('crypto', `AEAD open, ${size} B`, () => present(open(secret, nonce, aad, sealed)))
  }
  each('crypto', 'SHA-256 of 500 B, framed', () => hash(LABEL.frameId, message))
  each('crypto', 'derive 32 B', () => derive(secret, LABEL.chainNext, EMPTY))
  for (const [name, kem] of [
    ['X25519', KEM.X25519],
    ['X-Wing', KEM.X_WING]
  ] as const) {
    const pair = kemKeyPair(kem, random(32))
    const input = { kem, recipientPublicKey: pair.publicKey, info: random(64), aad: EMPTY, plaintext: random(256) }
    const box = present(hpkeSeal({ ...input, ephemeralSeed: random(32) }))
    each('crypto', `HPKE ${name} seal`, () => present(hpkeSeal({ ...input, ephemeralSeed: random(32) })))
    const given = { recipient: pair, enc: box.enc, info: input.info, aad: EMPTY, ciphertext: box.ciphertext }
    each('crypto', `HPKE ${name} open`, () => present(hpkeOpen(given)))
  }
}

// ------------------------------------------------------------------ joining

function joining(): void {
  const channel = random(32)
  const [manager, requester, user] = [key(), key(), key()]
  const now = atMillis(Date.now())
  const theirs = Prekeys.create(random, now)
  const ours = Prekeys.create(random, now)
  const oneTime = x25519KeyPair(random(32))
  const content = {
    channel,
    author: requester.publicKey,
    manager: manager.publicKey,
    user: user.publicKey,
    nonce: random(16),
    oneTimeKey: oneTime.publicKey,
    descriptor: { version: 1, hash: random(32) },
    logHead: EMPTY,
    recordSeq: 1,
    recordHash: random(32),
    inviteToken: EMPTY,
    lines: [{ group: EMPTY }]
  } as unknown as Parameters<typeof sealRequest>[0]
  const request = present(sealRequest(content, user, theirs.current, 1, random)).body
  each('joining', 'key request, make', () => present(sealRequest(content, user, theirs.current, 1, random)))
  const pair = present(theirs.find(theirs.current.id))
  each('joining', 'key request, open and check', () =>
    openRequest(channel, requester.publicKey, request, manager.publicKey, pair)
  )
  const terms = {
    request: random(32),
    group: EMPTY,
    key: { term: 1, serial: 2, commitment: random(COMMITMENT_BYTES) },
    transcript: random(32),
    roster: random(32),
    logHead: random(32),
    descriptor: { version: 1, hash: random(32) }
  } as unknown as GrantTerms
  const parties = { channel, manager: manager.publicKey, requester: requester.publicKey }
  const depth = 10
  const given = {
    epochSecret: random(32),
    leaf: 3,
    depth,
    pathKeys: random(32 * (depth + 1))
  } as unknown as Parameters<typeof sealGrant>[2]
  const make = (): ReturnType<typeof sealGrant> =>
    sealGrant(terms, parties, given, ours.current, oneTime.publicKey, 1, random)
  const grant = present(make())
  const own = present(ours.find(ours.current.id))
  each('joining', 'grant at 1,000 members, make', () => present(make()))
  each('joining', 'grant at 1,000 members, open', () => openGrant(grant, parties, own, oneTime))
}

// ------------------------------------------------------------------ the key tree

function keyTree(members: number): void {
  const context = (serial: number): TreeContext => ({ channel: new Uint8Array(32), group: EMPTY, term: 1, serial })
  const fresh = (): Uint8Array => random(32)
  const secrets = Array.from({ length: members }, fresh)
  const size = members.toLocaleString('en')
  const rebuilt = KeyTree.rebuild(secrets, context(1))
  const watcher = Math.floor(members / 3)
  const member = present(MemberTree.fromGrant(watcher, rebuilt.tree.depth, rebuilt.tree.pathKeys(watcher)))
  const leaf = Math.floor(members / 2)
  const removal = rebuilt.tree.path({ removed: [leaf] }, context(2), fresh)
  const step = rebuilt.tree.step(1, context(2), fresh)
  const wireBytes = removal.update.wraps.length
  each(
    'key tree',
    `remove 1 of ${size}, manager`,
    () => rebuilt.tree.path({ removed: [leaf] }, context(2), fresh),
    wireBytes
  )
  each('key tree', `remove 1 of ${size}, member`, () => present(member.apply(removal.update, context(2))))
  each('key tree', `admit 1 to ${size}, manager`, () => rebuilt.tree.step(1, context(2), fresh))
  each('key tree', `admit 1 to ${size}, member`, () => present(member.apply(step.update, context(2))))
  if (members <= 1_000) each('key tree', `rebuild of ${size}, manager`, () => KeyTree.rebuild(secrets, context(1)))
}

// ------------------------------------------------------------------ messages

function messages(): void {
  const channel = random(32)
  const author = key()
  const bytes = 200
  const content = contentOf(bytes)
  const boot = random(16)
  const header = {
    group: EMPTY,
    key: { term: 1, serial: 1, commitment: random(COMMITMENT_BYTES) },
    device: 0,
    boot,
    counter: 7,
    previous: random(32),
    lamport: 9,
    descriptor: random(32),
    logHead: random(32)
  } as unknown as Parameters<typeof sealMessage>[2]
  const messageKey = random(32)
  const frame = sealMessage(channel, author, header, messageKey, content)
  const message = present(frame.body.message)
  each(
    'messages',
    'message of 200 B, seal and sign',
    () => sealMessage(channel, author, header, messageKey, content),
    frame.bytes.length
  )
  each('messages', 'message of 200 B, open', () => openMessage(frame, message, messageKey))
  each('messages', 'frame, decode and verify', () => present(readFrame(channel, frame.bytes)))
  each('messages', 'frame, encode and sign', () => makeFrame(channel, author, frame.body))
  const sending = present(SecretTree.from(random(32)).sendingChainFor(author.publicKey, boot))
  each('messages', 'next key of a chain, sender', () => sending.next())
  const tree = SecretTree.from(random(32))
  const receiving = present(tree.chainFor(author.publicKey, boot))
  each('messages', 'next key of a chain, receiver', (i) => present(receiving.keyAt(i)))
  const first = SecretTree.from(random(32))
  each('messages', "a sender's first message, chain", () => present(first.peek(author.publicKey, random(16))))
}

/** Whole machines: two peers in memory, all effects performed, rows kept in a map. */
function machines(): void {
  const talking = new Pair()
  const content = contentOf(200)
  each('machine', 'say 200 B: command to frame', () => talking.say(content))
  // A pair of its own: what the one above says and nobody hears would be a gap in the chain.
  const pair = new Pair()
  let frames: ReturnType<Pair['frames']> = []
  operations.push({
    group: 'machine',
    name: 'hear 200 B: verified frame to notice',
    repeat: (times) => {
      for (let i = 0; i < times; i++) pair.hear(frames[i]!)
    },
    prepare: (times) => {
      frames = pair.frames(times, content)
    }
  })
}

// ------------------------------------------------------------------ the store

function stores(level: Store, memory: Store): void {
  const values = Array.from({ length: 64 }, () => random(700))
  const rows = (i: number, count: number): { room: string; entry: string; order: number; value: Uint8Array }[] =>
    Array.from({ length: count }, (_, j) => ({ room: 'm/x', entry: `e${i + j}`, order: i + j, value: values[j % 64]! }))
  const write = (name: string, store: Store, count: number, isDurable: boolean): void => {
    let at = 0
    operations.push({
      group: 'store',
      name,
      clock: 'real',
      // Loose writes are gathered for a while: only many tell what one costs.
      unit: isDurable ? 1 : 1_024,
      async repeat(times) {
        const written: Promise<void>[] = []
        for (let i = 0; i < times; i += count) {
          const one = store.write({ puts: rows(at, count), deletes: [], isDurable })
          at += count
          // Whoever wants durability waits for it; the others are waited for together.
          if (isDurable) await one
          else written.push(one)
        }
        await Promise.all(written)
      }
    })
  }
  write('row of 700 B, disk, batches of 64', level, 64, false)
  write('row of 700 B, disk, one by one', level, 1, false)
  write('row of 700 B, disk, durable', level, 1, true)
  write('row of 700 B, memory', memory, 1, false)
}

// ------------------------------------------------------------------ running

const BATCH_MS = 20
const MAX_TIMES = 8_192

async function measure(operation: Operation, times: number): Promise<number> {
  operation.prepare?.(times)
  const from = performance.now()
  const cpu = process.threadCpuUsage()
  await operation.repeat(times)
  const { user, system } = process.threadCpuUsage(cpu)
  return operation.clock === 'real' ? (performance.now() - from) * 1_000 : user + system
}

/** How many times make a batch. Warms up on the way. */
async function batchOf(operation: Operation): Promise<number> {
  const { unit = 1 } = operation
  for (let times = unit; ; times *= 2) {
    const micros = await measure(operation, times)
    if (micros < BATCH_MS * 1_000 && times < MAX_TIMES) continue
    return Math.max(1, Math.ceil((times * BATCH_MS * 1_000) / micros / unit)) * unit
  }
}

const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'))
const level = await openStore(join(folder, 'store'), new Secret(random(32)))
const memory = openMemoryStore()
try {
  primitives()
  joining()
  for (const members of [10, 100, 1_000, 10_000]) keyTree(members)
  messages()
  machines()
  stores(level, memory)
  const only = options['only'] ?? ''
  const chosen = operations.filter(({ group, name }) => `${group} ${name}`.includes(only))
  const batches = new Map<Operation, { times: number; micros: number[] }>()
  for (const operation of chosen) {
    tell(`${operation.group}: ${operation.name}`)
    batches.set(operation, { times: await batchOf(operation), micros: [] })
  }
  for (let round = 0; round < numberOf(options, 'rounds'); round++) {
    for (const [operation, { times, micros }] of batches) micros.push((await measure(operation, times)) / times)
  }
  const groups = [...new Set(chosen.map(({ group }) => group))]
  const tables: Table[] = groups.map((group) => ({
    title: group,
    columns: ['operation', 'µs', 'range', 'per second', 'bytes'],
    rows: chosen
      .filter((operation) => operation.group === group)
      .map((operation) => {
        const { micros } = batches.get(operation)!
        const middle = median(micros)
        const range = `${short(Math.min(...micros))}–${short(Math.max(...micros))}`
        return [
          operation.name,
          short(middle),
          range,
          short(Math.round(1e6 / middle)),
          operation.bytes?.toString() ?? ''
        ]
      })
  }))
  const figures = chosen.map((operation) => {
    const { group, name, bytes } = operation
    return { group, name, bytes, ...batches.get(operation)! }
  })
  publish(options, tables, figures)
} finally {
  await level.close()
  await memory.close()
  rmSync(folder, { recursive: true, force: true })
}

/**
 * What a crash can leave of a store, made on purpose: a peer's real work is recorded on a real store, and from the files as
 * they were after every write come the files of a process that was killed, of a machine that lost its power, and of a disk
 * that flips bits. What is opened again must be what was there after some write, not before the last acknowledged one.
 */
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { equalBytes, hex } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { Secret } from '../../src/base/secret.ts'
import { atMillis } from '../../src/base/time.ts'
import { readFrame } from '../../src/core/channel/frame.ts'
import type { Effect, Row } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import { openStore } from '../../src/node/open-store.ts'
import type { Store } from '../../src/node/store.ts'
import { createVault, openVault } from '../../src/node/vault.ts'
import { WriteBehind } from '../../src/node/write-behind.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { ChannelRow, EpochRow, OutboxRow } from '../../src/wire/rows.ts'
import { Bus, type Node } from '../core/bus.ts'

/** So small that the work below fills several logs and tables. */
const BUFFER_BYTES = 64 * 1024
/** Persists that are not durable and are written together. */
const TURN = 2
const KEY = new Uint8Array(32).fill(5)
const storeKey = (): Secret => new Secret(KEY.slice())

type Table = ReadonlyMap<string, Row>
type Files = ReadonlyMap<string, Buffer>

/** What others, or the user, were told, and what must be in the store from then on. */
interface Claim {
  readonly what: string
  /** Index of the write that was acknowledged last before it. */
  readonly after: number
  holds(rows: readonly Row[]): boolean
}

/** The files after a write, and what of them a power cut cannot take. */
interface Snapshot {
  readonly files: Files
  /** Bytes of each log that were synced. */
  readonly synced: ReadonlyMap<string, number>
  /** Index of the newest write in it, and of the newest durable one. */
  readonly written: number
  readonly durable: number
  /** How much of each cohort was destroyed. */
  readonly destroyed: ReadonlyMap<string, number>
}

/** A recorded run of one peer. */
export interface Recording {
  readonly node: Node
  readonly channel: Uint8Array
  readonly states: readonly Table[]
  readonly snapshots: readonly Snapshot[]
  readonly claims: readonly Claim[]
}

/** What was found. */
export interface Findings {
  points: number
  /** Ends in a store that is as it was after a write. */
  whole: number
  /** Ends in an error that says what is wrong. */
  reported: number
  /** Claims that were looked for and found. */
  claims: number
}

/** A founder and key manager at work: members come, speak and are removed, keys change, old messages go. */
function work(): { bus: Bus; victim: Node; channel: Uint8Array } {
  const bus = new Bus('crash lab')
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
  const channel = bus.open(alice, { retentionSeconds: 3_600 })
  const invite = bus.invite(alice, channel)
  for (const node of [bob, carol]) bus.join(node, invite)
  bus.pass(2_000)
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 4; i++) {
      bus.say(alice, channel, `alice ${round}.${i}`)
      bus.say(bob, channel, `bob ${round}.${i}`)
      bus.pass(400)
    }
    bus.command(alice, { type: 'rekey', channel })
    bus.pass(round === 6 ? 4_000_000 : 20_000)
  }
  bus.remove(alice, channel, carol)
  bus.pass(3_000)
  bus.stop(bob)
  bus.say(alice, channel, 'nobody hears this yet')
  bus.pass(3_000)
  return { bus, victim: alice, channel }
}

/** Does that work, and keeps what the founder's store was after each write. */
export async function record(): Promise<Recording> {
  const { bus, victim, channel } = work()
  const folder = join(await mkdtemp(join(tmpdir(), 'conclave-lab-')), 'store')
  const synced = new Map<string, number>()
  const store = await openStore(folder, storeKey(), BUFFER_BYTES)
  const restoreSeam = onBatch(async (isSynced, write) => {
    await write()
    if (!isSynced) return
    const newest = (await logsIn(folder)).at(-1)!
    synced.set(newest, (await readFile(join(folder, newest))).length)
  })
  try {
    const states: Table[] = [new Map()]
    const snapshots: Snapshot[] = []
    const claims: Claim[] = []
    const destroyed = new Map<string, number>()
    let written = 0
    let durable = 0
    const snap = async (): Promise<void> => {
      snapshots.push({
        files: await filesOf(folder),
        synced: new Map(synced),
        written,
        durable,
        destroyed: new Map(destroyed)
      })
    }
    const writes = new WriteBehind(
      async (batch) => {
        const next = new Map(states.at(-1))
        for (const key of batch.deletes) next.delete(nameOf(key))
        for (const row of batch.puts) next.set(nameOf(row), row)
        const index = states.push(next) - 1
        await store.write(batch)
        written = index
        if (batch.isDurable) durable = index
        await snap()
      },
      (cause) => {
        throw cause
      }
    )
    await snap()
    const effects = bus.trace.filter(({ node }) => node === victim).map((one) => one.effect)
    const ids = idsOf(effects)
    let loose = 0
    for (const effect of effects) {
      if (effect.type === 'persist') {
        writes.add(effect.puts, effect.deletes)
        if (effect.isDurable) await writes.flush(true)
        else if (++loose % TURN === 0) {
          void writes.flush(false)
          await writes.settled()
        }
      } else if (effect.type === 'destroy') {
        void writes.flush(false)
        await writes.settled()
        await store.destroy(effect.cohort, effect.before)
        destroyed.set(effect.cohort, effect.before)
        await snap()
      } else {
        claims.push(...claimsOf(effect, victim, ids, durable))
      }
    }
    void writes.flush(false)
    await writes.settled()
    await store.close()
    await snap()
    return { node: victim, channel, states, snapshots, claims }
  } finally {
    restoreSeam()
    await rm(join(folder, '..'), { recursive: true, force: true })
  }
}

/** The ids of the frames that each of our messages was sealed into, by its local name. */
function idsOf(effects: readonly Effect[]): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>()
  for (const effect of effects) {
    if (effect.type !== 'notify' || effect.notice.type !== 'message' || effect.notice.local === undefined) continue
    const { local, id } = effect.notice
    ids.set(local, new Set([...(ids.get(local) ?? []), id]))
  }
  return ids
}

/** What an effect says to others or to the user, of what is kept for sure. */
function claimsOf(effect: Effect, node: Node, ids: ReturnType<typeof idsOf>, after: number): Claim[] {
  if (effect.type === 'publish') {
    const frame = readFrame(effect.channel, effect.frame)
    if (frame === undefined || frame instanceof Refusal || !equalBytes(frame.author, node.key.publicKey)) return []
    const { announcement, message } = frame.body
    if (announcement !== undefined && announcement.group.length === 0) {
      const { term, serial, commitment } = announcement.key!
      const isPromised = ({ value }: Row): boolean => {
        const { promisedTerm, promisedSerial } = ChannelRow.decode(value)
        return promisedTerm > term || (promisedTerm === term && promisedSerial >= serial)
      }
      const channel = `channel/${channelIdText(effect.channel)}`
      const isAdopted = ({ value }: Row): boolean => {
        const row = EpochRow.decode(value)
        return equalBytes(row.commitment, commitment) || row.term > term || row.serial > serial
      }
      return [
        {
          what: `the promise of ${term}.${serial}`,
          after,
          holds: (rows) => rows.some((row) => row.entry === channel && isPromised(row))
        },
        {
          what: `the epoch ${term}.${serial}, or a later one`,
          after,
          holds: (rows) => rows.some((row) => row.entry.startsWith('epoch/') && isAdopted(row))
        }
      ]
    }
    if (message === undefined) return []
    const bytes = hex(frame.bytes)
    const entry = hex(frame.id)
    const keeps = (row: Row): boolean =>
      (row.room.startsWith('messages/') && row.entry === entry) ||
      (row.entry.startsWith('outbox/') && hex(OutboxRow.decode(row.value).frame) === bytes)
    return [{ what: `the sent message ${entry.slice(0, 8)}`, after, holds: (rows) => rows.some(keeps) }]
  }
  if (effect.type === 'result' && !(effect.result instanceof Error) && effect.result.type === 'said') {
    const { local } = effect.result
    // It is in the outbox until it is sent, and in the history from when it was sealed.
    const keeps = (row: Row): boolean => row.entry.endsWith(`/${local}`) || ids.get(local)?.has(row.entry) === true
    return [{ what: `the message ${local.slice(0, 8)} of ours`, after, holds: (rows) => rows.some(keeps) }]
  }
  return []
}

/** Stops the founder's process or machine at random points, and opens what is left. */
export async function killPoints(
  recording: Recording,
  count: number,
  random: (below: number) => number
): Promise<Findings> {
  const findings: Findings = { points: 0, whole: 0, reported: 0, claims: 0 }
  const base = await mkdtemp(join(tmpdir(), 'conclave-lab-'))
  try {
    for (let i = 0; i < count; i++) {
      const at = 1 + random(recording.snapshots.length - 1)
      const { files, surely, label } = crashedAt(recording, at, random)
      await checkPoint(recording, { at, files, surely, label, folder: join(base, 'store') }, findings)
    }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
  return findings
}

interface Crash {
  readonly files: Map<string, Buffer>
  /** The oldest write that may be the newest one found. */
  readonly surely: number
  readonly label: string
}

/** The files of a crash while the write before a snapshot was under way. */
function crashedAt({ snapshots }: Recording, at: number, random: (below: number) => number): Crash {
  const before = snapshots[at - 1]!
  const after = snapshots[at]!
  const isPowerCut = random(2) === 0
  // What was removed by this write may still be there; what it made may be.
  const files = new Map([...before.files, ...after.files])
  files.set('MARK', before.files.get('MARK')!)
  const manifest = after.files.get('CURRENT')!.toString().trim()
  const old = before.files.get(manifest)
  // LevelDB removes files only when the manifest says so. One that came and went between the two moments is not ours to lay
  // out, so there the manifest is as it was in the end.
  const isEarly = old !== undefined && isEveryFileSeen(before.files, after.files) && random(2) === 0
  if (isEarly) files.set(manifest, tornBetween(old.length, after.files.get(manifest)!, random, false))
  for (const name of [...files.keys()].filter((one) => one.endsWith('.log'))) {
    const whole = after.files.get(name) ?? files.get(name)!
    const kept = isPowerCut ? (before.synced.get(name) ?? 0) : (before.files.get(name)?.length ?? 0)
    const isGone = !after.files.has(name)
    if (!isGone) files.set(name, tornBetween(Math.min(kept, whole.length), whole, random, isPowerCut))
  }
  const surely = isPowerCut ? before.durable : before.written
  return { files, surely, label: `${isPowerCut ? 'power cut' : 'kill'} at ${at}${isEarly ? ', manifest torn' : ''}` }
}

/** Whether no file was made and removed between two moments: LevelDB numbers all its files in one row. */
function isEveryFileSeen(before: Files, after: Files): boolean {
  const numbersIn = (files: Files): number[] =>
    [...files.keys()].flatMap((name) => /(\d+)/.exec(name)?.[1] ?? []).map(Number)
  const seen = new Set([...numbersIn(before), ...numbersIn(after)])
  for (let number = Math.max(...numbersIn(before)); number < Math.max(...seen); number++)
    if (!seen.has(number)) return false
  return true
}

/** The first bytes of a file that was being written: some, and after a power cut perhaps zeros that were never written. */
function tornBetween(from: number, whole: Buffer, random: (below: number) => number, mayHaveZeros: boolean): Buffer {
  const cut = from + random(whole.length - from + 1)
  const isZeroed = mayHaveZeros && whole.length - cut >= 4 && random(2) === 0
  return Buffer.concat([whole.subarray(0, cut), Buffer.alloc(isZeroed ? whole.length - cut : 0)])
}

interface Point extends Crash {
  readonly at: number
  readonly folder: string
}

async function checkPoint(
  recording: Recording,
  { at, files, surely, label, folder }: Point,
  findings: Findings
): Promise<void> {
  findings.points++
  await layOut(folder, files)
  const rows = await readAll(folder)
  if (rows instanceof UsageError) {
    requireReport(rows, label)
    throw new Error(`${label}: a crash is no damage, but ${rows.message}`, { cause: rows })
  }
  const { written, destroyed } = recording.snapshots[at]!
  const found = digest(rows)
  const isThere = recording.states
    .slice(surely, written + 1)
    .some((state) => digest([...state.values()].filter((row) => !isDestroyed(row, destroyed))) === found)
  if (!isThere) throw new Error(`${label}: not the store of any write from ${surely} to ${written}`)
  findings.whole++
  for (const claim of recording.claims) {
    if (claim.after > surely || isPast(recording, claim, at)) continue
    if (!claim.holds(rows)) throw new Error(`${label}: lost ${claim.what}`)
    findings.claims++
  }
  goOn(recording, rows, label)
}

/** Whether what a claim is about was destroyed on purpose by then. */
function isPast({ states, snapshots }: Recording, claim: Claim, at: number): boolean {
  const { written, destroyed } = snapshots[at]!
  const rows = [...states[written]!.values()]
  return claim.holds(rows.filter((row) => isDestroyed(row, destroyed)))
}

const isDestroyed = (row: Row, destroyed: ReadonlyMap<string, number>): boolean =>
  row.cohort !== undefined && row.cohort.since < (destroyed.get(row.cohort.name) ?? 0)

/** The peer starts on what is left, and speaks. */
function goOn({ node, channel }: Recording, rows: readonly Row[], label: string): void {
  const peer = new Peer({ key: node.key, nick: node.nick })
  const env = { now: atMillis(Date.UTC(2026, 10, 23)), uptimeMs: 0, random: node.random }
  const effects = peer.handle({ type: 'restore', rows: rows.filter(({ room }) => peer.rooms.includes(room)) }, env)
  if (!rows.some(({ entry }) => entry === `channel/${channelIdText(channel)}`)) return
  const content = { text: { text: 'I am back', replyTo: new Uint8Array(0), isAction: false } }
  effects.push(
    ...peer.handle({ type: 'command', id: 1, command: { type: 'say', channel, content, isPlain: false } }, env)
  )
  const result = effects.find((one) => one.type === 'result')
  if (result?.type !== 'result' || result.result instanceof Error) throw new Error(`${label}: cannot go on`)
}

/** Lets the database refuse its `n`-th write, as a full or broken disk does. What was acknowledged must be there. */
export async function refusedWrites(recording: Recording, counts: readonly number[]): Promise<Findings> {
  const findings: Findings = { points: 0, whole: 0, reported: 0, claims: 0 }
  const base = await mkdtemp(join(tmpdir(), 'conclave-lab-'))
  try {
    for (const n of counts) {
      findings.points++
      const folder = join(base, String(n))
      const acknowledged = await workUntilRefused(recording, folder, n)
      if (acknowledged.error !== undefined) {
        requireReport(acknowledged.error, `write ${n} refused`)
        findings.reported++
      }
      const rows = await readAll(folder)
      if (rows instanceof UsageError) throw rows
      const found = digest(rows)
      if (!recording.states.slice(acknowledged.durable).some((state) => digest([...state.values()]) === found))
        throw new Error(`write ${n} refused: not the store of any write from ${acknowledged.durable}`)
      findings.whole++
      await rm(folder, { recursive: true })
    }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
  return findings
}

async function workUntilRefused(
  { states }: Recording,
  folder: string,
  n: number
): Promise<{ durable: number; error: UsageError | undefined }> {
  const store = await openStore(folder, storeKey(), BUFFER_BYTES)
  let count = 0
  const restoreSeam = onBatch(async (_, write) => {
    // The disk may refuse before it has taken anything, or after it has taken all.
    if (++count !== n || n % 2 === 0) await write()
    if (count === n) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  })
  let durable = 0
  let error: UsageError | undefined
  try {
    for (let i = 1; i < states.length; i++) {
      const [from, to] = [states[i - 1]!, states[i]!]
      const puts = [...to].filter(([name, row]) => from.get(name) !== row).map(([, row]) => row)
      const deletes = [...from].filter(([name]) => !to.has(name)).map(([, row]) => row)
      await store.write({ puts, deletes, isDurable: true })
      if (error !== undefined) throw new Error('a write went through after one was refused')
      durable = i
    }
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    error = cause
  } finally {
    await store.close()
    restoreSeam()
  }
  return { durable, error }
}

/** Flips single bits in the files of a home: its vault, and everything in its store. */
export async function bitFlips(
  { states }: Recording,
  count: number,
  random: (below: number) => number
): Promise<Findings & { readonly byFile: ReadonlyMap<string, number> }> {
  const findings: Findings = { points: 0, whole: 0, reported: 0, claims: 0 }
  const byFile = new Map<string, number>()
  const base = await mkdtemp(join(tmpdir(), 'conclave-lab-'))
  const home = join(base, 'home')
  try {
    const { storeKey: key } = await createVault(home, undefined)
    const puts = [...states.at(-1)!.values()]
    const half = puts.length >> 1
    for (const part of [puts.slice(0, half), puts.slice(half)]) {
      const store = await openStore(join(home, 'store'), key, BUFFER_BYTES)
      await store.write({ puts: part, deletes: [], isDurable: true })
      await store.close()
    }
    const expected = digest(puts)
    const names = ['vault.json', ...(await readdir(join(home, 'store'))).map((name) => join('store', name))]
    const wholes = new Map<string, Buffer>()
    for (const name of names) wholes.set(name, await readFile(join(home, name)))
    const atRisk = [...wholes].filter(([, { length }]) => length > 0)
    const damaged = join(base, 'damaged')
    for (let i = 0; i < count; i++) {
      const [name, whole] = atRisk[random(atRisk.length)]!
      const bit = random(whole.length * 8)
      const flipped = Buffer.from(whole)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      await layOut(damaged, new Map())
      await mkdir(join(damaged, 'store'), { mode: 0o700 })
      for (const [one, content] of wholes)
        await writeFile(join(damaged, one), one === name ? flipped : content, { mode: 0o600 })
      findings.points++
      const label = `${name} bit ${bit}`
      const rows = await readHome(damaged)
      if (rows instanceof UsageError) {
        requireReport(rows, label)
        findings.reported++
        const kind = name.replace(/[-\d]+/, '')
        byFile.set(kind, (byFile.get(kind) ?? 0) + 1)
      } else if (digest(rows) === expected) findings.whole++
      else throw new Error(`${label}: changed what is read, and nobody was told`)
    }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
  return { ...findings, byFile }
}

async function readHome(home: string): Promise<Row[] | UsageError> {
  try {
    const { storeKey: key } = await openVault(home, undefined)
    return await readAll(join(home, 'store'), key)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}

async function readAll(folder: string, key = storeKey()): Promise<Row[] | UsageError> {
  let store: Store | undefined
  try {
    store = await openStore(folder, key, BUFFER_BYTES)
    return await Array.fromAsync(store.all())
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  } finally {
    await store?.close()
  }
}

/** What is wrong, why, and what to try. */
function requireReport({ message }: UsageError, label: string): void {
  const sentences = message.match(/[.!?:](\s|$)|: /g) ?? []
  if (sentences.length < 2) throw new Error(`${label}: not a report: ${message}`)
}

async function layOut(folder: string, files: Files): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  await chmod(folder, 0o700)
  for (const [name, content] of files) await writeFile(join(folder, name), content)
}

/** The files of a folder at one moment, though LevelDB may be at work there. */
async function filesOf(folder: string): Promise<Files> {
  for (;;) {
    const files = new Map<string, Buffer>()
    try {
      for (const name of await readdir(folder))
        if (!/^(LOCK|LOG|LOG\.old)$/.test(name) && !name.endsWith('.new'))
          files.set(name, await readFile(join(folder, name)))
      const again = await readdir(folder)
      let isSame = [...files.keys()].every((name) => again.includes(name))
      for (const [name, content] of files) isSame &&= content.equals(await readFile(join(folder, name)))
      const manifest = files.get('CURRENT')?.toString().trim() ?? ''
      if (isSame && files.has(manifest)) return files
    } catch {
      // A file went away meanwhile: once more.
    }
  }
}

async function logsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.log')).sort()
}

/** Puts `seam` in the place of LevelDB's `batch`: it says when the real one is called. Returns how to take it away. */
function onBatch(seam: (isSynced: boolean, write: () => Promise<void>) => Promise<void>): () => void {
  const { batch } = ClassicLevel.prototype
  const put = (value: unknown) =>
    Object.defineProperty(ClassicLevel.prototype, 'batch', { configurable: true, writable: true, value })
  put(function (this: unknown, operations: unknown[], options: { sync?: boolean }) {
    return seam(options.sync === true, () => Reflect.apply(batch, this, [operations, options]))
  })
  return () => put(batch)
}

const nameOf = ({ room, entry, order = 0 }: Row | { room: string; entry: string; order?: number }): string =>
  JSON.stringify([room, order, entry])

/** A hash of what rows say, in whatever order they come. */
function digest(rows: readonly Row[]): string {
  const hashes = rows.map((row) => `${nameOf(row)} ${hex(row.value)} ${row.cohort?.name} ${row.cohort?.since}`).sort()
  return createHash('sha256').update(hashes.join('\n')).digest('hex')
}

/** Numbers from a seed: the same ones every time. */
export function numbersOf(seed: string): (below: number) => number {
  let count = 0
  return (below) => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE(0) % below
}

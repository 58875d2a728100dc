/** Who this user is to others: its nick, its prekeys, rotated when that is due, and the newest record of both. */
import { present } from '../base/assert.ts'
import { equalBytes, u64 } from '../base/bytes.ts'
import { InternalError } from '../base/errors.ts'
import { atMillis, SECOND_MS } from '../base/time.ts'
import { hash } from '../crypto/kdf.ts'
import { LABEL } from '../crypto/labels.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { BOOT_BYTES } from '../wire/limits.ts'
import { SelfRow } from '../wire/rows.ts'
import type { Self } from './channel/context.ts'
import { OneTimeKeys } from './identity/one-time-keys.ts'
import { Prekeys } from './identity/prekeys.ts'
import type { RecordBook } from './identity/record-book.ts'
import { makeUserRecord, readUserRecord, type UserRecord } from './identity/user-record.ts'
import type { Env } from './machine.ts'
import { type Out, stateRow } from './out.ts'
import { ONE_TIME_KEYS_MS, PREKEY_LIFETIME_MS } from './params.ts'
import { Refusal } from './reject.ts'

/** Time between two looks at whether prekeys are due, ms. */
const LOOK_MS = PREKEY_LIFETIME_MS / 24

export class SelfKeeper {
  readonly key: SigningKey
  readonly #records: RecordBook
  #nick: string
  #self: Self | undefined
  #starts = 0
  #recordSeq = 0
  #rotateAt: number | undefined
  /** From when on a record may be made for the sake of one-time keys alone. */
  #refillAt = Number.NEGATIVE_INFINITY

  /** @param nick - of a new user; one that was kept from an earlier run wins. */
  constructor(key: SigningKey, nick: string, records: RecordBook) {
    this.key = key
    this.#nick = nick
    this.#records = records
  }

  get nick(): string {
    return this.#nick
  }

  get self(): Self {
    return present(this.#self, 'the restore event comes first')
  }

  /** `Env.uptimeMs` of the next look at the prekeys; undefined before the start. */
  get rotateAt(): number | undefined {
    return this.#rotateAt
  }

  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    const prekeys = (this.#self?.prekeys.pairs() ?? []).flatMap(({ x25519, xwing }) => [x25519.seed, xwing.seed])
    const oneTime = (this.#self?.oneTimeKeys.pairs() ?? []).map(({ seed }) => seed)
    const named = [...prekeys, ...oneTime].map((seed, i) => ({ name: `prekey//${i}`, bytes: seed.expose() }))
    return [{ name: 'identity//0', bytes: this.key.seed.expose() }, ...named]
  }

  /**
   * Who we are from now on, with a boot nonce that no other start has.
   *
   * @param value - the row kept, if there is one.
   * @param keysValue - that of the one-time keys.
   */
  start(value: Uint8Array | undefined, keysValue: Uint8Array | undefined, env: Env, out: Out): void {
    const row = value && SelfRow.decode(value)
    this.#starts = (row?.starts ?? 0) + 1
    this.#recordSeq = row?.recordSeq ?? 0
    this.#nick = row?.nick ?? this.#nick
    const prekeys = row === undefined ? Prekeys.create(env.random, env.now) : Prekeys.import(row.prekeys)
    const boot = hash(LABEL.bootNonce, env.random(32), this.key.publicKey, u64(this.#starts)).slice(0, BOOT_BYTES)
    if (row !== undefined && prekeys.isDue(env.now)) prekeys.rotate(env.random, env.now)
    const oneTimeKeys = new OneTimeKeys(keysValue)
    oneTimeKeys.fill(prekeys, env.random)
    // Newer than all that was said before: also by another life of ours, or since the disk was as it is now.
    const record = this.#makeRecord(prekeys, oneTimeKeys, env)
    this.#self = { key: this.key, boot, prekeys, oneTimeKeys, record }
    this.#rotateAt = env.uptimeMs + LOOK_MS
    this.#keepAndTell(env, out)
  }

  /** Prekeys are rotated daily, by the wall clock; one that is set right is noticed whenever there is something else to do. */
  rotateWhenDue(env: Env, out: Out): void {
    this.#rotateAt = env.uptimeMs + LOOK_MS
    const { self } = this
    if (self.prekeys.isDue(env.now)) {
      self.prekeys.rotate(env.random, env.now)
      this.#renewRecord(env, out)
    } else this.refillWhenFew(env, out)
  }

  /** A new record when most of the one-time keys have been used, now or as soon as the last such record is old enough. */
  refillWhenFew(env: Env, out: Out): void {
    const { self } = this
    if (!self.oneTimeKeys.isFew(self.prekeys)) return
    if (env.uptimeMs < this.#refillAt) this.#rotateAt = Math.min(this.#refillAt, this.#rotateAt ?? this.#refillAt)
    else {
      this.#refillAt = env.uptimeMs + ONE_TIME_KEYS_MS
      this.#renewRecord(env, out)
    }
  }

  #renewRecord(env: Env, out: Out): void {
    const { self } = this
    self.oneTimeKeys.fill(self.prekeys, env.random)
    self.record = this.#makeRecord(self.prekeys, self.oneTimeKeys, env)
    this.#keepAndTell(env, out)
  }

  /** @throws {UsageError} for what is no nick; nothing has changed then. */
  rename(nick: string, env: Env, out: Out): void {
    const { self } = this
    const before = this.#nick
    this.#nick = nick
    try {
      self.record = this.#makeRecord(self.prekeys, self.oneTimeKeys, env)
    } catch (error) {
      this.#nick = before
      throw error
    }
    this.#keepAndTell(env, out)
  }

  /**
   * A record of ours that this run did not make: of another life, or of the disk before it was set back. Others believe none
   * that is not newer.
   */
  outdo({ seq, hash: named }: UserRecord, env: Env, out: Out): void {
    const { self } = this
    if (seq < self.record.seq || equalBytes(named, self.record.hash)) return
    this.#recordSeq = seq
    self.record = this.#makeRecord(self.prekeys, self.oneTimeKeys, env)
    this.#keepAndTell(env, out)
  }

  #makeRecord(prekeys: Prekeys, oneTimeKeys: OneTimeKeys, env: Env): UserRecord {
    // Seconds, so that a user whose disk was lost or set back is believed again without knowing its newest number.
    this.#recordSeq = Math.max(this.#recordSeq + 1, Math.floor(env.now / SECOND_MS))
    const { notBefore, notAfter } = prekeys.current
    const issuedAt = atMillis(Math.max(env.now, notBefore))
    const bytes = makeUserRecord({
      key: this.key,
      seq: this.#recordSeq,
      nick: this.#nick,
      prekey: prekeys.current,
      oneTimeKeys: oneTimeKeys.offered(prekeys),
      issuedAt,
      expiresAt: notAfter
    })
    const record = readUserRecord(bytes, env.now)
    if (record instanceof Refusal) throw new InternalError('a record of ours is valid')
    return record
  }

  #keepAndTell(env: Env, out: Out): void {
    const { prekeys, oneTimeKeys, record } = this.self
    const exported = prekeys.export()
    const row = {
      starts: this.#starts,
      recordSeq: this.#recordSeq,
      nick: this.#nick,
      prekeys: exported.expose(),
      record: record.bytes
    }
    out.keep(stateRow('self', SelfRow.encode(row)), oneTimeKeys.row())
    this.#records.take(record, env.now, out)
    out.push({ type: 'putRecord', kind: 'user', id: record.user, value: record.bytes })
  }
}

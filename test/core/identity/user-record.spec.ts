import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import { expect } from 'chai'
import fc from 'fast-check'
import { joinBytes, unhex, utf8 } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { atMillis, DAY_MS, type Millis } from '../../../src/base/time.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import {
  isNewer,
  makeUserRecord,
  RECORD_SKEW_MS,
  readUserRecord,
  recordHash,
  USER_RECORD_DOMAIN,
  USER_RECORD_TYPE,
  type UserRecord
} from '../../../src/core/identity/user-record.ts'
import { RECORD_LIFETIME_MS } from '../../../src/core/params.ts'
import { CHECKS, Refusal } from '../../../src/core/reject.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { Envelope, UserRecord as Message } from '../../../src/wire/messages.ts'
import { alice, bob, inputOf, NOW, recordOf } from './people.ts'

const read = (bytes: Uint8Array, now: Millis = NOW): UserRecord => {
  const record = readUserRecord(bytes, now)
  if (record instanceof Refusal) expect.fail(`refused by ${record.check}`)
  return record
}
const brokenBy = (bytes: Uint8Array, now: Millis = NOW): number | undefined => {
  const record = readUserRecord(bytes, now)
  return record instanceof Refusal ? record.check : undefined
}

const messageOf = (bytes: Uint8Array) => Message.decode(Envelope.decode(bytes).payload)
const good = recordOf()

/** A payload sealed by libp2p's own implementation with Alice's key. */
async function sealedByThem(payload: Uint8Array, name = 'alice', type = USER_RECORD_TYPE, domain = USER_RECORD_DOMAIN) {
  const record = { domain, codec: utf8(type), marshal: () => payload, equals: () => false }
  const envelope = await RecordEnvelope.seal(record, await generateKeyPairFromSeed('Ed25519', sha256(utf8(name))))
  return new Uint8Array(envelope.marshal())
}
const sealed = async (changes: Partial<Message>) =>
  await sealedByThem(Message.encode({ ...messageOf(good), ...changes }))
const withPrekey = async (changes: object) => {
  const device = messageOf(good).devices[0]!
  return await sealed({ devices: [{ ...device, prekey: { ...device.prekey!, ...changes } }] })
}

describe('user record', () => {
  it('comes back as it was made, naming its bytes', () => {
    const input = inputOf()
    const record = read(good)
    expect(record.user).to.deep.equal(alice.publicKey)
    expect(record).to.include({ seq: 1, nick: 'alice', issuedAt: NOW, expiresAt: NOW + DAY_MS })
    expect(record.prekey).to.deep.equal(input.prekey)
    expect(record.bytes).to.deep.equal(good)
    expect(record.hash).to.deep.equal(recordHash(good))
    expect(good.length).to.be.lessThan(2048)
  })

  it('does not alias what it was read from', () => {
    const bytes = good.slice()
    const record = read(bytes)
    bytes.fill(0)
    expect(record.bytes).to.deep.equal(good)
    expect(record.prekey).to.deep.equal(inputOf().prekey)
  })

  it('opens in libp2p, and libp2p seals the same bytes', async () => {
    const theirs = await RecordEnvelope.openAndCertify(good, USER_RECORD_DOMAIN)
    expect(theirs.publicKey.raw).to.deep.equal(alice.publicKey)
    expect(await sealedByThem(Envelope.decode(good).payload)).to.deep.equal(good)
  })

  it('sealed by libp2p opens here', async () => {
    const record = read(await sealed({ seq: 77, nick: 'Алиса' }))
    expect(record).to.include({ seq: 77, nick: 'Алиса' })
  })

  it('is refused above 2 KiB (R-111)', async () => {
    const key = new Uint8Array(600)
    expect(brokenBy(await withPrekey({ x25519: key }))).to.equal(117)
    expect(brokenBy(joinBytes(good, new Uint8Array(2049 - good.length)))).to.equal(111)
    expect(brokenBy(joinBytes(good, new Uint8Array(2048 - good.length)))).to.equal(112)
  })

  it('is refused in any other encoding, of envelope or payload (R-112)', async () => {
    const unknownField = unhex('7a0101')
    expect(brokenBy(joinBytes(good, unknownField))).to.equal(112)
    expect(brokenBy(good.slice(0, -1))).to.equal(112)
    expect(brokenBy(new Uint8Array(0))).to.equal(113)
    const { payload } = Envelope.decode(good)
    expect(brokenBy(await sealedByThem(joinBytes(payload, unknownField)))).to.equal(112)
    expect(brokenBy(await sealedByThem(payload.slice(0, -1)))).to.equal(112)
  })

  it('is refused under another payload type (R-113)', async () => {
    expect(brokenBy(await sealedByThem(Envelope.decode(good).payload, 'alice', '/conclave/other/1'))).to.equal(113)
  })

  it('is refused under another domain, key or signature, and with any bit changed (R-114)', async () => {
    const { payload, ...envelope } = Envelope.decode(good)
    expect(brokenBy(await sealedByThem(payload, 'alice', USER_RECORD_TYPE, 'libp2p-peer-record'))).to.equal(114)
    const mallory = joinBytes(unhex('08011220'), bob.publicKey)
    expect(brokenBy(Envelope.encode({ ...envelope, payload, publicKey: mallory }))).to.equal(114)
    for (const order of ['00', '01']) {
      const publicKey = joinBytes(unhex('08011220'), unhex(order), new Uint8Array(31))
      const signature = joinBytes(unhex('01'), new Uint8Array(63))
      expect(brokenBy(Envelope.encode({ ...envelope, payload, publicKey, signature }))).to.equal(114)
    }
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const bytes = good.slice()
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        return brokenBy(bytes) !== undefined
      }),
      { numRuns: 500 }
    )
  })

  it('is refused when its user did not sign it (R-115)', async () => {
    expect(brokenBy(await sealedByThem(Envelope.decode(good).payload, 'bob'))).to.equal(115)
  })

  it('is refused without exactly one device, number 0, with a prekey (R-116)', async () => {
    const device = messageOf(good).devices[0]!
    const small = Message.encode({ ...messageOf(good), devices: [device, { number: 1, oneTimeKeys: [] }] })
    expect(brokenBy(await sealedByThem(small))).to.equal(116)
    for (const devices of [[], [{ ...device, number: 1 }], [{ number: 0, oneTimeKeys: [] }]]) {
      expect(brokenBy(await sealed({ devices }))).to.equal(116)
    }
  })

  it('is refused with prekeys of other lengths or of small order (R-117)', async () => {
    const { x25519, xwing } = inputOf().prekey
    const smallOrder = new Uint8Array(32)
    const bad = [
      { x25519: x25519.slice(1) },
      { x25519: joinBytes(x25519, smallOrder) },
      { x25519: smallOrder },
      { xwing: xwing.slice(1) },
      { xwing: joinBytes(xwing.slice(0, 1184), smallOrder) }
    ]
    for (const changes of bad) expect(brokenBy(await withPrekey(changes))).to.equal(117)
  })

  it('is refused with a nick against the rules (R-118)', async () => {
    for (const nick of ['', 'аlice', 'a\u202eb', 'admin', 'a'.repeat(33)]) {
      expect(brokenBy(await sealed({ nick }))).to.equal(118)
    }
  })

  it('is refused at seq 0 (R-119)', async () => {
    expect(brokenBy(await sealed({ seq: 0 }))).to.equal(119)
    expect(brokenBy(await sealed({ seq: 1 }))).to.equal(undefined)
    expect(brokenBy(await sealed({ seq: Number.MAX_SAFE_INTEGER }))).to.equal(undefined)
  })

  it('is refused with times out of order, too long, or ahead of the clock (R-120)', async () => {
    const end = NOW + RECORD_LIFETIME_MS
    expect(brokenBy(await sealed({ expiresAt: end }))).to.equal(undefined)
    expect(brokenBy(await sealed({ expiresAt: end + 1 }))).to.equal(120)
    expect(brokenBy(await sealed({ expiresAt: NOW }))).to.equal(120)
    expect(brokenBy(await sealed({ issuedAt: NOW - 1 }))).to.equal(120)
    expect(brokenBy(await withPrekey({ notBefore: 0 }))).to.equal(120)
    expect(brokenBy(await withPrekey({ notAfter: end + 1 }))).to.equal(120)
    expect(brokenBy(good, atMillis(NOW - RECORD_SKEW_MS))).to.equal(undefined)
    expect(brokenBy(good, atMillis(NOW - RECORD_SKEW_MS - 1))).to.equal(120)
  })

  it('is refused from the moment it expires (R-121)', () => {
    expect(brokenBy(good, atMillis(NOW + DAY_MS - 1))).to.equal(undefined)
    expect(brokenBy(good, atMillis(NOW + DAY_MS))).to.equal(121)
  })

  it('is not made when peers would refuse it', () => {
    for (const changes of [{ nick: 'admin' }, { seq: 0 }, { expiresAt: NOW }]) {
      expect(() => makeUserRecord(inputOf(changes)))
        .to.throw(UsageError)
        .with.property('code', 'BAD_USER_RECORD')
    }
  })

  it('is newer by seq, then by hash, never both ways', () => {
    const [one, two, other] = [recordOf(), recordOf({ seq: 2 }), recordOf({ nick: 'alicia' })].map((bytes) =>
      read(bytes)
    )
    expect(isNewer(two!, one!)).to.equal(true)
    expect(isNewer(one!, two!)).to.equal(false)
    expect(isNewer(one!, one!)).to.equal(false)
    expect(isNewer(one!, other!)).to.equal(!isNewer(other!, one!))
  })

  it('never makes its reader throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readUserRecord(bytes, NOW) instanceof Refusal))
    expect(Object.keys(CHECKS)).to.include('111')
    expect(read(good).user).to.deep.equal(asUserId(alice.publicKey))
  })
})

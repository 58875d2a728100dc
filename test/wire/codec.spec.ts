import { expect } from 'chai'
import fc from 'fast-check'
import { equalBytes, joinBytes, zeros } from '../../src/base/bytes.ts'
import { InternalError } from '../../src/base/errors.ts'
import { decodeStrict, PADDABLE_BYTES, pad, unpad } from '../../src/wire/codec.ts'
import { PADDING_CLASSES } from '../../src/wire/limits.ts'
import { Frame, KeyId } from '../../src/wire/messages.ts'
import { decodeBy, readFields } from './proto.ts'
import { anyOf, bare, codecOf, MESSAGES, SCHEMA } from './values.ts'

const LIMIT = 1_000_000
const varint = (value: bigint, length = 0): Uint8Array => {
  const bytes: number[] = []
  for (let rest = value; rest > 0n || bytes.length === 0; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  while (bytes.length < length) bytes.push(0x80)
  bytes.push(bytes.pop()! & 0x7f)
  return Uint8Array.from(bytes)
}

describe('the wire format', () => {
  for (const message of MESSAGES) {
    const codec = codecOf(message)

    it(`gives back every ${message}, which another reader reads the same`, () => {
      fc.assert(
        fc.property(anyOf(message), (value) => {
          const bytes = codec.encode(value)
          expect(bare(decodeStrict(codec, bytes, LIMIT))).to.deep.equal(bare(value))
          const { ...other } = decodeBy(SCHEMA, message, bytes)
          expect(other).to.deep.equal(bare(value))
          expect(decodeStrict(codec, bytes, bytes.length - 1), 'above its limit').to.equal(undefined)
        }),
        { numRuns: 40, seed: 1 }
      )
    })

    it(`has one encoding of each ${message}: whatever bytes decode encode to themselves`, () => {
      const bytes = anyOf(message).map((value) => codec.encode(value))
      const flips = fc.tuple(bytes, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }))
      const spoilt = flips.map(([good, changes]) => {
        const copy = good.slice()
        for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
        return copy
      })
      fc.assert(
        fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 80 })), (input) => {
          const value = decodeStrict(codec, input, LIMIT)
          if (value === undefined) return
          expect(codec.encode(value)).to.deep.equal(input)
          decodeBy(SCHEMA, message, input)
        }),
        { numRuns: 100, seed: 2 }
      )
    })

    it(`refuses a ${message} with unknown, repeated, reordered or overlong fields, or cut off`, () => {
      fc.assert(
        fc.property(anyOf(message), (value) => {
          const good = codec.encode(value)
          const fields = readFields(good)
          const refused = (bytes: Uint8Array, what: string): void => {
            if (equalBytes(bytes, good)) return
            expect(decodeStrict(codec, bytes, LIMIT), what).to.equal(undefined)
          }
          refused(joinBytes(good, varint(2_000n << 3n), varint(1n)), 'unknown varint')
          refused(joinBytes(good, varint((2_000n << 3n) | 2n), varint(1n), zeros(1)), 'unknown bytes')
          refused(joinBytes(varint((2_000n << 3n) | 2n), varint(0n), good), 'unknown first')
          refused(joinBytes(good, Uint8Array.of(0)), 'trailing zero')
          for (const [i, field] of fields.entries()) {
            const { isRepeated } = SCHEMA.messages.get(message)!.find(({ number }) => number === field.number)!
            if (!isRepeated) refused(joinBytes(good, field.bytes), `field ${field.number} again`)
            const before = fields.slice(0, i).map(({ bytes }) => bytes)
            const after = fields.slice(i + 1).map(({ bytes }) => bytes)
            const next = fields[i + 1]
            if (next !== undefined && next.number !== field.number) {
              refused(joinBytes(...before, next.bytes, field.bytes, ...after.slice(1)), `field ${field.number} moved`)
            }
            const tag = varint(BigInt((field.number << 3) | field.wireType))
            const longer = varint(BigInt((field.number << 3) | field.wireType), tag.length + 1)
            const overlong = joinBytes(longer, field.bytes.subarray(tag.length))
            refused(joinBytes(...before, overlong, ...after), `overlong tag of field ${field.number}`)
          }
          if (good.length > 0) {
            const cut = decodeStrict(codec, good.subarray(0, -1), LIMIT)
            if (cut !== undefined) expect(codec.encode(cut)).to.deep.equal(good.subarray(0, -1))
          }
        }),
        { numRuns: 20, seed: 3 }
      )
    })
  }

  it('refuses fields that stand at their default, since nobody writes them', () => {
    expect(decodeStrict(Frame, Uint8Array.of(0x0a, 0), LIMIT)).to.equal(undefined)
    expect(decodeStrict(KeyId, Uint8Array.of(0x08, 0), LIMIT)).to.equal(undefined)
    expect(decodeStrict(KeyId, Uint8Array.of(0x08, 1), LIMIT)).to.include({ term: 1, serial: 0 })
  })

  it('takes integers up to 2^53 - 1 and no higher', () => {
    const term = (value: bigint): Uint8Array => joinBytes(Uint8Array.of(0x08), varint(value))
    expect(decodeStrict(KeyId, term(2n ** 53n - 1n), LIMIT)).to.include({ term: 2 ** 53 - 1 })
    for (const value of [2n ** 53n, 2n ** 53n + 2n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 69n]) {
      expect(decodeStrict(KeyId, term(value), LIMIT), `${value}`).to.equal(undefined)
    }
    const serial = (value: bigint): Uint8Array => joinBytes(Uint8Array.of(0x10), varint(value))
    expect(decodeStrict(KeyId, serial(2n ** 32n - 1n), LIMIT)).to.include({ serial: 2 ** 32 - 1 })
    for (const value of [2n ** 32n, 2n ** 33n + 1n, 2n ** 64n - 1n]) {
      expect(decodeStrict(KeyId, serial(value), LIMIT), `${value}`).to.equal(undefined)
    }
  })

  it('refuses lengths that lie, wire types that are not used, and text that is no UTF-8', () => {
    const bad = [
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x0a, 5, 1],
      [0x0b, 0x0c],
      [0x0d, 1, 2, 3, 4],
      [0x09, 1, 2, 3, 4, 5, 6, 7, 8],
      [0x0f],
      [0x80]
    ]
    for (const message of MESSAGES) {
      for (const bytes of bad) {
        expect(decodeStrict(codecOf(message), Uint8Array.from(bytes), LIMIT), `${message} ${bytes}`).to.equal(undefined)
      }
    }
    const nick = Uint8Array.of(0x22, 2, 0xc3, 0x28)
    expect(decodeStrict(codecOf('PublicKeyRequestContent'), nick, LIMIT)).to.equal(undefined)
  })

  for (const [message, count] of [
    ['Frame', 1_000_000],
    ['TreeUpdate', 1_000_000],
    ['StatementList', 500_000],
    ['Body', 100_000]
  ] as const) {
    it(`is done with a ${message} of ${count} empty fields`, () => {
      const { type } = SCHEMA.messages.get(message)![0]!
      const tag = 8 | (SCHEMA.enums.has(type) ? 0 : 2)
      const bytes = Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? tag : 0))
      const value = decodeStrict(codecOf(message), bytes, bytes.length)
      if (value !== undefined) expect(codecOf(message).encode(value)).to.deep.equal(bytes)
      expect(value === undefined, message).to.equal(message !== 'StatementList')
      expect(decodeStrict(codecOf(message), bytes, bytes.length - 1)).to.equal(undefined)
    }).timeout(20_000)
  }
})

describe('padding', () => {
  it('has the length of the smallest class, at every edge', () => {
    let smallest = 0
    for (const size of PADDING_CLASSES) {
      for (const length of [smallest, smallest + 1, size - 5, size - 4]) {
        const plaintext = new Uint8Array(length).fill(7)
        expect(pad(plaintext).length, `${length}`).to.equal(size)
        expect(unpad(pad(plaintext))).to.deep.equal(plaintext)
      }
      smallest = size - 3
    }
    expect(PADDABLE_BYTES).to.equal(PADDING_CLASSES.at(-1)! - 4)
    expect(() => pad(zeros(PADDABLE_BYTES + 1))).to.throw(InternalError)
  })

  it('comes off every length up to 5,000', () => {
    for (let length = 0; length <= 5_000; length++) {
      const plaintext = new Uint8Array(length).fill(1)
      expect(unpad(pad(plaintext))!.length).to.equal(length)
    }
  })

  it('is refused when it is not just as it would be made', () => {
    const padded = pad(new Uint8Array(300).fill(1))
    expect(padded.length).to.equal(1024)
    for (let at = 304; at < padded.length; at++) {
      const copy = padded.slice()
      copy[at] = 1
      expect(unpad(copy), `byte ${at}`).to.equal(undefined)
    }
    const withLength = (bytes: Uint8Array, length: number): Uint8Array => {
      const copy = bytes.slice()
      new DataView(copy.buffer).setUint32(0, length)
      return copy
    }
    expect(unpad(withLength(zeros(1024), 252)), 'fits a smaller class').to.equal(undefined)
    expect(unpad(withLength(zeros(1024), 253))!.length).to.equal(253)
    expect(unpad(withLength(zeros(1024), 1020))!.length).to.equal(1020)
    for (const length of [1021, 65_536, 2 ** 31, 2 ** 32 - 1]) {
      expect(unpad(withLength(zeros(1024), length)), `${length}`).to.equal(undefined)
    }
    for (const length of [0, 1, 3, 4, 255, 257, 1023, 61_441]) expect(unpad(zeros(length))).to.equal(undefined)
    expect(unpad(zeros(256))!.length).to.equal(0)
  })

  it('comes off a piece of a larger buffer', () => {
    const buffer = joinBytes(zeros(10), pad(Uint8Array.of(1, 2, 3)), zeros(5))
    expect(unpad(buffer.subarray(10, 266))).to.deep.equal(Uint8Array.of(1, 2, 3))
  })
})

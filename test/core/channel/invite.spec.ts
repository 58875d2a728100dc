import { expect } from 'chai'
import fc from 'fast-check'
import { base32, EMPTY, joinBytes } from '../../../src/base/bytes.ts'
import { inviteText, readInvite, tokenHash } from '../../../src/core/channel/invite.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { hash } from '../../../src/crypto/kdf.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import { Invite } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('invite')
const full: Invite = {
  channel: random(32),
  descriptor: { version: 3, hash: random(32) },
  addresses: [random(20), random(8), random(30)],
  token: random(16),
  expiresAt: 1_800_000_000_000
}
const checkOf = (text: string): number | 'none' => {
  const read = readInvite(text)
  return read instanceof Refusal ? read.check : 'none'
}
/** The text of any bytes, checksum included: what a person with a program could make. */
const textOf = (bytes: Uint8Array): string =>
  `CONCLAVE1${base32(joinBytes(bytes, hash(LABEL.inviteChecksum, bytes).subarray(0, 4)))}`
const checkOfFields = (fields: Partial<Invite>): number | 'none' =>
  checkOf(textOf(Invite.encode({ ...full, ...fields })))

describe('an invite', () => {
  it('comes back as it was made, whatever it holds', () => {
    const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
    const invites = fc.record({
      channel: bytes(32),
      descriptor: fc.record({ version: fc.integer({ min: 1, max: 2 ** 32 - 1 }), hash: bytes(32) }),
      addresses: fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 3 }),
      token: fc.oneof(fc.constant(EMPTY), bytes(16)),
      expiresAt: fc.maxSafeNat()
    })
    fc.assert(
      fc.property(invites, (invite) => {
        const text = inviteText(invite)
        expect(text).to.match(/^CONCLAVE1[A-Z2-7]+$/)
        expect(readInvite(text)).to.deep.equal(invite)
      }),
      { numRuns: 300, seed: 1 }
    )
  })

  it('forgives lower case, spaces and line breaks', () => {
    const text = inviteText(full)
    const broken = text.toLowerCase().replace(/(.{10})/g, '$1 \r\n\t')
    expect(readInvite(` ${broken}`)).to.deep.equal(full)
  })

  it('with any single character slipped, lost, doubled or swapped is refused (R-207)', () => {
    const text = inviteText(full)
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
    for (let at = 0; at < text.length; at++) {
      const slips = [...letters, '0', '1', '8', '\u00c4'].filter((letter) => letter !== text[at])
      for (const letter of slips) {
        expect(checkOf(text.slice(0, at) + letter + text.slice(at + 1)), `${at} ${letter}`).to.equal(207)
      }
      expect(checkOf(text.slice(0, at) + text.slice(at + 1)), `${at} lost`).to.equal(207)
      expect(checkOf(text.slice(0, at) + text[at]! + text.slice(at)), `${at} doubled`).to.equal(207)
      if (at + 1 < text.length && text[at] !== text[at + 1]) {
        const swapped = text.slice(0, at) + text[at + 1]! + text[at]! + text.slice(at + 2)
        expect(checkOf(swapped), `${at} swapped`).to.equal(207)
      }
    }
  })

  it('cut off or without its beginning is refused (R-207)', () => {
    const text = inviteText(full)
    for (let length = 0; length < text.length; length++) expect(checkOf(text.slice(0, length))).to.equal(207)
    expect(checkOf(text.slice(9))).to.equal(207)
    expect(checkOf(text.replace('CONCLAVE1', 'CONCLAVE2'))).to.equal(207)
  })

  const WRONG: readonly (readonly [what: string, fields: Partial<Invite>])[] = [
    ['a channel of 31 bytes', { channel: random(31) }],
    ['no descriptor', { descriptor: undefined as never }],
    ['a descriptor hash of 31 bytes', { descriptor: { version: 1, hash: random(31) } }],
    ['descriptor version 0', { descriptor: { version: 0, hash: random(32) } }],
    ['four addresses', { addresses: [random(3), random(3), random(3), random(3)] }],
    ['a token of 15 bytes', { token: random(15) }],
    ['more than 1 KiB', { addresses: [random(1000)] }]
  ]
  for (const [what, fields] of WRONG) {
    it(`with ${what} and a right checksum is refused (R-207)`, () => {
      expect(checkOfFields(fields)).to.equal(207)
    })
  }

  it('that is not canonical and has a right checksum is refused (R-207)', () => {
    expect(checkOf(textOf(joinBytes(Invite.encode(full), Uint8Array.of(0x30, 1))))).to.equal(207)
    expect(checkOf(textOf(EMPTY))).to.equal(207)
  })

  it('is on record by a hash that tells neither the token nor its channel', () => {
    const [one, other] = [random(32), random(32)]
    const token = random(16)
    expect(tokenHash(one, token)).to.not.deep.equal(tokenHash(other, token))
    expect(tokenHash(one, token)).to.not.deep.equal(tokenHash(one, random(16)))
  })
})

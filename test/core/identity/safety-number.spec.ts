import { expect } from 'chai'
import { unhex, utf8 } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { groupCode, safetyNumber } from '../../../src/core/identity/safety-number.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { numericFingerprint } from '../../../src/crypto/fingerprint.ts'
import { alice, bob, keyOf } from './people.ts'

const [a, b, c] = [alice, bob, keyOf('carol')].map((key) => asUserId(key.publicKey)) as [never, never, never]

describe('safety number', () => {
  it('gives the digits of libsignal for its test keys', () => {
    const hers = unhex('0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868')
    const his = unhex('05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b')
    const halves = [numericFingerprint(hers, utf8('+14152222222')), numericFingerprint(his, utf8('+14153333333'))]
    expect(halves.sort().join('')).to.equal('300354477692869396892869876765458257569162576843440918079131')
  })

  it('is the same 60 digits on both sides and another for another user', () => {
    expect(safetyNumber(a, b)).to.equal(safetyNumber(b, a))
    expect(safetyNumber(a, b)).to.match(/^(\d{5} ){11}\d{5}$/)
    expect(safetyNumber(a, b)).to.not.equal(safetyNumber(a, c))
  })

  it('is not given for one user alone', () => {
    expect(() => safetyNumber(a, a)).to.throw(UsageError)
  })

  it('has a group code that changes with term, serial and roster', () => {
    const roster = new Uint8Array(32).fill(1)
    const code = groupCode(3, 4, roster)
    expect(code).to.match(/^(\d{5} ){5}\d{5}$/)
    expect(groupCode(3, 4, roster.slice())).to.equal(code)
    const others = [
      groupCode(4, 4, roster),
      groupCode(3, 5, roster),
      groupCode(3, 4, new Uint8Array(32)),
      groupCode(2 ** 40, 4, roster)
    ]
    expect(new Set([code, ...others])).to.have.length(5)
  })
})

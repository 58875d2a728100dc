import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { hex, unhex } from '../../src/base/bytes.ts'
import { decodeStrict } from '../../src/wire/codec.ts'
import { decodeBy, type Plain } from './proto.ts'
import { bare, codecOf, fromJson, MESSAGES, SCHEMA } from './values.ts'

const FILE = new URL('../../../test/vectors/wire-v1.json', import.meta.url)
const VECTORS = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, { value: unknown; hex: string }[]>

describe('the frozen vectors of the wire format, version 1', () => {
  it('are there for every message, three and more', () => {
    expect(Object.keys(VECTORS)).to.deep.equal([...MESSAGES])
    for (const message of MESSAGES) {
      expect(VECTORS[message]!.length, message).to.be.at.least(3)
      expect(new Set(VECTORS[message]!.map((one) => one.hex)).size, message).to.be.at.least(3)
    }
  })

  for (const message of MESSAGES) {
    it(`hold for ${message}, with our codec and with a reader of its own`, () => {
      for (const vector of VECTORS[message]!) {
        const value = fromJson(vector.value) as Plain
        const bytes = unhex(vector.hex)
        expect(hex(codecOf(message).encode(value))).to.equal(vector.hex)
        expect(bare(decodeStrict(codecOf(message), bytes, bytes.length))).to.deep.equal(value)
        expect(decodeBy(SCHEMA, message, bytes)).to.deep.equal(value)
      }
    })
  }
})

import { expect } from 'chai'
import fc from 'fast-check'
import { readUtf8 } from '../../src/base/bytes.ts'
import { InternalError } from '../../src/base/errors.ts'
import { framed, LABEL, type Label } from '../../src/crypto/labels.ts'

const anyLabel = fc.constantFrom(...Object.values(LABEL))
const anyParts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })

/** Reads a framed input back: what can be read back in one way only cannot collide. */
function unframe(bytes: Uint8Array): { label: string | undefined; parts: Uint8Array[] } {
  const end = 1 + bytes[0]!
  const parts: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let offset = end; offset < bytes.length; ) {
    const size = view.getUint32(offset)
    parts.push(bytes.slice(offset + 4, offset + 4 + size))
    offset += 4 + size
  }
  return { label: readUtf8(bytes.subarray(1, end)), parts }
}

describe('crypto/labels', () => {
  it('label and parts can be read back from the framing, so no two inputs collide', () => {
    fc.assert(
      fc.property(anyLabel, anyParts, (label, parts) => {
        expect(unframe(framed(label, ...parts))).to.deep.equal({ label, parts })
      })
    )
  })

  it('a part of more than 64 KiB keeps its whole length in the framing', () => {
    const part = new Uint8Array(0x01020304).fill(1)
    expect(framed(LABEL.frameSign, part).slice(1 + LABEL.frameSign.length, 5 + LABEL.frameSign.length)).to.deep.equal(
      Uint8Array.of(1, 2, 3, 4)
    )
  })

  it('a framed input never begins like a signed input of libp2p', () => {
    for (const label of Object.values(LABEL)) expect(framed(label)[0]).to.be.below(0x60).and.equal(label.length)
  })

  it('a label that is not on the page is refused', () => {
    expect(() => framed('conclave/1/nothing/here' as Label)).to.throw(InternalError)
  })
})

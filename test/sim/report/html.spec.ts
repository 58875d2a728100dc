import { expect } from 'chai'
import { clipped, html, scriptJson, visible } from '../../../src/sim/report/html.ts'
import { elementsOf } from './markup.ts'
import { HOSTILE } from './records.ts'

describe('markup', () => {
  it('holds any text as what it is, between tags and in an attribute', () => {
    for (const words of [...HOSTILE, `&<>"'`]) {
      const [element] = elementsOf(html`<p title="${words}">${words}</p>`.markup)
      expect(element!.text).to.equal(visible(words))
      expect([...element!.attributes]).to.deep.equal([['title', visible(words)]])
    }
    expect(html`${`&<>"'`}`.markup).to.equal('&amp;&lt;&gt;&quot;&#39;')
  })

  it('has lists joined, nothing for what is undefined, and markup as it is', () => {
    expect(html`<ul>${['<', html`<li>${1}</li>`, undefined]}</ul>${undefined}`.markup).to.equal(
      '<ul>&lt;<li>1</li></ul>'
    )
  })

  it('says what would not be seen, and bounds what is long', () => {
    expect(visible('a\u202Eb\u00ADc\td\n\ne')).to.equal('a\\u{202e}b\\u{ad}c d e')
    expect(visible('x'.repeat(1_000))).to.have.length(1_000)
    expect(visible('x'.repeat(100_000))).to.have.length(1_001)
    expect(visible(`a${'\u0301'.repeat(20)}`)).to.have.length(5)
    expect(clipped('abcdef', 6)).to.equal('abcdef')
    expect(clipped('abcdefg', 6)).to.equal('abcde…')
  })

  it('has JSON for scripts that reads back as it was and ends no element', () => {
    for (const words of HOSTILE) {
      const json = scriptJson({ [words]: words })
      expect(json).not.to.match(/[<>&\p{Cc}\p{Cf}]/u)
      expect(JSON.stringify(JSON.parse(json))).to.equal(JSON.stringify(JSON.parse(JSON.stringify({ [words]: words }))))
    }
  })
})

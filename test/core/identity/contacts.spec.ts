import { expect } from 'chai'
import { Contacts, type Trust } from '../../../src/core/identity/contacts.ts'
import { asUserId, type UserId } from '../../../src/core/identity/user.ts'
import { Out } from '../../../src/core/out.ts'
import { CONTACTS } from '../../../src/core/params.ts'
import { signingKey } from '../../../src/crypto/sign.ts'

const person = (n: number): UserId => asUserId(signingKey(new Uint8Array(32).fill(n)).publicKey)
const [bob, other, carol] = [person(1), person(2), person(3)]

/** A start with what an earlier run wrote. */
function restarted(out: Out): Contacts {
  const rows = new Map<string, Uint8Array>()
  for (const effect of out.effects) {
    if (effect.type !== 'persist') continue
    expect(effect.isDurable).to.equal(true)
    for (const { entry, value } of effect.puts) rows.set(entry, value)
    for (const { entry } of effect.deletes) rows.delete(entry)
  }
  const contacts = new Contacts()
  for (const value of rows.values()) contacts.restore(value)
  return contacts
}

const namesOf = (contacts: Contacts): [string, Trust][] =>
  contacts.all().map(({ nicks, trust }) => [nicks.join(), trust])

describe('contacts', () => {
  it('bind a nick to the first key that is talked to under it', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    expect(contacts.meet(bob, ['bob'], out)).to.equal(undefined)
    expect(contacts.meet(bob, ['bob'], out)).to.equal(undefined)
    expect(contacts.meet(other, ['bob'], out)?.user).to.equal(bob)
    expect(contacts.get(other)).to.equal(undefined)
    expect(namesOf(restarted(out))).to.deep.equal([['bob', 'met']])
  })

  it('take a nick that looks like one of theirs for the same', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    contacts.meet(bob, ['Bob1'], out)
    expect(contacts.rivalOf(other, ['bobl'])?.user).to.equal(bob)
    expect(contacts.rivalOf(bob, ['bobl'])).to.equal(undefined)
    expect(contacts.rivalOf(other, ['robert'])).to.equal(undefined)
  })

  it('give a nick to another key when the user says so, and the one before has it no more', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    contacts.meet(bob, ['robert'], out)
    contacts.trust(bob, ['bob'], 'verified', out)
    contacts.trust(other, ['bob'], 'trusted', out)
    for (const one of [contacts, restarted(out)]) {
      expect(one.rivalOf(bob, ['bob'])?.user).to.deep.equal(other)
      expect(one.rivalOf(other, ['bob'])).to.equal(undefined)
      expect(one.get(bob)).to.deep.equal({ user: bob, nicks: ['robert'], trust: 'verified' })
    }
  })

  it('keep the nicks that a user had before: whoever takes one is a rival', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    contacts.meet(bob, ['bob'], out)
    contacts.meet(bob, ['robert', 'bob'], out)
    contacts.meet(bob, [], out)
    for (const nicks of [['bob'], ['robert'], ['mallory', 'bob']]) {
      expect(contacts.meet(other, nicks, out)?.user, nicks.join()).to.equal(bob)
    }
    expect(namesOf(restarted(out))).to.deep.equal([['bob,robert', 'met']])
  })

  it('are not less sure of somebody for a weaker word', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    contacts.trust(bob, ['bob'], 'verified', out)
    contacts.trust(bob, ['bob'], 'trusted', out)
    contacts.meet(bob, ['bobby'], out)
    expect(contacts.get(bob)).to.deep.equal({ user: bob, nicks: ['bob', 'bobby'], trust: 'verified' })
  })

  it('have so many nicks at most: what one goes by now is always its, what it went by first is let go', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    contacts.meet(bob, ['first', 'second'], out)
    // In one channel it stays the second.
    for (let n = 0; n < 40; n++) contacts.meet(bob, ['second', `nick ${n}`], out)
    for (const one of [contacts, restarted(out)]) {
      expect(one.get(bob)!.nicks).to.have.length(16)
      for (const nick of ['second', 'nick 39', 'nick 26', 'nick 25'])
        expect(one.rivalOf(other, [nick])?.user, nick).to.deep.equal(bob)
      for (const nick of ['first', 'nick 24']) expect(one.rivalOf(other, [nick]), nick).to.equal(undefined)
    }
  })

  it('are so many at most: who was merely met goes first', () => {
    const [contacts, out] = [new Contacts(), new Out()]
    contacts.trust(carol, ['carol'], 'verified', out)
    for (let n = 0; n < CONTACTS; n++) {
      const user = new Uint8Array(32)
      new DataView(user.buffer).setUint32(0, n + 1)
      contacts.meet(user as UserId, [`peer ${n}`], out)
    }
    expect(contacts.all()).to.have.length(CONTACTS)
    expect(contacts.get(carol)).to.not.equal(undefined)
    expect(contacts.rivalOf(bob, ['peer 0'])).to.equal(undefined)
    expect(restarted(out).all()).to.have.length(CONTACTS)
  })
})
